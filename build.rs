//! Links the command at a fixed address.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let has_feature = |name: &str| {
        env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|it| it.split(',').any(|it| it == name))
    };
    let is_linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|it| it == "linux");
    // Relocating its tables of pointers takes a part of each start of a position-independent one.
    if is_linux && !has_feature("crt-static") && env::var_os("CARGO_FEATURE_COMMAND").is_some() {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
