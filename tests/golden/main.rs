//! Each fixture is a test: its program is recorded on every interpreter, its claims are held against
//! the labels, and what it shows against its golden.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use rstest::rstest;
use truename::fixture::Fixture;
use truename::golden::{self, Harness};

static HARNESS: LazyLock<Harness> = LazyLock::new(|| {
    let truename = PathBuf::from(env!("CARGO_BIN_EXE_truename"));
    Harness::on_all_interpreters(truename, Duration::from_secs(60))
        .unwrap_or_else(|failure| panic!("{failure}"))
});

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[rstest]
fn fixture(
    #[files("fixtures/**/*.md")]
    #[base_dir = "${CARGO_MANIFEST_DIR}"]
    path: PathBuf,
) {
    let (family, scenario) = golden::slug(&path).unwrap_or_else(|| {
        panic!("{} is not where a fixture belongs", path.display());
    });
    let goldens = HARNESS
        .examine(&path)
        .unwrap_or_else(|failure| panic!("{failure}"));
    let title = Fixture::read(&path).map(|it| it.title).unwrap_or_default();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(project().join("snapshots").join(family));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(title);
    settings.set_input_file(&path);
    for golden in goldens {
        let name = format!("{scenario}{}", golden.suffix);
        settings.bind(|| insta::assert_snapshot!(name, golden.text));
    }
}

#[test]
fn each_snapshot_belongs_to_a_fixture() {
    let strays = golden::strays(&project().join("fixtures"), &project().join("snapshots"))
        .expect("the folders can be read");
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}
