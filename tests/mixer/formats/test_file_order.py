import random
import time

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.formats.file_order import dependency_order
from mixer.formats.imports import RepositoryPaths
from mixer.formats.repository import RepositoryFile

PYTHON = [
    "src/tides/__init__.py",
    "src/tides/moon.py",
    "src/tides/sun/__init__.py",
    "src/tides/sun/light.py",
    "tests/test_moon.py",
    "tests/helpers.py",
    "run.py",
    "lunar.pyx",
]
JAVASCRIPT = ["src/a.ts", "src/b.tsx", "src/parts/index.js", "src/parts/c.mjs", "lib/d.js"]
C = ["src/main.c", "src/moon.h", "include/tide/sun.hpp", "vendor/z/z.h"]


def imports(path: str, text: str, paths: list[str]) -> set[str]:
    return {paths[number] for number in RepositoryPaths(paths).imported_by(path, text)}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("run.py", "import os, tides.moon as m, json", {"src/tides/moon.py"}),
        ("run.py", "    import lunar  # here", {"lunar.pyx"}),
        ("run.py", "from tides import *", {"src/tides/__init__.py"}),
        ("run.py", "from tides import high\nfrom tides.moon import phase", {"src/tides/__init__.py", "src/tides/moon.py"}),
        ("run.py", "from tides import (  # a\n    moon,  # b\n    sun as s,\n)\n", {"src/tides/moon.py", "src/tides/sun/__init__.py"}),
        ("run.py", "importlib.reload(tides)\nfrom tides\nimport\nx = 'tides'", set()),
        ("run.py", "from /etc import tides\nimport ../tides", set()),
        ("src/tides/moon.py", "from . import sun", {"src/tides/sun/__init__.py"}),
        ("src/tides/moon.py", "from .sun import light, heat", {"src/tides/sun/light.py", "src/tides/sun/__init__.py"}),
        ("src/tides/sun/light.py", "from ..moon import phase", {"src/tides/moon.py"}),
        ("src/tides/sun/light.py", "from .. import *", {"src/tides/__init__.py"}),
        ("src/tides/sun/light.py", "from ........... import moon", set()),
        ("tests/test_moon.py", "import tides.moon\nimport helpers", {"src/tides/moon.py", "tests/helpers.py"}),
        ("tests/test_moon.py", "from tests import helpers", {"tests/helpers.py"}),
        ("run.go", "import tides", set()),
    ],
)  # fmt: skip
def test_python_imports(path: str, text: str, expected: set[str]) -> None:
    assert imports(path, text, PYTHON) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("src/a.ts", "import { x } from './b';", {"src/b.tsx"}),
        ("src/a.ts", 'export * from "./parts"\nimport React from "react"', {"src/parts/index.js"}),
        ("src/a.ts", "import './b.js'; const d = require( '../lib/d' )", {"src/b.tsx", "lib/d.js"}),
        ("src/a.ts", "const c = await import('./parts/c.mjs')", {"src/parts/c.mjs"}),
        ("src/parts/c.mjs", "import {\n  a,\n  b\n} from '../a'", {"src/a.ts"}),
        ("lib/d.js", "require('../../../lib/d'); require('src/a')", set()),
    ],
)
def test_javascript_imports(path: str, text: str, expected: set[str]) -> None:
    assert imports(path, text, JAVASCRIPT) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("src/main.c", '#include <stdio.h>\n  #  include "moon.h"', {"src/moon.h"}),
        ("src/main.c", '#include "tide/sun.hpp"\n#include "../vendor/z/z.h"', {"include/tide/sun.hpp", "vendor/z/z.h"}),
        ("src/main.c", '#include "z.h"\n#define X "moon.h"\n#include "moon.h\n#include ""', set()),
        ("src/main.c", '#include "../../../src/moon.h"', set()),
    ],
)
def test_c_includes(path: str, text: str, expected: set[str]) -> None:
    assert imports(path, text, C) == expected


def ordered_paths(files: list[tuple[str, str]]) -> list[str]:
    return [file.path for file in dependency_order([RepositoryFile(*file) for file in files])]


def test_without_imports_files_stand_in_path_order() -> None:
    assert ordered_paths([("b.go", ""), ("a/z.md", "import b"), ("a.rs", "")]) == ["a.rs", "a/z.md", "b.go"]


def test_what_is_imported_stands_first_and_what_is_connected_together() -> None:
    files = [("a.py", "import z"), ("b.py", ""), ("y.py", ""), ("z.py", "import y")]
    assert ordered_paths(files) == ["y.py", "z.py", "a.py", "b.py"]


def test_a_cycle_is_broken_at_its_first_path_among_the_fewest_imports() -> None:
    files = [("a.py", "import b\nimport c"), ("b.py", "import c"), ("c.py", "import a")]
    assert ordered_paths(files) == ["b.py", "a.py", "c.py"]


def test_files_of_one_path_all_stay() -> None:
    files = [("a.py", "import a"), ("a.py", ""), ("./a.py", "")]
    assert sorted(ordered_paths(files)) == ["./a.py", "a.py", "a.py"]


@given(st.integers(0, 2**32), st.integers(0, 14), st.floats(0, 0.5), st.booleans())
@settings(max_examples=100, deadline=None)
def test_dependency_order_is_topological_and_does_not_depend_on_the_input_order(
    seed: int, count: int, density: float, is_acyclic: bool
) -> None:
    chance = random.Random(seed)
    names = [f"m{chance.randrange(10**6)}x{number}" for number in range(count)]
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    for position, name in enumerate(names):
        for other in names[:position] if is_acyclic else names:
            if other != name and chance.random() < density:
                graph.add_edge(name, other)
    files = [RepositoryFile(f"{name}.py", "".join(f"import {other}\n" for other in graph[name])) for name in names]
    order = dependency_order(files)
    assert sorted(file.path for file in order) == sorted(file.path for file in files)
    chance.shuffle(files)
    assert dependency_order(files) == order
    position_of = {file.path.removesuffix(".py"): position for position, file in enumerate(order)}
    if is_acyclic:
        assert all(position_of[imported] < position_of[name] for name, imported in graph.edges)
    for component in nx.weakly_connected_components(graph):
        positions = [position_of[name] for name in component]
        assert max(positions) - min(positions) == len(positions) - 1


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=60)), max_size=4))
@settings(deadline=None)
def test_any_files_can_be_ordered(files: list[tuple[str, str]]) -> None:
    with_endings = [RepositoryFile(f"{path}{ending}", text) for path, text in files for ending in (".py", ".ts", ".c")]
    order = dependency_order(with_endings)
    assert sorted(map(repr, order)) == sorted(map(repr, with_endings))


def test_hostile_files_take_linear_time() -> None:
    start = time.perf_counter()
    units = (
        "import a,", "from . import (\n", "from " + "." * 99 + " import a\n", "import a\n", "from a import b, c\n",
        "import './", "require(    ", "from './a'", "import './a'\n", '#include "', '#include "a.h"\n', "#", "(", " ",
    )  # fmt: skip
    for unit in units:
        text = unit * (200_000 // len(unit))
        for folder in ("a/" * 240, "a/" * 100_000):
            dependency_order([RepositoryFile(f"{folder}a{ending}", text) for ending in (".py", ".ts", ".c", ".h")])
    wide = [RepositoryFile(f"m{number}.py", f"import m{number + 1}\nimport m0\n") for number in range(20_000)]
    dependency_order(wide)
    assert time.perf_counter() - start < 30  # a quadratic scan takes hours
