"""One document per kind of finding, and one per near miss: `golden/*.yaml`."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from quality.pii.find import KEY_KINDS
from tests.quality.pii.reading import columns, replaced

CASES: list[dict[str, Any]] = [
    case
    for path in sorted((Path(__file__).parent / "golden").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "".join(case["text"])[:30])
def test_golden(case: dict[str, Any]) -> None:
    text = "".join(case["text"])
    code = case.get("code", False)
    assert replaced([text], code=code) == [case.get("becomes", text)]
    assert columns([text], code=code)[0]["secret_kinds"] == case.get("kinds", [])


def test_the_kinds_have_names_of_their_own() -> None:
    assert len(set(KEY_KINDS)) == len(KEY_KINDS)
    assert {kind for case in CASES for kind in case.get("kinds", [])} >= set(KEY_KINDS[:4])
