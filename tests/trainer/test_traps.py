"""Traps that consumers of mixtures fell into, named after them."""

from collections.abc import Sequence

import numpy as np
import pytest

from trainer.loader import Rows, TrainingLoader

ROWS = 61


def feed(uri: str, world: int, per_rank: int, state: dict[str, int], batches: int) -> tuple[list[Rows], dict[str, int]]:
    """The batches that `world` ranks get from `state` on, put together in global order, and the state after them."""
    ranks = [TrainingLoader(uri, world * per_rank, rank, world) for rank in range(world)]
    for loader in ranks:
        loader.load_state_dict(state)
    fed = []
    for _ in range(min(batches, ranks[0].batches_left)):
        parts = [next(loader) for loader in ranks]
        fed += [parts[at % world] for at in range(world)]
        together = np.sort(np.concatenate([part.rows for part in parts]))
        assert together.tolist() == list(range(together[0], together[0] + world * per_rank))  # one global batch
    states = [loader.state_dict() for loader in ranks]
    counts = [loader.tokens_by_source() for loader in ranks]
    for loader in ranks:
        loader.close()
    assert all(each == states[0] for each in states)
    assert all(each == counts[0] for each in counts)
    return fed, states[0]


def contents(fed: Sequence[Rows]) -> dict[int, tuple[bytes, int, list[int], str]]:
    """What was fed, by global row; a row fed twice is an error."""
    found: dict[int, tuple[bytes, int, list[int], str]] = {}
    for rows in fed:
        for at, row in enumerate(rows.rows.tolist()):
            assert row not in found
            found[row] = (
                rows.input_ids[at].tobytes(),
                int(rows.n_tokens[at]),
                rows.doc_starts[at].tolist(),
                rows.sources[at],
            )
    return found


@pytest.mark.parametrize("worlds", [[(1, 4), (4, 1), (2, 3)], [(3, 2), (1, 1), (5, 1)], [(2, 8), (8, 1), (1, 7)]])
@pytest.mark.parametrize("kind", ["mixture", "padded_mixture"])
def test_trap_a_combined_dataset_cannot_be_resumed_with_another_world_size(
    kind: str, worlds: list[tuple[int, int]], request: pytest.FixtureRequest
) -> None:
    """Two sources, two phases: stopped twice, each time going on with other ranks and batches, the rows are those of
    a run by one rank that never stopped, in the same order and none twice."""
    uri: str = request.getfixturevalue(kind)
    straight, _ = feed(uri, 1, 1, {"next_row": 0}, ROWS)
    fed: list[Rows] = []
    state = {"next_row": 0}
    for world, per_rank in worlds:
        some, state = feed(uri, world, per_rank, state, 2)
        fed += some
    rest, state = feed(uri, 1, 1, state, ROWS)
    assert state == {"next_row": ROWS}
    assert contents([*fed, *rest]) == contents(straight)


def test_trap_the_state_says_nothing_of_ranks(mixture: str) -> None:
    """A state of any rank of any world is the state of every other: what cannot be in it cannot mismatch."""
    states = [feed(mixture, world, 12 // world, {"next_row": 0}, 2)[1] for world in (1, 2, 3, 4, 6, 12)]
    assert states == [{"next_row": 24}] * 6
