//! `truename top`.

use truename::imports::ranking::{RankBy, RankGroup, ranking};
use truename::imports::{BareBodies, recorded_processes};
use truename::view::write_top;

use super::at;
use super::sample::shop;

fn top(width: usize, by: RankBy, group: RankGroup, count: usize) -> String {
    let trace = shop();
    let processes = recorded_processes(&trace, BareBodies::Merged);
    let ranking = ranking(&processes, by, group);
    at(width, |out, width| {
        write_top(out, &processes, &ranking, by, count, width)
    })
}

#[test]
fn it_lists_the_modules_that_cost_most() {
    insta::assert_snapshot!(top(120, RankBy::Own, RankGroup::Module, 20), @"
    16 imports in 2 processes took 142.7 ms.

       total       own   running
     60.0 ms   60.0 ms    9.5 ms  ████████████████████  pandas._libs.pandas_parser  site-pack…x86_64-linux-gnu.so  extension
    100.0 ms   30.0 ms   26.0 ms  ██████████            pandas  site-packages/pandas/__init__.py
     12.0 ms   12.0 ms   11.7 ms  ████                  re._constants  python3.13/re/_constants.py
     10.0 ms   10.0 ms    9.7 ms  ███▍                  shop.report  shop/report.py
    127.0 ms    9.0 ms    8.2 ms  ███                   shop  shop/__init__.py  2 imports
      8.8 ms    8.8 ms    8.0 ms  ███                   bottleneck  site-packages/bottleneck/__init__.py
      5.0 ms    5.0 ms    4.7 ms  █▊                    worker  worker.py
     18.0 ms    3.0 ms    2.7 ms  █                     logging  python3.13/logging.py
      1.2 ms    1.2 ms      0 ns  ▌                     numexpr  not found
     15.0 ms    1.0 ms  700.0 µs  ▍                     re  python3.13/re.py
     14.0 ms    1.0 ms  700.0 µs  ▍                     re._compiler  python3.13/re/_compiler.py
     13.0 ms    1.0 ms  700.0 µs  ▍                     re._parser  python3.13/re/_parser.py
    500.0 µs  500.0 µs      0 ns  ▎                     plugins  namespace package
    200.0 µs  200.0 µs      0 ns  ▏                     nt  not found  2 imports
    ");
    insta::assert_snapshot!(top(60, RankBy::Own, RankGroup::Module, 5), @"
    16 imports in 2 processes took 142.7 ms.

       total      own  running
     60.0 ms  60.0 ms   9.5 ms  ██████████  pandas…pandas_parser
    100.0 ms  30.0 ms  26.0 ms  █████       pandas  sit…nit__.py
     12.0 ms  12.0 ms  11.7 ms  ██          re._constants
     10.0 ms  10.0 ms   9.7 ms  █▊          shop.report
    127.0 ms   9.0 ms   8.2 ms  █▌          shop  2 imports

    9 more; -n 14 shows all
    ");
}

#[test]
fn packages_count_each_time_once() {
    insta::assert_snapshot!(top(120, RankBy::Total, RankGroup::Package, 20), @"
    16 imports in 2 processes took 142.7 ms.

       total       own  running
    137.0 ms   19.0 ms  17.9 ms  ████████████████████  shop  3 imports
    100.0 ms   90.0 ms  35.5 ms  ██████████████▋       pandas  2 imports
     18.0 ms    3.0 ms   2.7 ms  ██▊                   logging
     15.0 ms   15.0 ms  13.8 ms  ██▎                   re  4 imports
      8.8 ms    8.8 ms   8.0 ms  █▍                    bottleneck
      5.0 ms    5.0 ms   4.7 ms  ▊                     worker
      1.2 ms    1.2 ms     0 ns  ▎                     numexpr  not found
    500.0 µs  500.0 µs     0 ns  ▏                     plugins
    200.0 µs  200.0 µs     0 ns  ▏                     nt  not found  2 imports
    ");
    insta::assert_snapshot!(top(60, RankBy::Running, RankGroup::Package, 20), @"
    16 imports in 2 processes took 142.7 ms.

       total       own  running
    100.0 ms   90.0 ms  35.5 ms  ██████████  pandas  2 imports
    137.0 ms   19.0 ms  17.9 ms  █████▏      shop  3 imports
     15.0 ms   15.0 ms  13.8 ms  ████        re  4 imports
      8.8 ms    8.8 ms   8.0 ms  ██▍         bottleneck
      5.0 ms    5.0 ms   4.7 ms  █▍          worker
     18.0 ms    3.0 ms   2.7 ms  ▉           logging
      1.2 ms    1.2 ms     0 ns              numexpr  not found
    500.0 µs  500.0 µs     0 ns              plugins
    200.0 µs  200.0 µs     0 ns              nt  not found  2…ts
    ");
}
