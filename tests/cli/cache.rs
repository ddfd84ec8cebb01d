//! What truename keeps in its cache.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::{Place, err, pythons};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn make_older(folder: &Path, days: u32) {
    let then = SystemTime::now() - days * DAY;
    File::open(folder).unwrap().set_modified(then).unwrap();
}

fn run_with_cache(place: &Place) {
    let mut command = place.record(&pythons()[0], &["-c", "pass"]);
    let output = command.env("TRUENAME_CACHE", place.at("cache")).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", err(&output));
}

fn kept(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.at("cache")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "interpreters").collect();
    names.sort();
    names
}

#[test]
fn loses_the_recorders_that_nobody_uses_when_a_new_one_comes() {
    let place = Place::new();
    let old = "cache/recorder-0123456789abcdef";
    for (name, days) in [
        (old, 31),
        ("cache/recorder-0123456789abcdee", 29),
        ("cache/recorder-of-mine", 31),
        ("cache/packages", 31),
    ] {
        place.write(&format!("{name}/lib/file"), "");
        make_older(&place.at(name), days);
    }
    run_with_cache(&place);
    let names = kept(&place);
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(!place.at(old).exists());
    // Only then: a run that finds its recorder looks at no other.
    place.write(&format!("{old}/lib/file"), "");
    make_older(&place.at(old), 31);
    run_with_cache(&place);
    assert!(place.at(old).exists());
}

#[test]
fn knows_a_recorder_that_is_used() {
    let place = Place::new();
    run_with_cache(&place);
    let folder = place.at("cache").join(&kept(&place)[0]);
    make_older(&folder, 31);
    run_with_cache(&place);
    let modified = folder.metadata().unwrap().modified().unwrap();
    assert!(modified.elapsed().unwrap() < DAY);
}
