from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from pydantic import ValidationError

import quality.rules
from quality.judge import judge
from quality.rule import rules
from quality.signal_group import documents_of, measure_groups, signal_groups, signals_schema

GOLDEN = Path(__file__).parent / "golden"
CASES: list[dict[str, Any]] = [
    case for path in sorted(GOLDEN.glob("*.yaml")) for case in yaml.safe_load(path.read_text("utf-8"))
]


def signals_of(case: dict[str, Any]) -> pa.Table:
    text = pa.array([case.get("text", "") * case.get("times", 1)])
    known = {
        "license": pa.array([case.get("license")], pa.string()),
        "language_hint": pa.array([case.get("code_language")], pa.string()),
    }
    groups = {name: group.settings() for name, group in signal_groups().items() if group.measured_for}
    return pa.table(dict(measure_groups(documents_of(text, **known), groups).columns))


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['rule']}:{str(case.get('text', case.get('license')))[:20]}"
)
def test_golden(case: dict[str, Any]) -> None:
    rule = rules()[case["rule"]]
    checks = rule.checks(rule.settings.model_validate(case.get("settings", {})))
    keep, reasons = judge(signals_of(case), {rule.name: checks})
    assert [reason["reason"] for reason in reasons[0].as_py()] == case["reasons"]
    assert keep[0].as_py() == (not case["reasons"])


def test_every_rule_is_found_under_the_name_of_its_file() -> None:
    files = {path.stem for path in Path(quality.rules.__path__[0]).glob("*.py")} - {"__init__"}
    assert set(rules()) == files


def test_every_reason_has_a_golden_document_and_every_rule_one_that_passes() -> None:
    reasons = {f"{rule.name}.{check.reason}" for rule in rules().values() for check in rule.checks(rule.settings())}
    assert {reason for case in CASES for reason in case["reasons"]} == reasons
    assert {case["rule"] for case in CASES if not case["reasons"]} == set(rules())


@pytest.mark.parametrize("name", rules())
def test_a_rule_is_documented_and_reads_signals_that_exist(name: str) -> None:
    rule = rules()[name]
    assert rule.meaning
    assert rule.origin
    assert all(field.description for field in rule.settings.model_fields.values())
    known = set(signals_schema().names)
    assert {check.signal for check in rule.checks(rule.settings())} <= known


@pytest.mark.parametrize("name", rules())
def test_settings_refuse_unknown_keys(name: str) -> None:
    with pytest.raises(ValidationError, match="no_such_setting"):
        rules()[name].settings.model_validate({"no_such_setting": 1})


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("language", {"languages": []}),
        ("language", {"min_score": 1.5}),
        ("license", {"allowed": []}),
        ("length", {"max_bytes": 0}),
    ],
)
def test_settings_out_of_range_are_refused(name: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rules()[name].settings.model_validate(settings)
