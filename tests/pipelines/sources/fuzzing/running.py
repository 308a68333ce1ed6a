"""One case run and judged: what came of each record, or a failure that says which case it was."""

import faulthandler
import importlib
import pkgutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import FrameType

import tests.pipelines.sources.fuzzing as folder
from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected, check_storable
from tests.docs.pages import code_spans, read
from tests.pipelines.sources.fuzzing.cases import Fuzzed
from tests.pipelines.sources.fuzzing.mutations import mutated

CASE_SECONDS = 60  # far beyond what any case takes, on a busy machine too
STUCK_SECONDS = 120  # when code outside Python does not come back: the process ends, and says where it was


class Hang(BaseException):
    """A case took too long. No Exception, so that no parser catches it."""


class Broken(AssertionError):
    """A case that ended in something other than one outcome a record."""


def subjects() -> dict[str, Fuzzed]:
    """Every subject of this folder's modules, by name."""
    found: dict[str, Fuzzed] = {}
    for info in pkgutil.iter_modules(folder.__path__):
        cases = getattr(importlib.import_module(f"{folder.__name__}.{info.name}"), "CASES", {})
        found.update({subject.name: subject for subject in cases.values()})
    return dict(sorted(found.items()))


def run_case(subject: Fuzzed, samples: Sequence[bytes], seed: int, number: int) -> Counter[str]:
    """Outcomes of case `number`, counted by kind and reason; Broken names the case and what it did."""
    data = mutated(samples, seed, number)
    try:
        with watched():
            records = subject.read(data)
        return Counter(_outcome(record) for record in records)
    except Hang:
        raise Broken(f"{subject.name}: seed {seed}, case {number} is not done in {CASE_SECONDS} s") from None
    except Exception as error:
        raise Broken(f"{subject.name}: seed {seed}, case {number} raised {type(error).__name__}: {error}") from error


@contextmanager
def watched() -> Iterator[None]:
    """Hang, raised in what runs inside, when it takes longer than CASE_SECONDS."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True)
    signal.setitimer(signal.ITIMER_REAL, CASE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


def _outcome(record: Record) -> str:
    match record:
        case Document():
            return f"document{_not_storable(record)}"
        case Absorbed(reference):
            return _named("absorbed", reference)
        case Rejected(reference, reason):
            return _named("rejected", reference, reason)
        case Quarantined(reference, reason):
            return _named("quarantined", reference, reason)
        case _:
            raise Broken(f"{type(record).__name__} is no outcome of a record")


def _named(outcome: str, reference: str, reason: str | None = None) -> str:
    if not reference:
        raise Broken(f"{outcome} {reason or ''} without a reference")
    if reason is not None and reason not in _documented():
        raise Broken(f"the reason {reason!r} is not in docs/sources.md")
    return f"{outcome} {reason}" if reason else outcome


def _not_storable(document: Document) -> str:
    """Ingest quarantines such a document; what else it would raise is a failure."""
    try:
        check_storable(document)
    except (ValueError, OverflowError, TypeError):
        return ", quarantined as not_storable"
    return ""


@cache
def _documented() -> set[str]:
    return code_spans(read("docs/sources.md"))
