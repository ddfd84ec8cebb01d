//! Links the command at a fixed address, and gives the tests the folder of the project.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&package).ancestors().nth(2);
    let root = root.expect("the package is two folders below it");
    println!("cargo:rustc-env=TRUENAME_ROOT={}", root.display());
    let has_feature = |name: &str| {
        env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|it| it.split(',').any(|it| it == name))
    };
    let is_linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|it| it == "linux");
    // Relocating its tables of pointers takes a part of each start of a position-independent one.
    if is_linux && !has_feature("crt-static") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
