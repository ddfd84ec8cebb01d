//! `truename tree`.

use std::str::FromStr;

use truename::imports::ModulePattern;
use truename::view::TreeOptions;
use truename::view::tree::write_tree;

use super::at;
use super::sample::shop;

fn tree(width: usize, options: TreeOptions) -> String {
    at(width, |out, width| {
        write_tree(out, &[shop()], &TreeOptions { width, ..options })
    })
}

#[test]
fn it_is_the_imports_as_they_happened() {
    insta::assert_snapshot!(tree(120, TreeOptions::default()), @"
       total       own  running
    200.0 ms   69.3 ms  69.3 ms  <__main__>  main.py
    120.0 ms    2.0 ms   1.5 ms  ├ <shop>  shop/__init__.py
    100.0 ms   30.0 ms  26.0 ms  │ ├ <pandas>  site-packages/pandas/__init__.py
     60.0 ms   60.0 ms   9.5 ms  │ │ ├ pandas._libs.pandas_parser  site-packages/p…python-313-x86_64-linux-gnu.so  extension
      8.8 ms    8.8 ms   8.0 ms  │ │ └ <bottleneck>  site-packages/bottleneck/__init__.py  raised ImportError
     18.0 ms    3.0 ms   2.7 ms  │ └ <logging>  python3.13/logging.py
     15.0 ms   15.0 ms  13.8 ms  │   └ <re> › <re._compiler> › <re._parser> › <re._constants>  python3.13/re/_constants.py
    500.0 µs  500.0 µs     0 ns  ├ plugins  namespace package
     10.0 ms   10.0 ms   9.7 ms  └ <shop.report>  shop/report.py
      5.0 ms    5.0 ms   4.7 ms  <worker>  worker.py  thread 1

    children/1: python3 -c 'from multiprocessing.spawn import spawn_main; spawn_main()'  (pid 4300)
     total     own  running
    9.0 ms  2.0 ms   2.0 ms  <__mp_main__>  main.py
    7.0 ms  7.0 ms   6.7 ms  └ <shop>  shop/__init__.py

    3 bare <module>s are hidden; --all shows them and says why they have no name
    3 imports that found no module are hidden; --all shows them
    ");
    insta::assert_snapshot!(tree(60, TreeOptions::default()), @"
       total       own
    200.0 ms   69.3 ms  <__main__>  main.py
    120.0 ms    2.0 ms  ├ <shop>  shop/__init__.py
    100.0 ms   30.0 ms  │ ├ <pandas>  site-pac…andas/__init__.py
     60.0 ms   60.0 ms  │ │ ├ pandas._libs.pandas_parser  e…sion
      8.8 ms    8.8 ms  │ │ └ <bottleneck>  raised ImportError
     18.0 ms    3.0 ms  │ └ <logging>  python3.13/logging.py
     15.0 ms   15.0 ms  │   └ <re> › <re.…ser> › <re._constants>
    500.0 µs  500.0 µs  ├ plugins  namespace package
     10.0 ms   10.0 ms  └ <shop.report>  shop/report.py
      5.0 ms    5.0 ms  <worker>  worker.py  thread 1

    children/1: python3…g.spawn import spawn_main; spawn_main()'
     total     own
    9.0 ms  2.0 ms  <__mp_main__>  main.py
    7.0 ms  7.0 ms  └ <shop>  shop/__init__.py

    3 bare <module>s are hidden; --all shows them and says why
    they have no name
    3 imports that found no module are hidden; --all shows them
    ");
}

#[test]
fn all_of_it_has_what_found_nothing_and_what_has_no_name() {
    let all = || TreeOptions {
        all: true,
        ..TreeOptions::default()
    };
    insta::assert_snapshot!(tree(120, all()), @"
       total       own   running
    200.0 ms   68.7 ms   68.7 ms  <__main__>  main.py
    120.0 ms    2.0 ms    1.5 ms  ├ <shop>  shop/__init__.py
    100.0 ms   30.0 ms   26.0 ms  │ ├ <pandas>  site-packages/pandas/__init__.py
     60.0 ms   60.0 ms    9.5 ms  │ │ ├ pandas._libs.pandas_parser  site-packages/…python-313-x86_64-linux-gnu.so  extension
      1.2 ms    1.2 ms      0 ns  │ │ ├ numexpr  not found
      8.8 ms    8.8 ms    8.0 ms  │ │ └ <bottleneck>  site-packages/bottleneck/__init__.py  raised ImportError
     18.0 ms    3.0 ms    2.7 ms  │ └ <logging>  python3.13/logging.py
     15.0 ms    1.0 ms  700.0 µs  │   └ <re>  python3.13/re.py
     14.0 ms    1.0 ms  700.0 µs  │     └ <re._compiler>  python3.13/re/_compiler.py
     13.0 ms    1.0 ms  700.0 µs  │       └ <re._parser>  python3.13/re/_parser.py
     12.0 ms   12.0 ms   11.7 ms  │         └ <re._constants>  python3.13/re/_constants.py
    200.0 µs  200.0 µs      0 ns  ├ nt  ×2  not found
    500.0 µs  500.0 µs      0 ns  ├ plugins  namespace package
     10.0 ms   10.0 ms    9.7 ms  ├ <shop.report>  shop/report.py
    600.0 µs  600.0 µs  600.0 µs  └ <module>  <string>:1  ×3  no module body: exec or eval by the module's own code
      5.0 ms    5.0 ms    4.7 ms  <worker>  worker.py  thread 1

    children/1: python3 -c 'from multiprocessing.spawn import spawn_main; spawn_main()'  (pid 4300)
     total     own  running
    9.0 ms  2.0 ms   2.0 ms  <__mp_main__>  main.py
    7.0 ms  7.0 ms   6.7 ms  └ <shop>  shop/__init__.py
    ");
    insta::assert_snapshot!(tree(60, all()), @"
       total       own
    200.0 ms   68.7 ms  <__main__>  main.py
    120.0 ms    2.0 ms  ├ <shop>  shop/__init__.py
    100.0 ms   30.0 ms  │ ├ <pandas>  site-pac…andas/__init__.py
     60.0 ms   60.0 ms  │ │ ├ pandas._libs.pandas_parser  e…sion
      1.2 ms    1.2 ms  │ │ ├ numexpr  not found
      8.8 ms    8.8 ms  │ │ └ <bottleneck>  raised ImportError
     18.0 ms    3.0 ms  │ └ <logging>  python3.13/logging.py
     15.0 ms    1.0 ms  │   └ <re>  python3.13/re.py
     14.0 ms    1.0 ms  │     └ <re._compiler>  pytho…ompiler.py
     13.0 ms    1.0 ms  │       └ <re._parser>  pytho…_parser.py
     12.0 ms   12.0 ms  │         └ <re._constants>  pyt…ants.py
    200.0 µs  200.0 µs  ├ nt  ×2  not found
    500.0 µs  500.0 µs  ├ plugins  namespace package
     10.0 ms   10.0 ms  ├ <shop.report>  shop/report.py
    600.0 µs  600.0 µs  └ <module>  ×3  no modu…odule's own code
      5.0 ms    5.0 ms  <worker>  worker.py  thread 1

    children/1: python3…g.spawn import spawn_main; spawn_main()'
     total     own
    9.0 ms  2.0 ms  <__mp_main__>  main.py
    7.0 ms  7.0 ms  └ <shop>  shop/__init__.py
    ");
}

#[test]
fn little_times_are_counted_in_one_line() {
    let options = TreeOptions {
        min: Some(10_000_000),
        ..TreeOptions::default()
    };
    insta::assert_snapshot!(tree(120, options), @"
       total      own  running
    200.0 ms  69.3 ms  69.3 ms  <__main__>  main.py
    120.0 ms   2.0 ms   1.5 ms  ├ <shop>  shop/__init__.py
    100.0 ms  30.0 ms  26.0 ms  │ ├ <pandas>  site-packages/pandas/__init__.py
     60.0 ms  60.0 ms   9.5 ms  │ │ ├ pandas._libs.pandas_parser  site-packages/p…cpython-313-x86_64-linux-gnu.so  extension
      8.8 ms                    │ │ └ … 1 more
     18.0 ms   3.0 ms   2.7 ms  │ └ <logging>  python3.13/logging.py
     15.0 ms  15.0 ms  13.8 ms  │   └ <re> › <re._compiler> › <re._parser> › <re._constants>  python3.13/re/_constants.py
     10.0 ms  10.0 ms   9.7 ms  ├ <shop.report>  shop/report.py
    500.0 µs                    └ … 1 more
      5.0 ms                    … 1 more

    children/1: python3 -c 'from multiprocessing.spawn import spawn_main; spawn_main()'  (pid 4300)
     total  own  running
    9.0 ms                … 1 more

    3 bare <module>s are hidden; --all shows them and says why they have no name
    3 imports that found no module are hidden; --all shows them
    ");
}

#[test]
fn an_import_that_found_nothing_is_shown_where_it_took_long() {
    let options = TreeOptions {
        min: Some(1_000_000),
        ..TreeOptions::default()
    };
    assert!(tree(120, options).contains("numexpr  not found"));
}

#[test]
fn levels_can_be_left_out() {
    let options = TreeOptions {
        depth: Some(1),
        ..TreeOptions::default()
    };
    insta::assert_snapshot!(tree(120, options), @"
       total       own  running
    200.0 ms   69.3 ms  69.3 ms  <__main__>  main.py
    120.0 ms    2.0 ms   1.5 ms  ├ <shop>  shop/__init__.py  +8 below
    500.0 µs  500.0 µs     0 ns  ├ plugins  namespace package
     10.0 ms   10.0 ms   9.7 ms  └ <shop.report>  shop/report.py
      5.0 ms    5.0 ms   4.7 ms  <worker>  worker.py  thread 1

    children/1: python3 -c 'from multiprocessing.spawn import spawn_main; spawn_main()'  (pid 4300)
     total     own  running
    9.0 ms  2.0 ms   2.0 ms  <__mp_main__>  main.py
    7.0 ms  7.0 ms   6.7 ms  └ <shop>  shop/__init__.py

    3 bare <module>s are hidden; --all shows them and says why they have no name
    3 imports that found no module are hidden; --all shows them
    ");
}

#[test]
fn a_pattern_keeps_what_is_around_its_modules() {
    let options = TreeOptions {
        only: ModulePattern::from_str("pandas*").ok(),
        ..TreeOptions::default()
    };
    insta::assert_snapshot!(tree(120, options), @"
       total      own  running
    200.0 ms  69.3 ms  69.3 ms  <__main__>  main.py
    120.0 ms   2.0 ms   1.5 ms  └ <shop>  shop/__init__.py
    100.0 ms  30.0 ms  26.0 ms    └ <pandas>  site-packages/pandas/__init__.py
     60.0 ms  60.0 ms   9.5 ms      └ pandas._libs.pandas_parser  site-packages/p…cpython-313-x86_64-linux-gnu.so  extension

    children/1: python3 -c 'from multiprocessing.spawn import spawn_main; spawn_main()'  (pid 4300)
    No import is selected.

    3 bare <module>s are hidden; --all shows them and says why they have no name
    ");
}

#[test]
fn the_standard_library_can_be_left_out() {
    let options = TreeOptions {
        no_stdlib: true,
        ..TreeOptions::default()
    };
    let tree = tree(120, options);
    assert!(!tree.contains("logging") && !tree.contains("<re>") && tree.contains("<pandas>"));
}

#[test]
fn nothing_is_wider_than_the_narrowest_terminal() {
    for width in 40..140 {
        tree(
            width,
            TreeOptions {
                all: true,
                ..TreeOptions::default()
            },
        );
    }
}
