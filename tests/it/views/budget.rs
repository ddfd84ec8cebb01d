//! `truename budget`, what it says.

use trace::document::Ending;
use trace::read::Family;
use truename::imports::budget::Budget;
use truename::imports::{BareBodies, ModuleSet, recorded_processes};
use truename::view::write_budget;

use super::at;
use super::sample::{changed_shop, shop};

fn verdict(width: usize, rules: &str, trace: &Family) -> String {
    let budget: Budget = toml::from_str(rules).unwrap();
    let baseline = shop();
    let baseline = recorded_processes(&baseline, BareBodies::Merged);
    let processes = recorded_processes(trace, BareBodies::Merged);
    let violations = budget.violations(&ModuleSet::of(&processes), Some(&ModuleSet::of(&baseline)));
    at(width, |out, width| {
        write_budget(out, "trace", &violations, "/srv/shop", width)
    })
}

#[test]
fn each_rule_names_what_broke_it() {
    let rules = "forbid = ['pandas*', 'site', 'shop.report']\nmax-modules = 5\nmax-time = '100ms'\nmax-new = 1\n";
    insta::assert_snapshot!(verdict(120, rules, &shop()), @"
    trace: pandas is forbidden (pandas*) and was imported, and 1 other module with it
      __main__
      └ shop  main.py:1
        └ pandas  shop/__init__.py:2
    trace: site is forbidden and was loaded before the recording began
    trace: shop.report is forbidden and was imported
      __main__
      └ shop  main.py:1
        └ shop.report  shop/__init__.py:40
    trace: 11 modules were imported, and 5 may be; the largest packages:
          4  re
          2  pandas
          2  shop
          1  logging
          1  plugins
    trace: imports took 142.7 ms, and may take 100.0 ms; the packages that took most:
       90.0 ms  pandas
       19.0 ms  shop
       15.0 ms  re
        8.8 ms  bottleneck
        5.0 ms  worker
    ");
    insta::assert_snapshot!(verdict(60, rules, &changed_shop()), @"
    trace: site is forbidden and was loaded before the recording
    began
    trace: shop.report is forbidden and was imported
      __main__
      └ shop  main.py:1
        └ shop.report  shop/__init__.py:40
    trace: 11 modules were imported, and 5 may be; the largest
    packages:
          4  re
          2  polars
          2  shop
          1  logging
          1  plugins
    trace: imports took 142.7 ms, and may take 100.0 ms; the
    packages that took most:
       90.0 ms  polars
       24.0 ms  re
       19.0 ms  shop
        8.8 ms  bottleneck
        5.0 ms  worker
    trace: 2 modules are not in the baseline, and 1 may be
      __main__
      └ shop  main.py:1
        └ polars  shop/__init__.py:2
      and 1 more with it
    ");
}

#[test]
fn imports_that_failed_or_found_nothing_are_no_modules() {
    let rules = "forbid = ['numexpr', 'bottleneck', 'nt']\nmax-modules = 11\nmax-time = '200ms'\nmax-new = 0\n";
    assert_eq!(verdict(120, rules, &shop()), "trace: ok\n");
}

#[test]
fn one_module_and_none_have_words_of_their_own() {
    let mut trace = shop();
    trace.document.imports.truncate(1);
    trace.document.imports[0].body = None;
    trace.document.modules.truncate(1);
    trace.children.clear();
    insta::assert_snapshot!(verdict(120, "max-modules = 0", &trace), @"
    trace: 1 module was imported, and none may be; the largest packages:
          1  shop
    ");
}

#[test]
fn a_recording_that_was_cut_short_proves_nothing() {
    let mut trace = shop();
    trace.children[0].document.run.ended = Ending::Lost;
    trace.children[0].document.run.reason = Some("the disk is full".into());
    insta::assert_snapshot!(verdict(120, "max-modules = 100", &trace), @"trace: the recording in children/1 ended before the process did, so that no rule can be held: the disk is full");
}
