"""How often each rule, check and reason fails in a source: from stored verdicts, no document is judged again.

What fails *alone* is what relaxing it would bring back: documents that no other check fails.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.judged_rows import REASON_NAMES, signal_values, stored_column
from pipelines.judging import TEXT_CHECKS, UNMEASURED
from pipelines.rule_listing.catalogue import ListedCheck
from pipelines.rule_listing.decided import DecidedSource
from quality.judge import is_passed_over
from quality.rule import CODE_LANGUAGE_COLUMN, LANGUAGE_COLUMN, Check

Mask = npt.NDArray[np.bool_]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hits:
    """Documents that fail for something, and those of them that fail for nothing else."""

    judged: int  # documents that it looked at: measured, of its languages, with a value
    failing: int
    alone: int

    @property
    def rate(self) -> float:
        """Failing of judged; 0 where none was judged."""
        return self.failing / self.judged if self.judged else 0.0


@dataclass(frozen=True)
class ReasonHits:
    """One reason `<rule>.<reason>`, which several checks may give; `given` are the reasons below a check of "none"."""

    reason: str
    checks: list[ListedCheck]
    hits: Hits
    given: dict[str, Hits] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleHits:
    """A rule: documents that fail any of its checks, and each of its reasons."""

    rule: str
    hits: Hits
    reasons: list[ReasonHits]


@dataclass(frozen=True)
class SourceHits:
    """What the rules did to a source."""

    source: str
    kind: str
    documents: int
    kept: int
    rejected: int
    unmeasured: dict[str, int]  # documents that could not be measured, by reason
    rules: list[RuleHits]


class _Tally:
    """Failing and alone, by name."""

    def __init__(self) -> None:
        self.failing: Counter[str] = Counter()
        self.alone: Counter[str] = Counter()

    def add(self, documents: Int64s, labels: Int64s, names: list[str]) -> None:
        """Count failures (document, label); `names` are the labels' names."""
        pairs = np.sort(documents * len(names) + labels, kind="stable")  # documents ascend: nearly sorted already
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # a document that fails twice for one reason counts once
        documents, labels = pairs // max(1, len(names)), pairs % max(1, len(names))
        is_alone = np.bincount(documents)[documents] == 1
        for counter, counted in ((self.failing, labels), (self.alone, labels[is_alone])):
            counts = np.bincount(counted, minlength=len(names))
            counter.update({name: int(count) for name, count in zip(names, counts, strict=True) if count})

    def hits(self, name: str, judged: int) -> Hits:
        """Of one name."""
        return Hits(judged, self.failing[name], self.alone[name])


def source_hits(source: DecidedSource) -> SourceHits:
    """Count a source's verdicts, a row group in memory at a time; DamagedFile for parts that cannot be read."""
    counts = _Counts(source)
    for part in source.parts:
        for signals, verdicts in part.rows(counts.columns, [REASON_NAMES]):
            counts.add(signals, verdicts.column("reasons"))
    return counts.found()


class _Counts:
    """The counts of one source, made up row group by row group."""

    def __init__(self, source: DecidedSource) -> None:
        self._source = source
        self._checks = [(rule, check) for rule, own in source.checks.items() for check in own]
        self._prefixes = [f"{rule}.{check.reason}." for rule, check in self._checks if check.comparison == "none"]
        self._by_reason, self._by_check, self._by_rule = _Tally(), _Tally(), _Tally()
        self._judged: Counter[str] = Counter()  # by reason, and by rule
        self.columns = {"unmeasured"} | {
            stored_column(check.signal) for _, check in self._checks if check.comparison != "none"
        }
        self.columns |= {CODE_LANGUAGE_COLUMN, LANGUAGE_COLUMN}

    def add(self, signals: pa.Table, reasons: pa.ChunkedArray) -> None:
        """Add a row group: its signals, and the reasons of the same rows."""
        self._add_judged(signals)
        lists = reasons.combine_chunks()
        counts = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
        documents = np.repeat(np.arange(len(lists)), counts)
        found = pc.struct_field(lists.flatten(), "reason").dictionary_encode()
        names = found.dictionary.to_pylist()
        labels = found.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self._by_reason.add(documents, labels, names)
        for tally, name_of in ((self._by_check, self._check_of), (self._by_rule, rule_of)):
            coarser = [name_of(name) for name in names]
            distinct = sorted(set(coarser))
            to_coarser = np.array([distinct.index(name) for name in coarser], np.int64)
            tally.add(documents, to_coarser[labels], distinct)

    def _add_judged(self, signals: pa.Table) -> None:
        """Count the documents that each reason and each rule looks at."""
        is_measured = signals.column("unmeasured").is_null().to_numpy()
        seen: dict[str, Mask] = {}
        for rule, check in self._checks:
            sees = is_measured & _sees(signals, rule, check)
            for name in (f"{rule}.{check.reason}", rule):
                seen[name] = seen[name] | sees if name in seen else sees
        self._judged.update({name: int(mask.sum()) for name, mask in seen.items()})

    def _check_of(self, reason: str) -> str:
        """The reason of the check that gave a reason: without what a check of "none" found."""
        return next((prefix[:-1] for prefix in self._prefixes if reason.startswith(prefix)), reason)

    def found(self) -> SourceHits:
        """All of it."""
        source = self._source
        unmeasured = {
            name.removeprefix(f"{UNMEASURED}."): count
            for name, count in sorted(self._by_reason.failing.items())
            if rule_of(name) == UNMEASURED
        }
        return SourceHits(
            source=source.name,
            kind=source.kind,
            documents=source.books.records_in,
            kept=source.books.kept,
            rejected=source.books.rejected,
            unmeasured=unmeasured,
            rules=[
                RuleHits(rule, self._by_rule.hits(rule, self._judged[rule]), self._reasons_of(rule))
                for rule in source.checks
            ],
        )

    def _reasons_of(self, rule: str) -> list[ReasonHits]:
        by_name: dict[str, list[ListedCheck]] = {}
        for check in self._source.listed[rule]:
            by_name.setdefault(f"{rule}.{check.reason}", []).append(check)
        return [
            ReasonHits(name, checks, self._by_check.hits(name, self._judged[name]), self._given(name))
            for name, checks in by_name.items()
        ]

    def _given(self, name: str) -> dict[str, Hits]:
        if f"{name}." not in self._prefixes:
            return {}
        given = sorted(reason for reason in self._by_reason.failing if reason.startswith(f"{name}."))
        return {reason.removeprefix(f"{name}."): self._by_reason.hits(reason, self._judged[name]) for reason in given}


def rule_of(reason: str) -> str:
    """The rule of `<rule>.<reason>`."""
    return reason.partition(".")[0]


def _sees(signals: pa.Table, rule: str, check: Check) -> Mask:
    """bool[n]: the check looks at the document: it is of its languages, and there is a value or null fails."""
    if check.comparison == "none":
        return np.ones(signals.num_rows, np.bool_)
    sees = ~is_passed_over(signals, rule, check)
    if not check.null_fails:
        sees &= signal_values(signals, check.signal).is_valid().to_numpy()
    return sees


def telling(hits: SourceHits) -> list[RuleHits]:
    """The rules without those that judge every source, unless they fail a document."""
    return [rule for rule in hits.rules if rule.rule not in TEXT_CHECKS or rule.hits.failing]


def hits_content(found: SourceHits) -> dict[str, Any]:
    """What `--json` prints of a source."""

    def of(hits: Hits) -> dict[str, Any]:
        return asdict(hits) | {"rate": hits.rate}

    rules = [
        {"rule": rule.rule}
        | of(rule.hits)
        | {
            "reasons": [
                {"reason": reason.reason}
                | of(reason.hits)
                | {
                    "checks": [asdict(check) for check in reason.checks],
                    "given": {name: of(hits) for name, hits in reason.given.items()},
                }
                for reason in rule.reasons
            ]
        }
        for rule in found.rules
    ]
    return asdict(found) | {"decided": True, "rules": rules}
