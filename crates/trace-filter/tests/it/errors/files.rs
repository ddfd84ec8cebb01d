//! Mistakes in the names of filters, and files that cannot be read.

use std::ffi::OsStr;
use std::fs;

use rstest::rstest;
use trace_filter::{Builtin, FilterSource, MAX_FILE_SIZE, ValueAction, load};

use super::{META, SCOPE};

#[rstest]
#[case::empty(
    "",
    "filter:1:1: there is an empty name in the chain of filters
 1 | \n   | ^
A chain is one or more files, such as `a.toml::b.toml`."
)]
#[case::empty_part(
    "a.toml::::b.toml",
    "filter:1:9: there is an empty name in the chain of filters
 1 | a.toml::::b.toml
   |         ^^
A chain is one or more files, such as `a.toml::b.toml`."
)]
#[case::empty_end(
    "a.toml::",
    "filter:1:9: there is an empty name in the chain of filters
 1 | a.toml::
   |         ^
A chain is one or more files, such as `a.toml::b.toml`."
)]
#[case::unknown_builtin(
    "builtin:no-stlib",
    "builtin:no-stlib: there is no built-in filter `no-stlib`
Its name is one of `default`, `no-stdlib`, `pytest`, `unittest`. Did you mean `no-stdlib`?"
)]
fn in_chains_are_reported(#[case] chain: &str, #[case] expected: &str) {
    let error = FilterSource::parse_chain(OsStr::new(chain)).expect_err("the chain is wrong");
    assert_eq!(error.to_string(), expected);
}

/// A file that cannot be read as a filter.
enum Odd {
    Missing,
    Folder,
    Bytes(Vec<u8>),
}

#[rstest]
#[case::missing(
    Odd::Missing,
    "FILE: there is no such file
A filter is a path or one of the built-in ones, such as `builtin:no-stdlib`."
)]
#[case::folder(
    Odd::Folder,
    "FILE: this is a folder, not a filter file
Name a file in it."
)]
#[case::not_utf8(Odd::Bytes(b"[meta]\nname = \"caf\xe9\"\n".to_vec()), "FILE:2:12: the file is not UTF-8
 2 | name = \"caf\u{fffd}\"
   |            ^
TOML is always UTF-8: save it as such.")]
#[case::too_large(Odd::Bytes(vec![b'#'; 10 << 20]), "FILE: the file is larger than 1 MiB, and no filter is
Is it the right file?")]
fn in_files_are_reported(#[case] odd: Odd, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.toml");
    match odd {
        Odd::Missing => {}
        Odd::Folder => fs::create_dir(&file).unwrap(),
        Odd::Bytes(bytes) => fs::write(&file, bytes).unwrap(),
    }
    let error = load(&[FilterSource::File(file.clone())]).expect_err("the file is odd");
    let shown = error.to_string().replace(file.to_str().unwrap(), "FILE");
    assert_eq!(shown, expected);
}

#[test]
fn the_largest_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.toml");
    let mut text = format!("{META}{SCOPE}#");
    text.push_str(&"x".repeat(MAX_FILE_SIZE as usize - text.len()));
    fs::write(&file, text).unwrap();
    assert_eq!(
        load(&[FilterSource::File(file)]).map(|chain| chain.files.len()),
        Ok(1)
    );
}

#[test]
fn the_first_filter_of_a_chain_inherits_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.toml");
    fs::write(&file, format!("{META}{SCOPE}").replace("allow", "inherit")).unwrap();
    let [first, later] = [&[][..], &[FilterSource::Builtin(Builtin::Default)]].map(|before| {
        let named = FilterSource::File(file.clone());
        load(&[before, &[named]].concat())
    });
    let shown = first.expect_err("there is nothing to inherit").to_string();
    assert_eq!(
        shown.replace(file.to_str().unwrap(), "FILE"),
        r#"FILE:6:24: `default_value_action` cannot be `inherit` in the first filter
 6 | default_value_action = "inherit"
   |                        ^^^^^^^^^
No filter comes before it. Write `default_value_action = "allow"`."#
    );
    assert_eq!(later.unwrap().default_value_action(), ValueAction::Allow);
}
