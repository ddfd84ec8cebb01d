# The project's commands. `./setup just RECIPE` runs one on a machine where nothing is installed yet.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

target := env("CARGO_TARGET_DIR", justfile_directory() / "target")

# Lists the recipes.
default:
    @just --list --unsorted

# Records the demo program and prints the labels of its modules.
demo:
    cargo build
    cargo run --quiet -- run --out "{{ target }}/demo-trace" -- examples/demo/main.py
    cargo run --quiet -- tree "{{ target }}/demo-trace"

# Builds truename, with its recorder inside.
build *ARGS:
    cargo build "$@"

# Runs the tests: all, those of FAMILY or FAMILY/SCENARIO [--python 3.13], or what `cargo test` is asked for.
test *ARGS:
    @scripts/run-tests "$@"

# Writes the skeleton of a new fixture: FAMILY/SCENARIO.
new NAME:
    @scripts/fixture new "$@"

# Renames a fixture, and its goldens with it.
mv OLD NEW:
    @scripts/fixture mv "$@"

# Removes a fixture and its goldens.
rm NAME:
    @scripts/fixture rm "$@"

# Checks formatting, lints, words, and that no modules import each other in a circle.
lint:
    cargo fmt --all --check
    cargo clippy --all-targets -- -D warnings
    # They are not default members: build.rs builds them, for Python to load.
    cargo clippy -p recorder -p preload -- -D warnings
    # A recorder that is no part of this workspace tests itself.
    cargo test --quiet --locked --manifest-path examples/outside-recorder/Cargo.toml --target-dir "{{ target }}"
    "$(scripts/find-python)" -m unittest discover --quiet --start-directory scripts
    "$(scripts/find-python)" scripts/check_circles.py
    "$(scripts/find-python)" scripts/check_words.py

# Runs the unit tests of the recorder and the spool under valgrind, which finds wrong uses of memory.
memcheck:
    @command -v valgrind >/dev/null \
        || { echo "memcheck: valgrind is not installed; Debian has it as 'valgrind'" >&2; exit 1; }
    host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_'); \
        env PROPTEST_CASES=4 "CARGO_TARGET_${host}_RUNNER=valgrind --quiet --error-exitcode=1" \
        cargo test -p recorder -p truename-spool --lib

# Builds the wheel into target/wheels; with --check, uses it from clean environments: [--check] [--release] [--sdist].
wheel *ARGS:
    "$(scripts/find-python)" scripts/wheel.py "$@"

# Packages the crates for others and compiles the packages, and module-identity with each end of its range of pyo3.
crates:
    scripts/crates

# Compares the API of the crates for others with that of the last release, by the rules of semantic versioning.
semver:
    @tag=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null) \
        || { echo "semver: no release has a tag v… yet, so there is no API to compare with"; exit 0; }; \
        cargo semver-checks --version >/dev/null 2>&1 || (cd / && cargo install --locked --quiet cargo-semver-checks); \
        cargo semver-checks -p module-identity -p trace-filter -p truename --baseline-rev "$tag"

# Checks the workflows of .github with actionlint.
workflows:
    @scripts/workflows

# Shows new and changed snapshots, to accept or to reject.
review:
    ./setup cargo insta review

# Unpacks CPython 3.14 and 3.15 (or the versions given) where truename finds them: [--tests] [VERSION…].
pythons *ARGS:
    scripts/pythons "$@"

# Compares the labels with `python -v` over real packages: [--quick] [PROGRAM…].
oracle *ARGS:
    cargo build
    "$(scripts/find-python)" scripts/oracle.py --truename "{{ target }}/debug/truename" "$@"

# Compares calls and lines with what cProfile and coverage count over real programs: [PROGRAM…].
counts *ARGS:
    cargo build
    cargo build --release --example compare_readers
    "$(scripts/find-python)" scripts/counts.py --truename "{{ target }}/debug/truename" "$@"

# Runs the scenarios under every recorder of profiles/, into docs/conformance.md: [--python VERSION,…] [PROFILE…].
conform *ARGS:
    cargo build
    "$(scripts/find-python)" scripts/conformance.py --truename "{{ target }}/debug/truename" "$@"

# Compares CPython's own tests, plain and recorded, case by case: [--quick] [--events calls] [MODULE…].
cpython *ARGS:
    scripts/pythons --tests
    cargo build
    "$(scripts/find-python)" scripts/cpython.py --truename "{{ target }}/debug/truename" "$@"

# Does harm to programs, to truename and to the machine, and checks what must hold: [--write] [WORD…].
faults *ARGS:
    cargo build
    "$(scripts/find-python)" scripts/faults.py --truename "{{ target }}/debug/truename" "$@"

# Changes module-identity in one place at a time, and checks that a test fails each time: [WORD…].
mutants *ARGS:
    cargo mutants --version >/dev/null 2>&1 || (cd / && cargo install --locked --quiet cargo-mutants)
    "$(scripts/find-python)" scripts/mutants.py "$@"

# Opens an exported page in a headless Chromium, searches in it and clicks.
page *ARGS:
    cargo build
    "$(scripts/find-python)" scripts/check_page.py --truename "{{ target }}/debug/truename" "$@"

# Fuzzes what reads foreign bytes, and the labels, each for a minute: [TARGET] [SECONDS].
fuzz *ARGS:
    scripts/fuzz "$@"

# Runs the benches of single parts: resolver, roots, encoder, filters (`just bench roots`).
bench *ARGS:
    cargo bench -p truename-command -p truename-trace -p trace-filter -- "$@"

# Times whole processes under `truename run` against plain `python`: [--rounds N] [--events calls].
bench-processes *ARGS:
    cargo build --release
    "$(scripts/find-python)" scripts/bench.py --truename "{{ target }}/release/truename" "$@"

# Compares truename with other tools on five programs, into docs/performance.md: [--rounds N] [--quick] [--cores 1].
bench-peers *ARGS:
    cargo build --release
    "$(scripts/find-python)" scripts/bench_peers.py --truename "{{ target }}/release/truename" "$@"

# Records up to 10^9 calls, a million functions and 100,000 modules, into docs/performance.md: [KIND…] [--largest N].
bench-scale *ARGS:
    cargo build --release
    "$(scripts/find-python)" scripts/bench_scale.py --truename "{{ target }}/release/truename" "$@"

# Times up to 1,000 filter rules against no filter, into docs/performance.md: [--rounds N].
bench-filters *ARGS:
    cargo build --release
    "$(scripts/find-python)" scripts/bench_filters.py --truename "{{ target }}/release/truename" "$@"
