//! The files that truename keeps in its cache.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::context::{Context, err, labels, out, pythons};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn make_older(folder: &Path, days: u32) {
    let then = SystemTime::now() - days * DAY;
    File::open(folder).unwrap().set_modified(then).unwrap();
}

fn run_with_cache(context: &Context) {
    let mut command = context.record(&pythons()[0], &["-c", "pass"]);
    let output = command.env("TRUENAME_CACHE", context.at("cache")).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", err(&output));
}

fn kept(context: &Context) -> Vec<String> {
    let entries = fs::read_dir(context.at("cache")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "interpreters").collect();
    names.sort();
    names
}

#[test]
fn loses_the_recorders_that_nobody_uses_when_a_new_one_comes() {
    let context = Context::new();
    let old = "cache/recorder-0123456789abcdef";
    for (name, days) in [
        (old, 31),
        ("cache/recorder-0123456789abcdee", 29),
        ("cache/recorder-of-mine", 31),
        ("cache/packages", 31),
    ] {
        context.write(&format!("{name}/lib/file"), "");
        make_older(&context.at(name), days);
    }
    run_with_cache(&context);
    let names = kept(&context);
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(!context.at(old).exists());
    // Only then: a run that finds its recorder looks at no other.
    context.write(&format!("{old}/lib/file"), "");
    make_older(&context.at(old), 31);
    run_with_cache(&context);
    assert!(context.at(old).exists());
}

#[test]
fn knows_a_recorder_that_is_used() {
    let context = Context::new();
    run_with_cache(&context);
    let folder = context.at("cache").join(&kept(&context)[0]);
    make_older(&folder, 31);
    run_with_cache(&context);
    let modified = folder.metadata().unwrap().modified().unwrap();
    assert!(modified.elapsed().unwrap() < DAY);
}

/// A user who is neither root nor the one who runs the tests.
const SOMEBODY_ELSE: u32 = 65533;

/// Records with the cache in `folder`; returns the entry from which the recorder came, which may be gone by now.
fn entry_with_cache(context: &Context, folder: &str) -> String {
    let code = "import colorsys, os; print(os.environ['PYTHONPATH'])";
    let mut command = context.record(&pythons()[0], &["-c", code]);
    let output = command.env("TRUENAME_CACHE", context.at(folder)).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", err(&output));
    assert!(labels(&context.trace()).contains(&"<colorsys>"));
    out(&output)
}

#[test]
fn is_in_a_folder_that_others_cannot_change_or_not_used_at_all() {
    let context = Context::new();
    let set = |name: &str, mode: u32, owner: Option<u32>| {
        let folder = context.at(name);
        fs::create_dir_all(&folder).unwrap();
        chown(&folder, owner, None).unwrap();
        fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
    };
    let is_used = |name: &str| {
        let entry = entry_with_cache(&context, name);
        let is_used = entry.contains(context.at(name).to_str().unwrap());
        assert_eq!(is_used, context.at(name).join("interpreters").exists());
        is_used
    };
    set("open", 0o777, None);
    set("sticky", 0o1777, None);
    assert!(is_used("private/cache"));
    assert!(is_used("sticky/cache"));
    assert!(!is_used("open/cache"));
    assert!(!is_used("open/far/below/cache"));
    std::os::unix::fs::symlink(context.at("open"), context.at("link")).unwrap();
    assert!(!is_used("link/cache"));
    let is_root = context.root().metadata().unwrap().uid() == 0;
    if is_root {
        set("theirs", 0o755, Some(SOMEBODY_ELSE));
        set("theirs/sticky", 0o1777, Some(SOMEBODY_ELSE));
        assert!(!is_used("theirs/cache"));
        assert!(!is_used("theirs/sticky/cache"));
    }
}

#[test]
fn is_private_whatever_the_umask() {
    let context = Context::new();
    let script = format!(
        "umask 000; exec {} run --python {} -c pass",
        env!("CARGO_BIN_EXE_truename"),
        pythons()[0].path.display()
    );
    let mut shell = context.plain(Path::new("/bin/sh"), &["-c", &script]);
    let shell = shell.env("TRUENAME_CACHE", context.at("home/cache"));
    assert!(shell.status().unwrap().success());
    for name in ["home", "home/cache", "home/cache/interpreters"] {
        let mode = context.at(name).metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o700, "{name}");
    }
}

/// Probes of interpreters are read only from files of the user.
#[test]
fn has_no_answers_that_others_could_have_written() {
    let context = Context::new();
    run_with_cache(&context);
    let folder = context.at("cache/interpreters");
    let file = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = fs::read_to_string(&file).unwrap();
    let changed = text.replace("\"version\":[3,", "\"version\":[2,");
    assert_ne!(changed, text);
    let is_believed = |mode: u32, owner: Option<u32>| {
        fs::write(&file, &changed).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        chown(&file, owner, None).unwrap();
        let mut command = context.record(&pythons()[0], &["-c", "pass"]);
        let output = command.env("TRUENAME_CACHE", context.at("cache")).output();
        !output.unwrap().status.success()
    };
    assert!(is_believed(0o600, None));
    assert!(!is_believed(0o666, None));
    if context.root().metadata().unwrap().uid() == 0 {
        assert!(!is_believed(0o600, Some(SOMEBODY_ELSE)));
    }
}
