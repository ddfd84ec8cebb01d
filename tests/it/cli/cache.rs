//! The files that truename keeps in its cache.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::context::{Context, err, pythons};

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
