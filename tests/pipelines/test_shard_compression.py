"""Shards as zstd or uncompressed: the same rows, another mixture, and everybody's readers open both."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mixer.manifest import MixtureManifest, read_manifest
from tests.audit import audit
from tests.pipelines.in_process import run, write_jsonl
from tests.pipelines.test_invariants import recipe_of
from trainer.loader import TrainingLoader


@pytest.fixture(scope="module")
def mixtures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, MixtureManifest]]:
    """One lake's mixture in both ways."""
    folder = tmp_path_factory.mktemp("compression")
    write_jsonl(folder / "web.jsonl", [{"text": f"{n % 9} the lamp is lit " * (1 + n)} for n in range(12)])
    write_jsonl(folder / "code.jsonl", [{"text": f"def f{n}(x):\n    return x + {n}\n" * (1 + n)} for n in range(8)])
    recipe = recipe_of(folder)
    made = {}
    for compression in ("zstd", "none"):
        context = run(recipe.model_copy(update={"shard_compression": compression}), folder / "lake")
        made[compression] = (Path(context.mixture_uri), read_manifest(context.mixture_uri))
    return made


def test_the_rows_are_the_same(mixtures: dict[str, tuple[Path, MixtureManifest]]) -> None:
    (one, packed), (other, plain) = mixtures["zstd"], mixtures["none"]
    assert packed.fingerprint != plain.fingerprint
    assert [file.path for file in packed.files] == [file.path for file in plain.files]
    for file in packed.files:
        assert pq.read_table(one / file.path).equals(pq.read_table(other / file.path))


@pytest.mark.parametrize(("asked", "found"), [("zstd", "ZSTD"), ("none", "UNCOMPRESSED")])
def test_columns_are_stored_as_asked(mixtures: dict[str, tuple[Path, MixtureManifest]], asked: str, found: str) -> None:
    folder, manifest = mixtures[asked]
    for file in manifest.files:
        group = pq.read_metadata(folder / file.path).row_group(0)
        assert {group.column(i).compression for i in range(group.num_columns)} == {found}
    audit(folder)


def test_the_trainer_reads_both(mixtures: dict[str, tuple[Path, MixtureManifest]]) -> None:
    fed = {}
    for name, (folder, manifest) in mixtures.items():
        loader = TrainingLoader(f"{folder}/manifest.json", 4, 0, 1)
        fed[name] = [next(loader).input_ids.tolist() for _ in range(manifest.rows // 4)]
        loader.close()
    assert fed["zstd"] == fed["none"]
