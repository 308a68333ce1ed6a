"""Rows over random recipes: the same bytes whoever makes them, and lineage to the token."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mixer.interleave import Interleaving
from mixer.packing import DocumentPart
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import Packing, PlanRequest
from mixer.shards import ShardMaker, shard_name, source_packer, write_shard
from tests.mixer.recipes import (
    FORMAT,
    Problem,
    counted_problems,
    document_tokens,
    long_run,
    planned,
    slow_to_draw,
    small_problems,
)

PACKINGS: tuple[Packing, ...] = ("concat", "best_fit")


def shuffled_request(request: PlanRequest, seed: int) -> PlanRequest:
    """The same request with every mapping's keys in another order."""
    rng = np.random.default_rng(seed)

    def shuffled(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
        items = list(mapping.items())
        return dict(items[at] for at in rng.permutation(len(items)))

    def weighting(given_: Any) -> Any:
        if isinstance(given_.weights, str):
            return given_
        return given_.model_copy(update={"weights": shuffled(given_.weights)})

    return request.model_copy(
        update={
            "sources": [
                source.model_copy(
                    update={"block_tokens": shuffled(source.block_tokens), "block_rows": shuffled(source.block_rows)}
                )
                for source in request.sources
            ],
            "groups": {name: weighting(group) for name, group in shuffled(request.groups).items()},
            "phases": [weighting(phase) for phase in request.phases],
        }
    )


@slow_to_draw
@given(st.one_of(small_problems(), counted_problems()), st.integers(0, 99))
def test_the_order_of_keys_does_not_matter(problem: Problem, seed: int) -> None:
    plan = planned(problem)
    again = plan_mixture(shuffled_request(plan.request, seed), problem.ledgers)
    assert again.phases == plan.phases
    assert again.shards == plan.shards
    assert again.sources == plan.sources


@settings(slow_to_draw, max_examples=25)
@given(small_problems(), st.randoms(use_true_random=False), st.integers(1, 9))
def test_shards_are_the_same_in_any_order_of_tasks_and_row_groups(problem: Problem, random: Random, step: int) -> None:
    plan = planned(problem)
    tables = {
        shard.index: ShardMaker(plan, shard, FORMAT, problem.reader()).rows(0, shard.rows) for shard in plan.shards
    }
    elsewhere: MixturePlan = pickle.loads(pickle.dumps(plan))
    shards = list(elsewhere.shards)
    random.shuffle(shards)
    for shard in shards:
        maker = ShardMaker(elsewhere, shard, FORMAT, problem.reader())
        firsts = list(range(0, shard.rows, step))
        random.shuffle(firsts)
        pieces = {first: maker.rows(first, min(step, shard.rows - first)) for first in firsts}
        again = pa.concat_tables([pieces[first] for first in sorted(pieces)]).combine_chunks()
        assert again.to_pydict() == tables[shard.index].to_pydict()
        assert sum(maker.cut_rows.values()) <= shard.rows


WRITE_IN_CHILD = """
import json, pickle, sys
from mixer.shards import shard_name, write_shard
from tests.mixer.recipes import FORMAT
hashes = {}
for packing, (plan, problem) in pickle.load(open(sys.argv[1], "rb")).items():
    for shard in reversed(plan.shards):
        uri = f"{sys.argv[2]}/{packing}/{shard_name(shard.index)}"
        hashes[f"{packing}/{shard.index}"] = write_shard(uri, plan, shard, FORMAT, problem.reader()).sha256
print(json.dumps(hashes))
"""


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    problems = {packing: long_run(packing, rows_per_shard=50) for packing in PACKINGS}
    plans = {packing: plan_mixture(problem.request, problem.ledgers) for packing, problem in problems.items()}
    sent = {
        packing: (plans[packing], Problem(each.request, None, each.documents)) for packing, each in problems.items()
    }
    (tmp_path / "sent").write_bytes(pickle.dumps(sent))
    done = subprocess.run(
        [sys.executable, "-c", WRITE_IN_CHILD, str(tmp_path / "sent"), str(tmp_path / "there")],
        env=os.environ | {"PYTHONHASHSEED": "77"},
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    for packing, plan in plans.items():
        assert len(plan.shards) > 2
        for shard in plan.shards:
            path = tmp_path / "here" / packing / shard_name(shard.index)
            here = write_shard(str(path), plan, shard, FORMAT, problems[packing].reader())
            assert here.sha256 == json.loads(done.stdout)[f"{packing}/{shard.index}"]
            assert path.read_bytes() == (tmp_path / "there" / packing / path.name).read_bytes()


def check_rows(plan: MixturePlan, problem: Problem) -> dict[str, dict[str, npt.NDArray[np.int64]]]:
    """Every token of every row against the documents that `parts` names; how often each token of each was used."""
    packers = {source.name: source_packer(plan, source, FORMAT, problem.reader()) for source in plan.request.sources}
    used = {
        name: {
            f"{name}/{block}/{number}": np.zeros(size, np.int64)
            for block, lengths in blocks.items()
            for number, size in enumerate(lengths)
        }
        for name, blocks in problem.documents.items()
    }
    rows = [
        row
        for shard in plan.shards
        for row in ShardMaker(plan, shard, FORMAT, problem.reader()).rows(0, shard.rows).to_pylist()
    ]
    assert [row["row"] for row in rows] == list(range(plan.rows))
    seen = 0
    for phase in plan.phases:
        order = Interleaving([part.rows for part in phase.sources])
        for index, part in enumerate(phase.sources):
            for sequence, at in enumerate(order.rows_of(index, np.arange(part.rows)).tolist()):
                row = rows[phase.first_row + at]
                assert (row["source"], row["phase"]) == (part.source, phase.name)
                parts = packers[part.source].parts(part.first_sequence + sequence)
                seen += check_row(row, parts, used[part.source], plan.request.packing)
    assert seen == sum(total.actual_tokens for total in plan.sources)
    return used


def check_row(
    row: dict[str, Any], parts: list[DocumentPart], used: dict[str, npt.NDArray[np.int64]], packing: Packing
) -> int:
    """Tokens of the row, all of which are where `parts` says."""
    ids = np.array(row["input_ids"], np.uint32)
    position = 0
    for part in parts:
        doc_id, start, at, tokens = part[:4]
        assert at == position
        size = len(used[doc_id])
        expected = document_tokens(int(doc_id.rsplit("/", 1)[1]), size)[start : start + tokens]
        assert np.array_equal(ids[position : position + tokens], expected)
        used[doc_id][start : start + tokens] += 1
        position += tokens
    assert row["n_tokens"] == position
    assert set(ids[position:].tolist()) <= {FORMAT.end_of_text_id}
    starts = [part.position for part in parts if packing == "best_fit" or part.start == 0]
    assert row["doc_starts"] == starts
    return position


@settings(slow_to_draw, max_examples=40)
@given(small_problems())
def test_every_token_is_in_the_document_that_its_lineage_names_and_none_repeats_early(problem: Problem) -> None:
    """Over all phases and epochs a source's tokens are used equally often, give or take one."""
    plan = planned(problem)
    assume(plan.rows < 400)
    used = check_rows(plan, problem)
    for total in plan.sources:
        counts = np.concatenate([np.zeros(0, np.int64), *used[total.name].values()])
        assert counts.sum() == total.actual_tokens
        if len(counts):
            assert counts.max() - counts.min() <= 1
            assert counts.min() == int(total.epochs) or plan.request.packing == "best_fit"


@pytest.mark.parametrize("packing", PACKINGS)
def test_many_epochs_over_two_phases_repeat_nothing_early(packing: Packing) -> None:
    problem = long_run(packing)
    plan = plan_mixture(problem.request, problem.ledgers)
    used = check_rows(plan, problem)
    epochs = {total.name: total.epochs for total in plan.sources}
    assert epochs["one"] > 4
    assert epochs["web"] > 3
    assert 0 < epochs["git"] < 1
    for documents in used.values():
        counts = np.concatenate(list(documents.values()))
        assert counts.max() - counts.min() <= 1
