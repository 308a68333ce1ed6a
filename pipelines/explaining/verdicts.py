"""The verdict on a document: what was measured, and every check of its source's rules with value and bound."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.check_limits import top_share
from pipelines.explaining.stored_rows import Stored, rows_of_stage
from pipelines.judging import TEXT_CHECKS
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.signals import CHECKS
from pipelines.steps.decide import SIGNAL_COLUMNS
from quality.judge import bound_as_text, is_passed_over
from quality.rule import CODE_LANGUAGE_COLUMN, LANGUAGE_COLUMN, Check

MEMBERS_SHOWN = 5  # of a set that a value must be in

_SIGNALS = [name for name in SIGNAL_COLUMNS if name != "doc_id"]

Failure = Mapping[str, Any]  # reason, value, bound, as the stage `decide` stored them


@dataclass(frozen=True)
class Judged:
    """One check and what it found; of a check of "none", one for each failure that its signal lists."""

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
    unmeasured: str | None  # why the document could not be measured, so that no check was asked; None: it was
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
            document: _verdict(checks[document.source], signals[document], row) for document, row in decided.items()
        }


def _checks(files: MixtureFiles, source: str) -> list[tuple[str, Check]]:
    """(rule, check) as the stage was told them."""
    settings = CHECKS.validate_python(files.stage("decide", source).settings.get("checks", {}))
    return [(rule, check) for rule, checks in settings.items() for check in checks]


def _verdict(checks: Sequence[tuple[str, Check]], signals: dict[str, Any], row: Mapping[str, Any]) -> Verdict:
    unmeasured = signals["unmeasured"]
    judged = [] if unmeasured is not None else _judged(checks, signals, row["reasons"])
    return Verdict(row["keep"], unmeasured, judged, signals)


def _judged(checks: Sequence[tuple[str, Check]], signals: dict[str, Any], failures: Sequence[Failure]) -> list[Judged]:
    """Every check; those that judge all sources only where they fail."""
    always = [(rule, check) for rule, own in TEXT_CHECKS.items() for check in own]
    found = []
    for rule, check in (*always, *checks):
        reason = f"{rule}.{check.reason}"
        if check.comparison == "none":
            found += _given(reason, check, failures)
            continue
        exempt = _is_exempt(rule, check, signals)
        of_reason = [each for name, each in checks if (name, each.reason) == (rule, check.reason)]
        own = [each for each in failures if each["reason"] == reason]
        passed = exempt or not _fails(check, of_reason, own)
        if (rule, check) not in always or not passed:
            bound = _bound(check) if passed else _recorded_bound(check, own)
            found.append(Judged(reason, check.signal, _value(signals, check), check.comparison, bound, passed, exempt))
    return found


def _given(reason: str, check: Check, failures: Sequence[Failure]) -> list[Judged]:
    """The failures that the check's signal listed; where there are none, that it passed."""
    own = [failure for failure in failures if failure["reason"].startswith(f"{reason}.")]
    if not own:
        return [Judged(reason, check.signal, None, check.comparison, "", passed=True, exempt=False)]
    return [
        Judged(
            failure["reason"], check.signal, failure["value"], check.comparison, failure["bound"] or "", False, False
        )
        for failure in own
    ]


def _fails(check: Check, of_reason: Sequence[Check], own: Sequence[Failure]) -> bool:
    """Whether one of a reason's stored failures is this check's: several checks may give one reason.

    A bound that is written as none of theirs (found among the documents, or by another version) is taken for each.
    """
    bounds = {failure["bound"] for failure in own}
    return bool(own) and (bound_as_text(check) in bounds or bounds.isdisjoint(map(bound_as_text, of_reason)))


def _is_exempt(rule: str, check: Check, signals: Mapping[str, Any]) -> bool:
    """Whether the check passes over the document's programming or natural language."""
    languages = {name: pa.array([signals[name]], pa.string()) for name in (CODE_LANGUAGE_COLUMN, LANGUAGE_COLUMN)}
    return bool(is_passed_over(pa.table(languages), rule, check)[0])


def _value(signals: Mapping[str, Any], check: Check) -> Any:
    """The signal's value: a column, or what a column of maps has under a key."""
    column, _, key = check.signal.partition(".")
    return dict(signals[column] or ()).get(key) if key else signals[column]


def _recorded_bound(check: Check, own: Sequence[Failure]) -> str:
    """The bound of a failing check; as it was recorded where it is not the one that the stage was told."""
    recorded = {str(failure["bound"]) for failure in own}
    return _bound(check) if bound_as_text(check) in recorded else min(recorded)


def _bound(check: Check) -> str:
    share = top_share(check)
    if share is not None:
        return f"the best {share:.0%} of the source"
    if not isinstance(check.bound, frozenset):
        return f"{check.bound:g}" if check.bound % 1 else f"{check.bound:.0f}"
    members = sorted(check.bound)
    more = [f"and {len(members) - MEMBERS_SHOWN:,} more"] if len(members) > MEMBERS_SHOWN else []
    return f"{{{', '.join([*members[:MEMBERS_SHOWN], *more])}}}"
