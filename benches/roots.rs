//! The cost of guessing a module's name from the roots on `sys.path`.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use module_identity::module_name_from_roots;

const COUNTS: [usize; 3] = [1, 10, 100];

const SITE: &str = "/home/me/app/.venv/lib/python3.13/site-packages";

/// Below `SITE`, which is the last root; the last file is under none.
const FILES: [(&str, &str); 4] = [
    ("a package", "botocore/__init__.py"),
    ("a module", "botocore/vendored/requests/packages/urllib3.py"),
    ("bytecode", "botocore/__pycache__/session.cpython-313.pyc"),
    ("no root", "/srv/elsewhere/package/module.py"),
];

/// Such as editable installations put on `sys.path`, one for each package.
fn roots(count: usize) -> Vec<PathBuf> {
    let editable = (1..count).map(|number| format!("/home/me/app/packages/part{number}/src"));
    editable.map(PathBuf::from).chain([SITE.into()]).collect()
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("roots");
    group.throughput(Throughput::Elements(1));
    for (what, file) in FILES {
        let file = Path::new(SITE).join(file);
        for count in COUNTS {
            let roots = roots(count);
            group.bench_function(BenchmarkId::new(what, count), |bencher| {
                bencher.iter(|| module_name_from_roots(black_box(&file), black_box(&roots)));
            });
        }
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
