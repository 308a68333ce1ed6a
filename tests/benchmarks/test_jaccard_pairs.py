import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.jaccard_pairs import similar_pairs


@given(st.lists(st.frozensets(st.integers(0, 8)), min_size=1, max_size=12), st.sampled_from([0.01, 0.3, 0.5, 1.0]))
def test_pairs_are_those_of_pythons_sets(documents: list[frozenset[int]], least: float) -> None:
    values = np.array([shingle for document in documents for shingle in sorted(document)], np.uint64)
    offsets = np.cumsum([0, *map(len, documents)])
    pairs, similarities = similar_pairs((values, offsets), least)
    found = {(int(i), int(j)): float(s) for (i, j), s in zip(pairs, similarities, strict=True)}
    expected = {
        (i, j): len(documents[i] & documents[j]) / len(documents[i] | documents[j])
        for j in range(len(documents))
        for i in range(j)
        if documents[i] | documents[j]
    }
    assert found == {pair: similarity for pair, similarity in expected.items() if similarity >= least}
