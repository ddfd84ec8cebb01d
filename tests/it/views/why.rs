//! `truename why`.

use truename::imports::explanation::{explanations, near_names};
use truename::imports::mentions::mentions_of;
use truename::imports::{BareBodies, recorded_processes};
use truename::view::why::{Answer, write_why};

use super::at;
use super::sample::shop;

fn why(width: usize, subject: &str) -> String {
    let trace = shop();
    let processes = recorded_processes(&trace, BareBodies::Kept);
    let answer = Answer {
        subject: subject.to_owned(),
        loaded_before: subject == "site",
        found: explanations(&processes, subject),
        mentions: mentions_of(subject, &processes),
        runs: 1,
    };
    at(width, |out, width| {
        write_why(out, &answer, "/srv/shop", width)
    })
}

#[test]
fn it_is_the_chain_of_statements_the_cost_and_the_label() {
    insta::assert_snapshot!(why(120, "pandas._libs.pandas_parser"), @"
    pandas._libs.pandas_parser  site-packages/pandas/_libs/pandas_parser.cpython-313-x86_64-linux-gnu.so  extension
      __main__
      └ shop  main.py:1
        └ pandas  shop/__init__.py:2
          └ pandas._libs.pandas_parser  site-packages/pandas/__init__.py:5
      cost      60.0 ms, of which its own 60.0 ms (finding 500.0 µs, loading 50.0 ms, running 9.5 ms)
      label     none: no Python code of it ran
    ");
    insta::assert_snapshot!(why(60, "pandas._libs.pandas_parser"), @"
    pandas._libs.pandas_parser  site-p…4-linux-gnu.so  extension
      __main__
      └ shop  main.py:1
        └ pandas  shop/__init__.py:2
          └ pandas._libs.pandas_parser  site-pa…as/__init__.py:5
      cost      60.0 ms, of which its own 60.0 ms (finding 500.0
                µs, loading 50.0 ms, running 9.5 ms)
      label     none: no Python code of it ran
    ");
    insta::assert_snapshot!(why(120, "shop.report"), @"
    shop.report  shop/report.py
      __main__
      └ shop  main.py:1
        └ shop.report  shop/__init__.py:40
      cost      10.0 ms, of which its own 10.0 ms (finding 100.0 µs, loading 200.0 µs, running 9.7 ms)
      label     <shop.report>: the code comes from the file that the module was loaded from (rule file)
      evidence  the name is from __spec__; the code's file is __file__; the namespace was fresh; the import system ran it
      rivals    report (from __name__)
    ");
    insta::assert_snapshot!(why(60, "shop.report"), @"
    shop.report  shop/report.py
      __main__
      └ shop  main.py:1
        └ shop.report  shop/__init__.py:40
      cost      10.0 ms, of which its own 10.0 ms (finding 100.0
                µs, loading 200.0 µs, running 9.7 ms)
      label     <shop.report>: the code comes from the file that
                the module was loaded from (rule file)
      evidence  the name is from __spec__; the code's file is
                __file__; the namespace was fresh; the import
                system ran it
      rivals    report (from __name__)
    ");
}

#[test]
fn failures_and_later_imports_have_chains_of_their_own() {
    insta::assert_snapshot!(why(120, "bottleneck"), @"
    bottleneck  site-packages/bottleneck/__init__.py  failed: raised ImportError
      __main__
      └ shop  main.py:1
        └ pandas  shop/__init__.py:2
          └ bottleneck  site-packages/pandas/__init__.py:34
      cost      8.8 ms, of which its own 8.8 ms (finding 300.0 µs, loading 500.0 µs, running 8.0 ms)
      label     <bottleneck>: the code comes from the file that the module was loaded from (rule file)
      evidence  the name is from __spec__; the code's file is __file__; the namespace was fresh; the import system ran it
      rivals    none
    ");
    insta::assert_snapshot!(why(120, "shop"), @"
    shop  shop/__init__.py
      __main__
      └ shop  main.py:1
      cost      120.0 ms, of which its own 2.0 ms (finding 200.0 µs, loading 300.0 µs, running 1.5 ms)
      label     <shop>: the code comes from the file that the module was loaded from (rule file)
      evidence  the name is from __spec__; the code's file is __file__; the namespace was fresh; the import system ran it
      rivals    none

    shop  shop/__init__.py  in children/1
      __mp_main__
      └ shop  main.py:1
      cost      7.0 ms, of which its own 7.0 ms (finding 100.0 µs, loading 200.0 µs, running 6.7 ms)
      label     <shop>: the code comes from the file that the module was loaded from (rule file)
      evidence  the name is from __spec__; the code's file is __file__; the namespace was fresh; the import system ran it
      rivals    none
    ");
}

#[test]
fn code_without_a_name_is_explained_by_label_and_by_line() {
    insta::assert_snapshot!(why(120, "<module>"), @"
    <module>  <string>:1  ×3
      __main__
      └ <module>
      cost      600.0 µs, of which its own 600.0 µs (running 600.0 µs)
      label     <module>: no module body: exec or eval by the module's own code (rule nested)
      evidence  the module's own code ran it
      rivals    none
    ");
    assert_eq!(why(120, "<module>"), why(120, "<string>:1"));
    assert!(why(120, "report.py:1").contains("<shop.report>"));
}

#[test]
fn what_was_there_before_says_so() {
    insta::assert_snapshot!(why(120, "site"), @"site was loaded before the recording began: by Python itself, site or a .pth file.");
}

#[test]
fn near_names_are_known() {
    let trace = shop();
    let processes = recorded_processes(&trace, BareBodies::Kept);
    assert_eq!(near_names(&processes, "panda"), ["pandas"]);
    assert_eq!(near_names(&processes, "report"), ["shop.report"]);
    assert!(near_names(&processes, "tensorflow").is_empty());
}
