from typing import get_args

import pytest

from dedup.optimum import best_bands
from dedup.schemes import SCHEMES, SchemeName
from dedup.settings import DedupSettings

# Probability of a candidate at Jaccard similarity 0.6, 0.7, 0.8 and 0.9.
CURVES = {
    "fineweb": (0.21, 0.57, 0.92, 1.0),
    "starcoder2": (0.14, 0.51, 0.94, 1.0),
    "olmo3": (0.09, 0.41, 0.90, 1.0),
    "data-juicer": (0.42, 0.85, 1.0, 1.0),
}


def test_every_name_has_a_scheme() -> None:
    assert set(SCHEMES) == set(get_args(SchemeName)) == set(CURVES)


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_the_published_ones(name: SchemeName) -> None:
    settings = DedupSettings(scheme=name)
    found = [1 - (1 - s**settings.rows) ** settings.bands for s in (0.6, 0.7, 0.8, 0.9)]
    assert found == pytest.approx(CURVES[name], abs=0.006)


def test_starcoder2s_bands_are_the_optimum() -> None:
    settings = DedupSettings(scheme="starcoder2")
    assert best_bands(0.7, 250) == (settings.bands, settings.rows)


def test_what_is_given_wins_over_the_scheme() -> None:
    assert DedupSettings(scheme="olmo3", bands=20).bands == 20
    assert DedupSettings(scheme="olmo3", verify="signature").verify == "signature"
    assert DedupSettings(scheme="fineweb", hashing="mixdown").hashing == "mixdown"


def test_fineweb_is_datatroves_default() -> None:
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    config, settings = MinhashConfig(), DedupSettings(scheme="fineweb")
    ours = (settings.ngram, settings.bands, settings.rows, settings.seed, settings.hashing)
    assert ours == (config.n_grams, config.num_buckets, config.hashes_per_bucket, config.seed, "datatrove")
