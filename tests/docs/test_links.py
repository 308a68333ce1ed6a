"""What a page points to is there."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, read

TREE_LINE = re.compile(r"^ +([a-z_0-9]+\.py) ", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The headings as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_test_that_a_page_names_exists() -> None:
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))}
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in source} == set()


def test_the_readmes_tree_names_no_module_that_is_gone() -> None:
    modules = {
        path.name for package in ROOT.iterdir() if (package / "__init__.py").exists() for path in package.rglob("*.py")
    }
    modules |= {path.name for path in (ROOT / "docker").glob("*.py")}
    named = TREE_LINE.findall(read("README.md"))
    assert len(named) > 80
    assert [name for name in named if name not in modules] == []
