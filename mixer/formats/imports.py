"""What a source file imports from its own repository: a scan of its text, linear in its size.

It reads like a person who skims the file, not like a compiler: an import in a docstring counts if such a file
exists. Python (`import`, `from`), JavaScript and TypeScript (relative `import`, `export ... from`, `require`),
C and C++ (`#include "..."`); in other languages, Go among them, nothing is found.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product

PYTHON_ENDINGS = (".py", ".pyi", ".pyx")
JAVASCRIPT_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
C_ENDINGS = (".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".cu", ".cuh", ".inl", ".m", ".mm")

ROOTS = ("", "src", "lib", "include", "python")  # where searches start in common layouts
# What people write stays far below these; without them, a hostile file costs its imports times its path's length.
MAX_ANCESTORS = 16  # of the file's folder, searched too
MAX_PATH_CHARS = 500  # a file of a longer path imports nothing
MAX_STATEMENT_CHARS = 2_000  # a longer line, or a longer list of names in brackets, is no import
MAX_IMPORTS = 5_000  # of one file, each name counted; the others are not followed

# Every repetition is bounded, so each start costs a constant.
_RELATIVE_MODULE = re.compile(r"""\b(?:from|import|require)[ \t]{0,8}\(?[ \t]{0,8}["'](\.{1,2}/[^"'\n]{0,300})["']""")
_MODULE = re.compile(r"[\w.]{1,500}\Z")

Candidates = Iterator[str]  # possible paths of one import, likeliest first


class RepositoryPaths:
    """The paths of a repository, relative, normalised, `/` between the parts, and what they are numbered."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.index_of: dict[str, int] = {}
        self.names: set[str] = set()  # of folders and files, these with and without their ending
        for index, path in enumerate(paths):
            self.index_of.setdefault(path, index)
            parts = path.split("/")
            self.names.update(parts)
            self.names.add(parts[-1].partition(".")[0])

    def imported_by(self, path: str, text: str) -> set[int]:
        """The numbers of what the file `path` with `text` imports; of files with one path, the first's."""
        scan = next((scan for endings, scan in SCANNERS.items() if path.endswith(endings)), None)
        if scan is None or len(path) > MAX_PATH_CHARS:
            return set()
        found = set()
        for candidates in islice(scan(path, text, self.names), MAX_IMPORTS):
            number = next((self.index_of[candidate] for candidate in candidates if candidate in self.index_of), None)
            if number is not None:
                found.add(number)
        return found


def _python(path: str, text: str, names: set[str]) -> Iterator[Candidates]:
    for module, name in _python_imports(text):
        bare = module.lstrip(".")
        ups = len(module) - len(bare) - 1  # -1: not relative
        parts = [part for part in (*bare.split("."), name) if part]
        if ups >= 0:
            folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), *[".."] * ups))
            yield _python_candidates(["" if folder == "." else folder], parts, bool(name))
        elif parts and parts[0] in names:  # most imports lead outside: no search for those
            yield _python_candidates(_search_path(path), parts, bool(name))


def _python_imports(text: str) -> Iterator[tuple[str, str]]:
    """(module, "") for `import module` and `from module import *`, else (module, name) for each name."""
    lines = iter(text.split("\n"))
    for line in lines:
        statement = line.strip()
        if len(statement) > MAX_STATEMENT_CHARS:
            continue
        if statement.startswith("import "):
            yield from ((module, "") for module in _listed(statement.removeprefix("import ")))
        elif statement.startswith("from "):
            module, _, listed = statement.removeprefix("from ").partition(" import ")
            if listed and _MODULE.match(module.strip()):
                yield from ((module.strip(), name) for name in _listed(_whole(listed, lines)) or [""])


def _whole(listed: str, lines: Iterator[str]) -> str:
    """`listed`, and where a bracket is open, the lines up to its end."""
    pieces = [listed.partition("#")[0]]
    size = len(listed)
    is_open = "(" in pieces[0] and ")" not in pieces[0]
    while is_open and size <= MAX_STATEMENT_CHARS and (line := next(lines, None)) is not None:
        pieces.append(line.partition("#")[0])
        size += len(line) + 1
        is_open = ")" not in pieces[-1]
    return " ".join(pieces)


def _listed(listed: str) -> list[str]:
    """The names of `a, b as c`, without brackets and comments; those that are no names are left out."""
    items = listed.partition("#")[0].replace("(", " ").replace(")", " ").split(",")
    first_words = [words[0] for words in map(str.split, items) if words]
    return [word for word in first_words if _MODULE.match(word)]


def _python_candidates(folders: list[str], parts: list[str], may_be_attribute: bool) -> Candidates:
    """Files of the module `parts`; where its last part may be an attribute, then those of the module around it."""
    lengths = (len(parts), len(parts) - 1) if may_be_attribute else (len(parts),)
    for length, folder in product(lengths, folders):
        module = "/".join([folder, *parts[:length]] if folder else parts[:length])
        yield from (f"{module}{ending}" for ending in PYTHON_ENDINGS)
        yield from (f"{module}/__init__{ending}".lstrip("/") for ending in PYTHON_ENDINGS)


def _javascript(path: str, text: str, _names: set[str]) -> Iterator[Candidates]:
    folder = posixpath.dirname(path)
    for found in _RELATIVE_MODULE.finditer(text):
        yield _javascript_candidates(posixpath.normpath(posixpath.join(folder, found[1])))


def _javascript_candidates(module: str) -> Candidates:
    """The file itself, with an ending, as TypeScript (which imports the `.js` that it will become), as a folder."""
    yield module
    stem, ending = posixpath.splitext(module)
    for base in (module, stem) if ending in JAVASCRIPT_ENDINGS else (module,):
        yield from (f"{base}{added}" for added in JAVASCRIPT_ENDINGS)
    yield from (f"{module}/index{added}".removeprefix("./") for added in JAVASCRIPT_ENDINGS)


def _c(path: str, text: str, names: set[str]) -> Iterator[Candidates]:
    for line in text.split("\n"):
        directive = line.strip()
        if not directive.startswith("#") or len(directive) > MAX_STATEMENT_CHARS:
            continue
        word, _, rest = directive[1:].partition('"')
        name, closing, _ = rest.partition('"')
        if word.strip() in ("include", "import") and closing and posixpath.basename(name) in names:
            yield _c_candidates([posixpath.dirname(path), *_search_path(path)], name)


def _c_candidates(folders: list[str], name: str) -> Candidates:
    return (posixpath.normpath(posixpath.join(folder, name)) for folder in folders)


def _search_path(path: str) -> list[str]:
    """Where an import that is not relative may start: the usual roots, then the file's folders, outermost first."""
    folders = posixpath.dirname(path).split("/", MAX_ANCESTORS)[:MAX_ANCESTORS]
    return [*ROOTS, *("/".join(folders[:depth]) for depth in range(1, len(folders) + 1))]


Scanner = Callable[[str, str, set[str]], Iterator[Candidates]]
SCANNERS: dict[tuple[str, ...], Scanner] = {PYTHON_ENDINGS: _python, JAVASCRIPT_ENDINGS: _javascript, C_ENDINGS: _c}
