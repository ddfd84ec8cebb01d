//! The cost of filters to a process: compiling a chain, and the decisions.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use trace_filter::{Filter, FilterChain, FilterContext, Query, parse};

const COUNTS: [usize; 4] = [0, 10, 100, 1_000];

/// Files that a real program runs, with their modules.
const SCOPES: [(&str, &str); 8] = [
    (
        "botocore.session",
        "/py/lib/python3.13/site-packages/botocore/session.py",
    ),
    (
        "botocore.vendored.requests.packages",
        "/py/lib/python3.13/site-packages/botocore/vendored/requests/packages/__init__.py",
    ),
    (
        "urllib3.util.ssl_",
        "/py/lib/python3.13/site-packages/urllib3/util/ssl_.py",
    ),
    ("json.decoder", "/py/lib/python3.13/json/decoder.py"),
    ("collections", "/py/lib/python3.13/collections/__init__.py"),
    ("app", "/home/me/app/app.py"),
    ("app.views.pages", "/home/me/app/app/views/pages.py"),
    ("__main__", "/home/me/app/main.py"),
];

/// Rules such as people write: packages, files below a folder, files of a name, objects.
fn text(kind: &str, count: usize) -> String {
    let mut text = String::from(
        "[meta]\nname = 'bench'\nversion = 1\n[scope]\ndefault_exec = 'trace'\n\
         default_value_action = 'allow'\n",
    );
    for index in 0..count {
        let selector = match (kind, index % 4) {
            ("glob", 0) => format!("pkg:package{index}.*"),
            ("glob", 1) => format!("file:src/part{index}/**/*.py"),
            ("glob", 2) => format!("file:**/part{index}/test_*.py"),
            ("glob", _) => format!("obj:package{index}.*.Handler.*"),
            (_, 0) => format!(r"pkg:regex:^package{index}(\.|$)"),
            (_, 1) => format!(r"file:regex:^src/part{index}/\w+\.py$"),
            (_, 2) => format!(r"file:regex:/part{index}/test_.*\.py$"),
            (_, _) => format!(r"obj:regex:(?i)handler{index}\.(get|post)"),
        };
        text.push_str(&format!(
            "[[scope.rules]]\nselector = '{selector}'\nexec = 'skip'\n"
        ));
    }
    text
}

fn chain(kind: &str, count: usize) -> FilterChain {
    let files = vec![parse("bench.toml", &text(kind, count)).expect("the file is valid")];
    FilterChain { files }
}

fn ready(chain: FilterChain) -> Filter {
    let context = FilterContext {
        project_root: Some("/home/me/app".to_owned()),
        stdlib: vec!["/py/lib/python3.13".to_owned()],
    };
    Filter::new(chain, context)
}

fn decide(filter: &Filter) {
    for (module, file) in SCOPES {
        let query = Query {
            module: Some(module),
            file,
            qualname: "<module>",
            ..Query::default()
        };
        black_box(filter.resolve(&query));
    }
}

fn benches(criterion: &mut Criterion) {
    for kind in ["glob", "regex"] {
        let mut group = criterion.benchmark_group(kind);
        for count in COUNTS {
            let text = text(kind, count);
            group.bench_function(BenchmarkId::new("parse", count), |bencher| {
                bencher.iter(|| parse("bench.toml", &text));
            });
            let bytes = postcard::to_stdvec(&chain(kind, count)).expect("a chain can be written");
            group.bench_function(BenchmarkId::new("ready", count), |bencher| {
                bencher.iter(|| ready(postcard::from_bytes(&bytes).expect("a chain can be read")));
            });
            group.bench_function(BenchmarkId::new("ready and decide 8", count), |bencher| {
                bencher.iter(|| {
                    decide(&ready(
                        postcard::from_bytes(&bytes).expect("a chain can be read"),
                    ));
                });
            });
            let filter = ready(chain(kind, count));
            group.bench_function(BenchmarkId::new("decide 8", count), |bencher| {
                bencher.iter(|| decide(&filter));
            });
        }
        group.finish();
    }
}

criterion_group!(all, benches);
criterion_main!(all);
