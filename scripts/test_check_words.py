"""Tests of check_words.py."""

from __future__ import annotations

import unittest
from pathlib import Path

import check_words


def found(check, text: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.problem) for finding in check(Path("x"), text)]


class Words(unittest.TestCase):
    def test_heads_of_doc_comments(self) -> None:
        source = (
            "//! How this works.\n\n/// Whether it is so.\nfn f() {}\n/** Which one. */\nfn g() {}\n"
            "/// Returns the answer.\n/// What follows is no head.\nfn h() {} // How it is done.\n"
        )
        lines = [line for line, _ in found(check_words.rust, source)]
        self.assertEqual(lines, [1, 3, 5])

    def test_brackets(self) -> None:
        source = (
            "// (why,\n// in two lines)\nlet a = 1; // (at the end)\n// (begins so) and goes on\n"
            '// a call() \nlet b = "// (no comment)";\n'
        )
        lines = [line for line, _ in found(check_words.rust, source)]
        self.assertEqual(lines, [1, 3])
        self.assertEqual(found(check_words.script, "x = 1\n# (why)\n")[0][0], 2)

    def test_words(self) -> None:
        self.assertEqual([line for line, _ in found(check_words.rust, "fn is_told() {}\nTeller")], [1, 2])
        self.assertEqual(found(check_words.rust, "let x = intellect;"), [])
        text = "`tell()` is a name\n```\ntell\n```\nit tells\n"
        self.assertEqual([line for line, _ in found(check_words.markdown, text)], [5])


if __name__ == "__main__":
    unittest.main()
