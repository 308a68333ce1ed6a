"""The verdict on a document: what was measured, and every check of its source's rules with value and bound."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.explaining.stored_rows import Stored, rows_of_stage
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.signals import CHECKS
from pipelines.steps.decide import SIGNAL_COLUMNS
from quality.rule import CODE_LANGUAGE_COLUMN, Check

MEMBERS_SHOWN = 5  # of a set that a value must be in

_SIGNALS = [name for name in SIGNAL_COLUMNS if name != "doc_id"]


@dataclass(frozen=True)
class Judged:
    """One check and what it found."""

    reason: str  # <rule>.<reason>
    signal: str
    value: Any  # None: not measured
    comparison: str
    bound: str
    passed: bool
    exempt: bool  # the check passes over the document's language


@dataclass(frozen=True)
class Verdict:
    """Kept or rejected, all checks, all signals."""

    keep: bool
    checks: list[Judged]
    signals: dict[str, Any]


def verdicts(files: MixtureFiles, stored: Iterable[Stored]) -> dict[Stored, Verdict]:
    """The verdict on each document as the stage `decide` stored it; Gone when a stage's output is."""
    stored = list(stored)
    with reading("Verdicts"):
        signals = rows_of_stage(files, "annotate", stored, lambda _: _SIGNALS)
        decided = rows_of_stage(files, "decide", stored, lambda _: ["keep", "reasons"])
        checks = {source: _checks(files, source) for source in {document.source for document in stored}}
    return {
        document: Verdict(row["keep"], _judged(checks[document.source], signals[document], row), signals[document])
        for document, row in decided.items()
    }


def _checks(files: MixtureFiles, source: str) -> list[tuple[str, Check]]:
    """(rule, check) as the stage was told them."""
    settings = CHECKS.validate_python(files.stage("decide", source).settings.get("checks", {}))
    return [(rule, check) for rule, checks in settings.items() for check in checks]


def _judged(checks: list[tuple[str, Check]], signals: dict[str, Any], row: dict[str, Any]) -> list[Judged]:
    failed = {failure["reason"] for failure in row["reasons"]}
    return [
        Judged(
            reason=f"{rule}.{check.reason}",
            signal=check.signal,
            value=signals[check.signal],
            comparison=check.comparison,
            bound=_bound(check),
            passed=f"{rule}.{check.reason}" not in failed,
            exempt=_is_exempt(check, signals[CODE_LANGUAGE_COLUMN]),
        )
        for rule, check in checks
    ]


def _is_exempt(check: Check, code_language: str | None) -> bool:
    alone = check.only_for_code_languages
    return code_language in check.exempt_languages or (bool(alone) and code_language not in alone)


def _bound(check: Check) -> str:
    if not isinstance(check.bound, frozenset):
        return f"{check.bound:g}" if check.bound % 1 else f"{check.bound:.0f}"
    members = sorted(check.bound)
    more = [f"and {len(members) - MEMBERS_SHOWN:,} more"] if len(members) > MEMBERS_SHOWN else []
    return f"{{{', '.join([*members[:MEMBERS_SHOWN], *more])}}}"
