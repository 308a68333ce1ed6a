import numpy as np
import pyarrow as pa

from benchmarks.near_clusters import agreement, recall, survivors, words_alone

LONG = " ".join(f"word{i} of{i % 7}" for i in range(200))
TEXTS = ["an entirely other text of a few words", LONG, LONG + " and one more", "", LONG.upper(), "two words"]


def test_the_first_of_a_cluster_stays_and_texts_without_a_shingle_are_near_to_none() -> None:
    assert survivors(pa.array(TEXTS, pa.large_string())).tolist() == [0, 1, 1, 3, 1, 5]


def test_agreement_counts_what_one_side_removes() -> None:
    theirs = np.array([0, 1, 1, 3, 4, 3])
    found = agreement(TEXTS, theirs)
    assert (found["removed_by_both"], found["by_us_alone"], found["by_them_alone"]) == (1, 1, 1)
    assert (found["another_seed_removes_less"], found["another_seed_removes_more"]) == (0, 0)


def test_recall_counts_pairs_that_are_alike() -> None:
    found = recall(TEXTS, np.array([0, 1, 1, 3, 4, 5]))
    assert (found["alike_pairs"], found["together_in_ours"], found["together_in_theirs"]) == (3, 3, 1)
    assert found["of_these_equal"] == 1  # upper case


def test_words_alone_leaves_nothing_that_tools_split_differently() -> None:
    assert words_alone("Don't_split  MY-words,\nnaïve 1.5") == "don t split my words na ve 1 5"
