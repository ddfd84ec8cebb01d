"""Tests of check_circles.py, on made-up crates."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parent / "check_circles.py"
MANIFEST = '[package]\nname = "made-up"\nversion = "0.0.0"\nedition = "2024"\n'


def check(**files: str) -> tuple[int, str]:
    """The exit status and the output for a crate of these files: `a__b` is src/a/b.rs."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder, "Cargo.toml")
        manifest.write_text(MANIFEST)
        for name, text in files.items():
            file = Path(folder, "src", name.replace("__", "/") + ".rs")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        command = [sys.executable, SCRIPT, manifest]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Circles(unittest.TestCase):
    def assert_circle(self, *parts: str, **files: str) -> None:
        status, output = check(**files)
        self.assertEqual(status, 1, output)
        for part in ("import each other in a circle", *parts):
            self.assertIn(part, output)

    def assert_none(self, expected: str = "no circle", **files: str) -> None:
        status, output = check(**files)
        self.assertEqual(status, 0, output)
        self.assertIn(expected, output)

    def test_two_modules_that_use_each_other(self) -> None:
        self.assert_circle(
            "crate::a → crate::b",
            "src/a.rs: B (line 2)",
            "crate::b → crate::a",
            "src/b.rs: A (line 1)",
            lib="mod a;\nmod b;",
            a="// Said before.\nuse crate::b::B;\npub struct A(B);",
            b="use super::a::A;\npub struct B(Box<A>);",
        )

    def test_one_direction(self) -> None:
        self.assert_none(
            "3 modules in 1 crates, no circle",
            lib="mod a;\nmod b;",
            a="use crate::b::B;\npub struct A(B);",
            b="pub struct B;",
        )

    def test_three_modules_by_paths_in_bodies(self) -> None:
        self.assert_circle(
            "3 modules",
            lib="mod a; mod b; mod c;",
            a="pub fn a() { crate::b::b() }",
            b="use crate::c; pub fn b() { c::c() }",
            c="pub fn c() { let _ = super::a::a; }",
        )

    def test_siblings_through_what_their_parent_re_exports(self) -> None:
        self.assert_none(
            lib="mod a;",
            a="mod one; mod two;\npub use one::One;\npub use two::*;",
            a__one="use super::Two; pub struct One(Two);",
            a__two="pub struct Two;",
        )
        self.assert_circle(
            "crate::a::one → crate::a::two",
            "crate::a::two → crate::a::one",
            lib="mod a;",
            a="mod one; mod two;\npub use one::One;\npub use two::*;",
            a__one="use super::Two; pub struct One(Two);",
            a__two="use super::*; pub struct Two(One);",
        )

    def test_a_child_that_uses_what_its_parent_defines(self) -> None:
        self.assert_circle(
            "crate::a → crate::a::one",
            "crate::a::one → crate::a",
            lib="mod a;",
            a="mod one;\npub use one::One;\npub const LIMIT: usize = 1;",
            a__one="pub struct One([u8; super::LIMIT]);",
        )
        self.assert_none(
            lib="mod a;",
            a="mod one;\npub const LIMIT: usize = 1;",
            a__one="pub struct One([u8; super::LIMIT]);",
        )

    def test_modules_within_a_file(self) -> None:
        self.assert_circle(
            "crate::b::inner",
            lib="mod b;",
            b="pub struct B;\nmod inner { pub fn f(_: super::B) {} }\npub fn g() { inner::f(B) }",
        )

    def test_tests_comments_strings_and_visibility(self) -> None:
        self.assert_none(
            lib="mod a; mod b;",
            a="use crate::b::B; pub struct A(B);",
            b='/* use crate::a::A; /* */ */ pub(in crate::b) struct B;\n'
            'pub const T: (&str, char) = (r#"crate::a::A "here" "#, \'"\');\n'
            "#[cfg(test)] mod tests { use crate::a::A; fn t(_: A) {} }\n"
            "#[cfg(test)] use crate::a::A;",
        )

    def test_other_crates_are_not_modules(self) -> None:
        self.assert_none(
            lib="mod a; mod fmt;",
            a="use crate::fmt::F; pub struct A(F);",
            fmt="use std::fmt; pub struct F; impl fmt::Debug for F { }",
        )

    def test_names_by_another_name(self) -> None:
        self.assert_circle(
            "crate::a → crate::b",
            lib="mod a; mod b;",
            a="use crate::{b::{self as other, B as _}}; pub struct A(other::Made);",
            b="pub struct B; make! { pub struct Made; } pub fn f() -> crate::a::A { todo!() }",
        )


if __name__ == "__main__":
    unittest.main()
