//! Each fixture is a test: its program is recorded on every interpreter, its claims are held against
//! the labels, and what it shows against its golden.

mod compare;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use rstest::rstest;
use truename::fixture::Fixture;
use truename::golden::{self, Harness};

/// Far more than any scenario takes, on any machine.
const LIMIT: Duration = Duration::from_secs(60);

static HARNESS: LazyLock<Harness> = LazyLock::new(|| {
    Harness::on_all_interpreters(env!("CARGO_BIN_EXE_truename").into(), LIMIT)
        .unwrap_or_else(|failure| panic!("{failure}"))
});

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[rstest]
fn fixture(
    #[files("fixtures/**/*.md")]
    #[base_dir = "${CARGO_MANIFEST_DIR}"]
    path: PathBuf,
) {
    let (family, scenario) = golden::slug(&path)
        .unwrap_or_else(|| panic!("{}: see each_file_has_its_place", path.display()));
    // (tests run in the package's folder, and people know its files by where they are in it)
    let shown = path.strip_prefix(env!("CARGO_MANIFEST_DIR"));
    let goldens = HARNESS
        .examine(shown.unwrap_or(&path))
        .unwrap_or_else(|failure| panic!("{failure}"));
    let title = Fixture::read(&path).map(|it| it.title).unwrap_or_default();
    let snapshots = folder("snapshots").join(family);
    for golden in goldens {
        compare::compare(&golden, &path, &title, &snapshots, &scenario);
    }
}

#[test]
fn each_file_has_its_place() {
    let strays = golden::strays(&folder("fixtures"), &folder("snapshots"));
    let strays = strays.expect("the folders can be read");
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}
