//! A trace with fixed times, which has one of each thing that a view shows.

use std::fs;
use std::path::Path;

use module_identity::{FileSource, Grounds, ModuleName, NameSource, Rival, Rule, Runner};
use spool::{ModuleKind, Outcome, Process, ProcessOrigin, Recorded};
use trace::document::{
    Cause, Document, Ending, FORMAT, Filters, Import, ImportOutcome, ImportSite, Module, ProcessRun,
};
use trace::read::Family;

const SITE: &str = "/srv/shop/.venv/lib/python3.13/site-packages";
const STDLIB: &str = "/usr/lib/python3.13";

/// Returns an empty document of a process.
fn document(pid: u32, arguments: &[&str]) -> Document {
    Document {
        format: FORMAT,
        dialect: trace::Dialect::default(),
        run: ProcessRun {
            process: Process {
                interpreter: 0,
                pid,
                parent: 100,
                origin: ProcessOrigin::Start,
                python: "3.13.1".into(),
                executable: "/usr/bin/python3".into(),
                arguments: arguments.iter().map(|it| (*it).to_owned()).collect(),
                directory: "/srv/shop".into(),
            },
            started: "2026-01-01T00:00:00.000000000Z".into(),
            ended: Ending::ProcessEnded,
            reason: None,
        },
        recorded: Recorded::default(),
        filters: Filters::default(),
        loaded_before: vec!["builtins".into(), "site".into(), "sys".into()],
        modules: Vec::new(),
        imports: Vec::new(),
    }
}

/// Adds a body from `start` on; all times here are microseconds.
fn body(
    document: &mut Document,
    name: &str,
    file: &str,
    start: u64,
    duration: u64,
    within: Option<Cause>,
) -> usize {
    let name = ModuleName::new(name).ok();
    let is_named = name.is_some();
    let rule = if is_named { Rule::File } else { Rule::Nested };
    let mut grounds = Grounds::default();
    grounds.fresh = is_named;
    grounds.runner = Some(Runner::SameFile);
    if is_named {
        grounds.name = Some(NameSource::Spec);
        grounds.file = Some(FileSource::File);
        grounds.runner = Some(Runner::Import);
    }
    document.modules.push(Module {
        label: name
            .as_ref()
            .map_or_else(|| "<module>".into(), ModuleName::label),
        name,
        rule,
        why: rule.reason().into(),
        grounds,
        rivals: Vec::new(),
        file: file.into(),
        line: 1,
        thread: 0,
        parent: None,
        within,
        start_ns: start * 1000,
        duration_ns: Some(duration * 1000),
        outcome: Outcome::Returned,
        exception: None,
    });
    document.modules.len() - 1
}

/// Adds the import of a module from source, asked for in `asker` at `place`; its parts are finding, loading and
/// running.
fn import(
    document: &mut Document,
    (name, file): (&str, &str),
    (asker, place, line): (&str, &str, u32),
    within: Option<Cause>,
    (start, total): (u64, u64),
    [finding, loading, running]: [u64; 3],
) -> usize {
    let index = document.imports.len();
    let cause = Some(Cause::Import(index));
    let body = body(
        document,
        name,
        file,
        start + finding,
        total - finding,
        cause,
    );
    document.imports.push(Import {
        name: name.into(),
        outcome: ImportOutcome::Loaded,
        exception: None,
        kind: Some(ModuleKind::Source),
        file: Some(file.into()),
        importer: Some(ImportSite {
            module: ModuleName::new(asker).ok(),
            file: place.into(),
            line,
        }),
        within,
        body: Some(body),
        thread: 0,
        start_ns: start * 1000,
        total_ns: Some(total * 1000),
        finding_ns: finding * 1000,
        loading_ns: loading * 1000,
        running_ns: running * 1000,
    });
    index
}

/// Makes an import one of a module that no Python code of ran.
fn without_body(document: &mut Document, index: usize, kind: Option<ModuleKind>) {
    document.modules.pop();
    let import = &mut document.imports[index];
    import.body = None;
    import.kind = kind;
    if kind.is_none() {
        import.outcome = ImportOutcome::NotFound;
        import.exception = Some("ModuleNotFoundError".into());
        import.file = None;
    }
}

/// A shop that imports pandas, fails to find things, evaluates code and starts a worker.
pub fn shop() -> Family {
    let mut it = document(4241, &["python3", "main.py"]);
    let d = &mut it;
    let main = "/srv/shop/main.py";
    let package = "/srv/shop/shop/__init__.py";
    let pandas = format!("{SITE}/pandas/__init__.py");
    let top = Some(Cause::Body(body(d, "__main__", main, 100, 200_000, None)));
    let asked_by_main = |line| ("__main__", main, line);
    let shop = import(
        d,
        ("shop", package),
        asked_by_main(1),
        top,
        (1_000, 120_000),
        [200, 300, 1_500],
    );
    let in_shop = Some(Cause::Import(shop));
    let asked_by_shop = |line| ("shop", package, line);
    let index = import(
        d,
        ("pandas", &pandas),
        asked_by_shop(2),
        in_shop,
        (3_000, 100_000),
        [1_000, 3_000, 26_000],
    );
    let in_pandas = Some(Cause::Import(index));
    let asked_by_pandas = |line| ("pandas", pandas.as_str(), line);
    let library = format!("{SITE}/pandas/_libs/pandas_parser.cpython-313-x86_64-linux-gnu.so");
    let index = import(
        d,
        ("pandas._libs.pandas_parser", &library),
        asked_by_pandas(5),
        in_pandas,
        (10_000, 60_000),
        [500, 50_000, 9_500],
    );
    without_body(d, index, Some(ModuleKind::Extension));
    let index = import(
        d,
        ("numexpr", ""),
        asked_by_pandas(30),
        in_pandas,
        (75_000, 1_200),
        [1_200, 0, 0],
    );
    without_body(d, index, None);
    let file = format!("{SITE}/bottleneck/__init__.py");
    let index = import(
        d,
        ("bottleneck", &file),
        asked_by_pandas(34),
        in_pandas,
        (80_000, 8_800),
        [300, 500, 8_000],
    );
    d.imports[index].outcome = ImportOutcome::Failed;
    d.imports[index].exception = Some("ImportError".into());
    let last = d.modules.last_mut().unwrap();
    last.outcome = Outcome::Raised;
    last.exception = Some("ImportError".into());
    let mut asker = (String::from("shop"), package.to_owned(), 3);
    let mut within = in_shop;
    for (name, start, total, own) in [
        ("logging", 110_000, 18_000, 3_000),
        ("re", 111_000, 15_000, 1_000),
        ("re._compiler", 112_000, 14_000, 1_000),
        ("re._parser", 113_000, 13_000, 1_000),
        ("re._constants", 114_000, 12_000, 12_000),
    ] {
        let file = format!("{STDLIB}/{}.py", name.replace('.', "/"));
        let by = (asker.0.as_str(), asker.1.as_str(), asker.2);
        let index = import(
            d,
            (name, &file),
            by,
            within,
            (start, total),
            [100, 200, own - 300],
        );
        within = Some(Cause::Import(index));
        asker = (name.to_owned(), file, 8);
    }
    for start in [150_000, 151_000] {
        let index = import(
            d,
            ("nt", ""),
            asked_by_main(4),
            top,
            (start, 100),
            [100, 0, 0],
        );
        without_body(d, index, None);
    }
    let index = import(
        d,
        ("plugins", ""),
        asked_by_main(6),
        top,
        (155_000, 500),
        [500, 0, 0],
    );
    without_body(d, index, Some(ModuleKind::Namespace));
    d.imports[index].file = None;
    let file = "/srv/shop/worker.py";
    let index = import(
        d,
        ("worker", file),
        asked_by_main(9),
        None,
        (160_000, 5_000),
        [100, 200, 4_700],
    );
    d.imports[index].thread = 1;
    d.modules.last_mut().unwrap().thread = 1;
    let file = "/srv/shop/shop/report.py";
    import(
        d,
        ("shop.report", file),
        asked_by_shop(40),
        top,
        (170_000, 10_000),
        [100, 200, 9_700],
    );
    d.modules.last_mut().unwrap().rivals.push(Rival::new(
        ModuleName::new("report").unwrap(),
        NameSource::Name,
    ));
    for start in [185_000, 186_000, 187_000] {
        body(d, "", "<string>", start, 200, top);
    }
    Family {
        folder: "trace".into(),
        document: it,
        children: vec![child()],
    }
}

fn child() -> Family {
    let mut it = document(
        4300,
        &[
            "python3",
            "-c",
            "from multiprocessing.spawn import spawn_main; spawn_main()",
        ],
    );
    let main = "/srv/shop/main.py";
    let top = Some(Cause::Body(body(
        &mut it,
        "__mp_main__",
        main,
        100,
        9_000,
        None,
    )));
    let asker = ("__mp_main__", main, 1);
    let file = "/srv/shop/shop/__init__.py";
    import(
        &mut it,
        ("shop", file),
        asker,
        top,
        (1_000, 7_000),
        [100, 200, 6_700],
    );
    Family {
        folder: "trace/children/1".into(),
        document: it,
        children: Vec::new(),
    }
}

/// The shop after a change: polars instead of pandas, logging asked for by main, and a slower `re._constants`.
pub fn changed_shop() -> Family {
    let mut it = shop();
    let rename = |text: &mut String| *text = text.replace("pandas", "polars");
    for import in &mut it.document.imports {
        rename(&mut import.name);
        import.file.iter_mut().for_each(rename);
        if let Some(site) = &mut import.importer {
            rename(&mut site.file);
            if site
                .module
                .as_ref()
                .is_some_and(|it| it.as_str() == "pandas")
            {
                site.module = ModuleName::new("polars").ok();
            }
        }
        match import.name.as_str() {
            "logging" => {
                let site = import.importer.as_mut().unwrap();
                site.module = ModuleName::new("__main__").ok();
                site.file = "/srv/shop/main.py".into();
            }
            "re._constants" => {
                import.running_ns += 9_000_000;
                import.total_ns = import.total_ns.map(|total| total + 9_000_000);
            }
            _ => {}
        }
    }
    it
}

/// Writes a trace into a folder, as far as views read it.
pub fn write(family: &Family, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("trace.json"), "[]").unwrap();
    let text = serde_json::to_string(&family.document).unwrap();
    fs::write(folder.join("trace_modules.json"), text).unwrap();
    for (index, child) in family.children.iter().enumerate() {
        write(child, &folder.join(format!("children/{}", index + 1)));
    }
}
