"""Languages by hint, name and content; paths of copies and products."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.code.file_names import LANGUAGES, language_of, languages_by_name
from quality.code.languages import MARKS, code_languages, known_languages
from quality.code.paths import has_text_name, is_generated_name, is_vendored

PROLOG = "likes(mary, wine).\nhappy(X) :- likes(X, wine).\n"


def decided(hint: str | None, path: str | None, text: str) -> str | None:
    found = code_languages(pa.array([hint], pa.string()), pa.array([path], pa.string()), pa.array([text]))
    language: str | None = found[0].as_py()
    return language


@pytest.mark.parametrize(
    ("hint", "path", "text", "language"),
    [
        (None, "a/b.py", "", "Python"),
        ("python", None, "", "Python"),
        ("cpp", "a.h", "int x;", "C++"),
        ("Brainfuck", "a.h", "", "Brainfuck"),
        (None, "a.h", "int x(void);\n", "C"),
        ("C", "a.h", "namespace a {\nclass B;\n}\n", "C++"),
        ("C", "a.h", "#include <vector>\n", "C++"),
        ("C", "a.h", "/* a class of its own */\nint x;\n", "C"),
        ("C", "a.c", "class B;\n", "C"),
        (None, "a.h", "#import <Foundation/Foundation.h>\n@interface A : NSObject\n@end\n", "Objective-C"),
        (None, "a.m", "@implementation A\n@end\n", "Objective-C"),
        (None, "a.m", "% doubles\nfunction y = double(x)\ny = 2 * x;\n", "MATLAB"),
        (None, "a.m", "int main() { return 0; }\n", "Objective-C"),
        (None, "a.pl", "#!/usr/bin/perl\nuse strict;\nmy $x = 1;\n", "Perl"),
        (None, "a.pl", PROLOG, "Prolog"),
        (None, "a.pp", "file { '/a':\n  ensure => present,\n}\n", "Puppet"),
        (None, "a.pp", "program a;\nbegin\nend.\n", "Pascal"),
        (None, "a.ts", "<?xml version='1.0'?>\n<TS version='2.0'>\n", "XML"),
        (None, "a.ts", "const x: Set<string> = new Set()\n", "TypeScript"),
        (None, "a.v", "Theorem a : True.\nProof.\n  trivial.\nQed.\n", "Rocq Prover"),
        (None, "a.v", "module a(input b);\nendmodule\n", "Verilog"),
        (None, "a.fs", "#version 330\nvoid main() {}\n", "GLSL"),
        (None, "a.pro", "SOURCES += main.cpp\n", "QMake"),
        (None, "bin/run", "#!/usr/bin/env -S python3.11 -u\n", "Python"),
        (None, "bin/run", "#!/bin/sh -e\n", "Shell"),
        (None, "bin/run", "#!/usr/local/bin/node\n", "JavaScript"),
        (None, "bin/run", "#!/opt/unheard-of\n", None),
        (None, None, "<?xml version='1.0'?>\n<a/>", "XML"),
        (None, None, "<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG"),
        (None, None, "\n<!DOCTYPE html><html>", "HTML"),
        (None, None, "<?php echo 1;", "PHP"),
        (None, "Makefile", "#!/bin/sh\n", "Makefile"),
        (None, "a/.gitignore", "*.pyc\n", None),
        (None, None, "plain text", None),
        (None, None, "", None),
    ],
)
def test_languages(hint: str | None, path: str | None, text: str, language: str | None) -> None:
    assert decided(hint, path, text) == language


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="aAbB./\\\n Makefile.py.h", max_size=20), max_size=5))
def test_names_of_a_column_are_those_of_each(paths: list[str]) -> None:
    assert languages_by_name(pa.array(paths, pa.string())).to_pylist() == [language_of(path) for path in paths]


def test_marks_are_of_known_languages_and_endings() -> None:
    assert {mark.language for mark in MARKS} <= set(known_languages())
    assert all(language_of(f"a.{mark.suffix}") in LANGUAGES for mark in MARKS)


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_documents_do_not_depend_on_their_batch_and_slices_are_respected(type_: pa.DataType) -> None:
    texts = ["class A;\n", None, PROLOG, "é" * 60_000 + "\nclass A;\n", "#!/bin/sh\n", ""]
    paths = ["a.h", "a.h", "a.pl", "b.h", "run", None]
    hints = pa.nulls(len(texts), pa.string())
    whole = code_languages(hints, pa.array(paths), pa.array(texts, type_)).to_pylist()
    assert whole == ["C++", "C", "Prolog", "C", "Shell", None]  # what stands beyond the head is not looked at
    part = code_languages(hints[2:5], pa.array(paths)[2:5], pa.array(texts, type_)[2:5]).to_pylist()
    assert part == whole[2:5]


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 1_000_000,
        "a" * 1_000_000,
        "a(" * 100_000,
        "#!" + "env " * 50_000,
        "<!--" * 50_000,
        "\xff" * 100_000,
        "\0" * 1000,
    ],
)
def test_hostile_text_is_decided(text: str) -> None:
    for mark in MARKS:
        assert decided(None, f"a.{mark.suffix}", text) in known_languages()
    assert decided(None, "run", text) is None


@pytest.mark.parametrize(
    ("path", "vendored", "generated", "named"),
    [
        ("src/main.py", False, False, False),
        ("a/node_modules/b/c.js", True, False, False),
        ("Vendor/a.go", True, False, False),
        ("pip/_vendor/a.py", True, False, False),
        ("src/vendors.py", False, False, False),
        ("lib/third_party/zlib/a.c", True, False, False),
        ("3rdparty/a.c", True, False, False),
        ("deps/a.c", True, False, False),
        ("src/deps/a.c", False, False, False),
        ("dist/app.js", True, False, False),
        ("src/distance/a.js", False, False, False),
        ("static/jquery-3.1.js", True, False, False),
        ("static/jquery.min.js", True, True, False),
        ("src/react.js", True, False, False),
        ("src/reaction.js", False, False, False),
        ("gradlew", True, False, False),
        ("tests/fixtures/a.py", False, False, False),
        ("package-lock.json", False, True, False),
        ("api/a_pb2.py", False, True, False),
        ("api/a.pb.go", False, True, False),
        ("api/pb.go", False, False, False),
        ("App.Designer.cs", False, True, False),
        ("README", False, False, True),
        ("docs/readme.txt", False, False, True),
        ("dev-requirements.txt", False, False, True),
        ("notes.old.txt", False, False, True),
        ("denotes.txt", False, False, False),
        ("", False, False, False),
        ("a/" * 2_000 + "b.js", False, False, False),
        ("é\n/node_modules/a.js", True, False, False),
    ],
)
def test_paths(path: str, vendored: bool, generated: bool, named: bool) -> None:
    paths = pa.array([path, None])
    assert is_vendored(paths).to_pylist() == [vendored, None]
    assert is_generated_name(paths).to_pylist() == [generated, None]
    assert has_text_name(paths).to_pylist() == [named, None]
