"""What tests may do with a solution that lives in another process."""

import pytest

from pipelines.sandbox.execute import execute
from pipelines.sandbox.isolation import isolation_for
from pipelines.sandbox.limits import Finding, Limits, Program


def found(solution: str, tests: str, entry_point: str = "") -> Finding:
    return execute(Program(solution, tests, entry_point), Limits(), isolation_for("auto"))


CLASSES = """
class Point:
    count = 0

    def __init__(self, x, y=0):
        self.x, self.y = x, y

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (self.x, self.y)[index]

    def moved(self, by):
        return Point(self.x + by, self.y)

class Odd(ValueError):
    pass

def halved(number):
    if number % 2:
        raise Odd(f"{number} is odd")
    return number // 2

def point(x):
    return Point(x, x)
"""

PASSING = {
    "several asserts": ("def f(x):\n    return x + 1", "assert f(1) == 2\nassert f(-1) == 0"),
    "values": (
        "def f(x):\n    return x",
        "for value in [None, True, 2**100, -1, 1.5, 1j, 'ü', b'b', [1], (1, [2]), {1}, frozenset({2}), {1: (2,)}]:\n"
        "    assert f(value) == value and type(f(value)) is type(value)",
    ),
    "not a number": ("def f():\n    return float('nan')", "assert f() != f()"),
    "subclasses of plain types": (
        "import collections, enum\nC = collections.namedtuple('C', 'a b')\nclass E(enum.IntEnum):\n    A = 3\n"
        "def f(x):\n    return [C(1, 2), collections.Counter('aa'), E.A, collections.OrderedDict(a=1), {1: 2}.keys()]",
        "assert f(0) == [(1, 2), {'a': 2}, 3, {'a': 1}, {1}]",
    ),
    "a changed argument": ("def f(x):\n    x.sort()", "a = [3, 1, 2]\nassert f(a) is None\nassert a == [1, 2, 3]"),
    "a function as argument": (
        "def f(g, xs):\n    return [g(x) for x in xs]",
        "assert f(lambda x: x * 2, [1, 2]) == [2, 4]\nassert f(len, ['ab']) == [2]",
    ),
    "a type as argument and as result": (
        "def f(x, kind):\n    return [kind] if isinstance(x, kind) else []",
        "assert f(1, int) == [int]\nassert f(1, str) == []",
    ),
    "an iterator as argument": ("def f(xs):\n    return sum(xs)", "assert f(x for x in range(4)) == 6"),
    "a function as result": ("def f(x):\n    return lambda y: x + y", "assert f(1)(2) == 3"),
    "a generator": ("def f(n):\n    yield from range(n)", "assert list(f(3)) == [0, 1, 2]\nassert 2 in f(3)"),
    "named arguments": ("def f(x, *, by=1):\n    return x + by", "assert f(1, by=3) == 4"),
    "objects": (
        CLASSES,
        "p = point(1)\nassert p == Point(1, 1) and p != Point(2, 1)\nassert p.x == 1\np.x = 5\nassert p.moved(2).x == 7\n"
        "assert (p + p).x == 10\nassert len(p) == 2 and p[0] == 5\nassert isinstance(p, Point)\nassert Point.count == 0",
    ),
    "own exceptions": (
        CLASSES,
        "try:\n    halved(3)\nexcept Odd as error:\n    assert str(error) == '3 is odd'\nelse:\n    assert False",
    ),
    "exceptions by their base": (
        CLASSES,
        "try:\n    halved(3)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    ),
    "names of the standard library": (
        "import math\nfrom typing import List\nfrom collections import deque\ndef f(x):\n    return math.sqrt(x)",
        "assert math.isclose(f(4), 2)\nassert List and deque([f(4)])[0] == 2",
    ),
    "unittest": (
        "def f(x):\n    return 1 / x",
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(1), 1)\n"
        "    def test_b(self):\n        with self.assertRaises(ZeroDivisionError):\n            f(0)",
    ),
    "functions named test": ("def f(x):\n    return x", "def test_f():\n    assert f(1) == 1"),
    "a shadowed builtin that is tested": ("def sum(a, b):\n    return a + b", "assert sum(1, 2) == 3"),
    "state": ("n = 0\ndef f():\n    global n\n    n += 1\n    return n", "assert (f(), f()) == (1, 2)"),
    "main is not run": ("def f():\n    return 1\nif __name__ == '__main__':\n    raise SystemExit", "assert f() == 1"),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\ndef f(xs):\n    with ThreadPoolExecutor(2) as pool:\n"
        "        return list(pool.map(abs, xs))",
        "assert f([-1, 2]) == [1, 2]",
    ),
    "asyncio": (
        "import asyncio\nasync def g():\n    return 3\ndef f():\n    return asyncio.run(g())",
        "assert f() == 3",
    ),
    "scratch files": (
        "import tempfile\ndef f(x):\n    with open('a', 'w') as file:\n        file.write(x)\n"
        "    with tempfile.TemporaryFile('w+') as file:\n        file.write(open('a').read())\n        file.seek(0)\n"
        "        return file.read()",
        "assert f('abc') == 'abc'",
    ),
    "open descriptors": (
        "import os\ndef opened(number):\n    try:\n        return bool(os.fstat(number))\n    except OSError:\n"
        "        return False\ndef f():\n    return sum(map(opened, range(64)))",
        "assert f() == 5  # standard input, output and errors, and the pipe both ways",
    ),
    "the null device": (
        "import os\ndef f():\n    with open(os.devnull, 'w') as file:\n        file.write('x')\n"
        "    return open(os.devnull).read()",
        "assert f() == ''",
    ),
    "time zones": ("import zoneinfo\ndef f():\n    return 1", "assert f() == 1"),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes(name: str) -> None:
    assert found(*PASSING[name]) == Finding("passed")


FAILING = {
    "a wrong value": ("def f(x):\n    return x", "assert f(1) == 2", "tests_failed"),
    "the last test": ("def f(x):\n    return 1", "assert f(1) == 1\nassert f(2) == 2", "tests_failed"),
    "an exception": ("def f(x):\n    return 1 // 0", "assert f(1) == 1", "tests_failed"),
    "no such function": ("def g(x):\n    return 1", "assert f(1) == 1", "tests_failed"),
    "an exception at import": ("import nothing_of_that_name", "assert f(1) == 1", "crashed"),
    "syntax": ("def f(x) return 1", "assert f(1) == 1", "syntax_error"),
    "a null byte": ("x = '\0'", "assert f(1) == 1", "syntax_error"),
    "no tests": ("def f(x):\n    return 1", "", "no_tests"),
    "tests that test nothing": ("def f(x):\n    return 1", "assert 1 == 1", "no_tests"),
    "tests that are not called": ("def f(x):\n    return 1", "def check(g):\n    assert g(1) == 1", "no_tests"),
    "tests that do not compile": ("def f(x):\n    return 1", "assert f(1) = 1", "no_tests"),
    "tests that end the process": ("def f(x):\n    return 1", "import os\nf(1)\nos._exit(0)", "crashed"),
    "tests that exit": ("def f(x):\n    return 1", "f(1)\nraise SystemExit(0)", "tests_failed"),
    "tests that use the network": ("def f(x):\n    return 1", "import socket\nf(1)\nsocket.socket()", "forbidden"),
    "a case of unittest": (
        "def f(x):\n    return 1",
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(1), 2)",
        "tests_failed",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_fails(name: str) -> None:
    solution, tests, verdict = FAILING[name]
    assert found(solution, tests).verdict == verdict


def test_a_builtin_is_the_solutions_only_where_it_is_tested() -> None:
    solution = "class Any:\n    def __eq__(self, other):\n        return True\ndef set(_):\n    return Any()\ndef f(x):\n    return []"
    assert found(solution, "assert set(f(1)) == set((4, 5))").verdict == "tests_failed"
    assert found(solution, "assert set(f(1)) == set((4, 5))", "f").verdict == "tests_failed"


def test_hashes_are_the_same_in_every_run() -> None:
    solution = "def f():\n    return hash('text'), list({'a', 'b', 'c', 'd'})"
    first = found(solution, "raise ValueError(f())").detail
    assert first.startswith("ValueError: (")
    assert found(solution, "raise ValueError(f())").detail == first


def test_a_lone_surrogate_can_be_a_value() -> None:
    assert found("def f(x):\n    return x + '\\ud800'", "assert f('a') == 'a\\ud800'").verdict == "passed"
