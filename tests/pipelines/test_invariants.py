"""What must always hold of the stages, in this process: books balance, nothing half-done is visible, same bytes."""

import gc
import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixer import storage
from pipelines.block_sets import block_set
from pipelines.context import Context
from pipelines.lake import StageManifest
from pipelines.metering.stage_metrics import METRICS_NAME
from pipelines.recipe import Recipe, parse_recipe
from tests.audit import audit
from tests.pipelines.in_process import run, snapshot, write_jsonl

STAGES_IN_ORDER = ("ingest", "annotate", "decide", "dedup", "tokenize")


def recipe_of(folder: Path, min_chars: int = 0, where: str | None = None, budget: int = 2000) -> Recipe:
    """Two sources of JSON lines at `folder`, mixed half and half in two phases."""
    rules = [{"length": {"min_chars": min_chars}}]
    return parse_recipe(
        {
            "name": "small",
            "sources": [
                {"name": "web", "kind": "jsonl", "uri": str(folder / "web.jsonl"), "rules": rules, "where": where},
                {"name": "code", "kind": "jsonl_code", "uri": str(folder / "code.jsonl"), "rules": rules},
            ],
            "phases": [
                {"name": "main", "budget_tokens": budget, "weights": {"web": 0.5, "code": 0.5}},
                {"name": "end", "budget_tokens": budget // 2, "weights": {"web": 0.25, "code": 0.75}},
            ],
            "sequence_length": 32,
            "rows_per_shard": 20,
            "max_epochs": 50,
            "retention": {"max_loss": 1.0},
        }
    )


# 3. Accounting

texts = st.integers(0, 30).map(lambda number: f"Lamp {number}. " * (1 + number % 6))
records = st.one_of(
    texts.map(lambda text: {"text": text}),
    texts.map(lambda text: {"text": text, "url": "http://one.example/"}),
    st.sampled_from(["no json", "[1]", '{"text": 3}', '{"other": ""}', '{"text": "\\ud800"}', '{"text": "  "}', ""]),
)
sources = st.lists(records, max_size=25)


def fate(records_: list[Any]) -> tuple[list[str], int, int]:
    """Texts of the documents, and how many records are rejected and quarantined."""
    documents = [record["text"] for record in records_ if isinstance(record, dict)]
    rejected = records_.count('{"text": "  "}')
    return documents, rejected, len(records_) - len(documents) - rejected - records_.count("")


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(sources, sources, st.integers(0, 60), st.one_of(st.none(), st.integers(0, 60)))
def test_every_record_is_in_the_blocks_or_in_the_books_as_lost(
    tmp_path_factory: pytest.TempPathFactory, web: list[Any], code: list[Any], min_chars: int, most: int | None
) -> None:
    """Against what records, rules, duplicates (in both sources) and a condition say by themselves."""
    folder = tmp_path_factory.mktemp("accounts")
    write_jsonl(folder / "web.jsonl", web)
    write_jsonl(folder / "code.jsonl", code)
    context = run(
        recipe_of(folder, min_chars, f"n_chars < {most}" if most is not None else None), folder / "lake", "select"
    )
    seen: set[str] = set()
    for name, given_ in (("web", web), ("code", code)):
        documents, rejected, quarantined = fate(given_)
        books = {stage: context.of(stage, name).books for stage in STAGES_IN_ORDER}
        ingested = books["ingest"]
        assert (ingested.rejected, ingested.quarantined) == (rejected, quarantined)
        assert ingested.records_in == len(documents) + rejected + quarantined
        assert sum(ingested.reasons.values()) == rejected + quarantined == refused_rows(context, name)
        for before, after in itertools.pairwise(STAGES_IN_ORDER):
            assert books[after].records_in == books[before].kept
        good = [text for text in documents if len(text) >= min_chars]
        assert books["decide"].kept == len(good)
        survivors = set(good) - seen
        seen |= survivors
        assert books["dedup"].kept == books["tokenize"].kept == len(survivors)
        chosen = survivors if name == "code" or most is None else {text for text in survivors if len(text) < most}
        blocks = block_set(context, name)
        assert sum(blocks.documents.values()) == len(chosen)
        lost = sum(each.rejected + each.quarantined + each.absorbed for each in books.values())
        assert ingested.records_in == len(survivors) + lost
        assert_blocks_hold(blocks.folders, blocks.documents, blocks.tokens)


def refused_rows(context: Context, name: str) -> int:
    uris = context.of("ingest", name).part_uris(context.lake, "refused-")
    return sum(pq.read_metadata(uri).num_rows for uri in uris)


def assert_blocks_hold(folders: dict[int, str], documents: dict[int, int], tokens: dict[int, int]) -> None:
    """The index says what the block files hold, and no document is there twice."""
    ids: list[str] = []
    for block, folder in folders.items():
        table = pq.read_table(f"{folder}/block-{block:06d}.parquet")
        assert table.num_rows == documents[block]
        assert sum(table.column("n_tokens").to_pylist()) == tokens[block]
        ids += table.column("doc_id").to_pylist()
    assert len(set(ids)) == len(ids) == sum(documents.values())


# 4. Nothing half-done is visible; 2. the same bytes whatever went wrong before


Fault = Literal["write", "interrupt", "rename"]


class Broken(Exception):
    """What the tests break a write with."""


@contextmanager
def failing(fault: Fault, number: int) -> Iterator[list[int]]:
    """The `number`-th write (or renaming into place) of this process fails; yields how many there were so far."""
    gc.collect()  # else a Parquet writer that an earlier fault left open writes its footer when it is collected: counted
    count = [0]

    def counted(original: Any, error: BaseException) -> Any:
        def call(*arguments: Any) -> Any:
            written_to = str(arguments[1] if fault == "rename" else arguments[0]._target._path)
            if written_to.endswith(METRICS_NAME):  # a stage does not fail for want of its metrics
                return original(*arguments)
            count[0] += 1
            if count[0] == number:
                raise error
            return original(*arguments)

        return call

    error = KeyboardInterrupt() if fault == "interrupt" else Broken()
    where, name = (os, "replace") if fault == "rename" else (storage.AtomicSink, "write")
    with patch.object(where, name, counted(getattr(where, name), error)):
        yield count


class Whole(NamedTuple):
    """A recipe, the lake of an undisturbed run, and how many writes and renamings it took."""

    recipe: Recipe
    expected: dict[str, bytes]
    counts: dict[Fault, int]

    def __repr__(self) -> str:
        return f"Whole({len(self.expected)} files, {self.counts})"  # Hypothesis prints it with a failing example


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    write_jsonl(
        folder / "web.jsonl", [{"text": f"{n % 9} the lamp is lit " * (1 + n)} for n in range(12)] + ["no json"]
    )
    write_jsonl(folder / "code.jsonl", [{"text": f"def f{n}(x):\n    return x + {n}\n" * (1 + n)} for n in range(8)])
    recipe = recipe_of(folder, min_chars=20, where="n_chars < 180")
    counts: dict[Fault, int] = {}
    faults: tuple[Fault, ...] = ("write", "rename")
    for fault in faults:
        with failing(fault, 0) as count:
            run(recipe, folder / fault)
        counts[fault] = count[0]
    assert snapshot(folder / "write") == snapshot(folder / "rename")  # another run, the same bytes
    counts["interrupt"] = counts["write"]
    return Whole(recipe, snapshot(folder / "write"), counts)


def assert_what_is_visible_is_whole(lake: Path, expected: dict[str, bytes]) -> None:
    """Every file under its own name is that of the undisturbed run, and a manifest stands beside all it lists."""
    found = {name: data for name, data in snapshot(lake).items() if not name.endswith(".tmp")}
    for name, data in found.items():
        assert data == expected[name], name
        if name.endswith("manifest.json"):
            folder = name.rsplit("/", 1)[0]
            for file in json.loads(data)["files"]:
                assert hashlib.sha256(found[f"{folder}/{file['path']}"]).hexdigest() == file["sha256"]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["write", "interrupt", "rename"]), st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_a_run_broken_anywhere_shows_nothing_half_done_and_ends_with_the_same_bytes(
    whole: Whole,
    tmp_path_factory: pytest.TempPathFactory,
    fault: Fault,
    moments: list[float],
) -> None:
    recipe, expected, counts = whole
    lake = tmp_path_factory.mktemp("broken") / "lake"
    for moment in moments:  # broken again and again, each time somewhere in what is left
        number = 1 + int(moment * (counts[fault] - 1))
        with failing(fault, number) as count:
            try:
                run(recipe, lake)
            except (Broken, KeyboardInterrupt):
                assert count[0] >= number
            else:
                assert count[0] < number
        assert_what_is_visible_is_whole(lake, expected)
    context = run(recipe, lake)
    assert {name: data for name, data in snapshot(lake).items() if not name.endswith(".tmp")} == expected
    audit(Path(context.mixture_uri))
    assert run(recipe, lake).tasks_run == 0


def test_without_its_manifest_a_stage_is_done_again_with_the_same_bytes(whole: Whole, tmp_path: Path) -> None:
    recipe, expected, _ = whole
    lake = tmp_path / "lake"
    undo(run(recipe, lake), STAGES_IN_ORDER)
    again = run(recipe, lake)
    assert again.tasks_run > 0
    found = snapshot(lake)
    assert found.keys() == expected.keys()
    for name, data in expected.items():
        if name.startswith("mixtures/") and name.endswith("manifest.json"):
            assert json.loads(found[name]) == json.loads(data)
        else:
            assert found[name] == data


def test_what_was_done_before_does_not_show_in_the_manifest(whole: Whole, tmp_path: Path) -> None:
    """Else a run with nothing to do writes a manifest, which a lake that may only be read does not allow."""
    recipe, _, _ = whole
    lake = tmp_path / "lake"
    undo(run(recipe, lake), ["ingest"])
    before = read_after(recipe, lake)
    assert read_after(recipe, lake) == before


def undo(context: Context, stages: Sequence[str]) -> None:
    """Take the manifests of one source's stages and of the mixture away, and tear the files that they list."""
    for stage in stages:
        manifest: StageManifest = context.of(stage, "web")
        folder = Path(context.lake.stage_uri(stage, "web", manifest.fingerprint))
        (folder / "manifest.json").unlink()
        for file in manifest.files:
            (folder / file.path).write_bytes(b"torn")
    (Path(context.mixture_uri) / "manifest.json").unlink()


def read_after(recipe: Recipe, lake: Path) -> bytes:
    """The mixture's manifest after a run."""
    return (Path(run(recipe, lake).mixture_uri) / "manifest.json").read_bytes()
