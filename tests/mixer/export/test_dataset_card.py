"""The dataset card, read back with the Hugging Face libraries; no network."""

import json
import re
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from huggingface_hub import DatasetCard
from hypothesis import given
from hypothesis import strategies as st

from mixer import storage
from mixer.export.card_text import escaped
from mixer.export.dataset_card import _size_category, card
from mixer.export.files import ExportError
from mixer.export.formats import export
from mixer.manifest import read_manifest
from tests.mixer.export.mixtures import make_mixture

HOSTILE = "a|b`<img src=x onerror=1>`[x](http://evil)\n---\nlicense: mit # *&!%@\u202e"
RECIPE: dict[str, Any] = {
    "rules": {"language": {"languages": ["en", "no", "../x"], "min_score": 0.65}},
    "sources": [{"name": "web", "rules": ["license", {"language": {"languages": ["de"]}}]}, "nothing"],
}


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def load(folder: Path, cache: Path, configuration: str | None = None) -> list[dict[str, Any]]:
    loaded = datasets.load_dataset(str(folder), configuration, split="train", cache_dir=str(cache))
    return list(loaded)


def test_the_exported_folder_loads_in_training_order(tmp_path: Path, offline: None) -> None:
    # With ten shards and more, an order by another rule than the manifest's would show.
    mixture = make_mixture(tmp_path / "mixture", phases=[("main", (2,) * 11), ("cooldown", (3, 0, 1))], padded=True)
    names = [shard.path for shard in mixture.manifest.files]
    summary = export(mixture.uri, "card", str(tmp_path / "out"))
    assert [Path(uri).name for uri in summary.files] == [*names, "manifest.json", "README.md"]
    rows = load(tmp_path / "out", tmp_path / "cache")
    assert [row["row"] for row in rows] == list(range(26))
    assert [row["input_ids"][: row["n_tokens"]] for row in rows] == mixture.rows
    cooldown = load(tmp_path / "out", tmp_path / "cache", "demo-01-cooldown")
    assert [(row["row"], row["phase"]) for row in cooldown] == [(row, "cooldown") for row in range(22, 26)]
    assert read_manifest(str(tmp_path / "out")) == mixture.manifest


def test_the_order_is_the_manifests_and_not_the_names(tmp_path: Path, offline: None) -> None:
    mixture = make_mixture(tmp_path / "mixture", phases=[("main", (2, 2))])
    first, second = mixture.manifest.files
    folder = tmp_path / "mixture"
    for old, new in ((first.path, "z.parquet"), (second.path, "a.parquet")):
        (folder / old).rename(folder / new)
    files = [first.model_copy(update={"path": "z.parquet"}), second.model_copy(update={"path": "a.parquet"})]
    manifest = mixture.manifest.model_copy(update={"files": files})
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    export(mixture.uri, "card", str(folder))
    assert [row["row"] for row in load(folder, tmp_path / "cache")] == [0, 1, 2, 3]


def test_in_the_mixtures_own_folder_only_the_card_is_written(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "mixture").iterdir()}
    summary = export(f"{mixture.uri}/manifest.json", "card", f"{mixture.uri}/")
    assert [Path(uri).name for uri in summary.files] == ["README.md"]
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "mixture").iterdir()}
    assert {name: time for name, time in after.items() if name != "README.md"} == before


def test_the_header_is_what_the_hub_reads(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", recipe=RECIPE)
    export(mixture.uri, "card", str(tmp_path / "out"))
    found = DatasetCard.load(tmp_path / "out" / "README.md")
    data = found.data.to_dict()
    assert data["license"] == "other"
    assert data["language"] == ["de", "en", "no", "code"]
    assert data["size_categories"] == ["n<1K"]
    assert [config["config_name"] for config in data["configs"]] == ["default", "demo-00-main", "demo-01-cooldown"]
    text = found.text
    assert "| web | 50.00% | 50.00% | 55.56% | 80 | +0.500 | 0.080 | 0 |" in text
    assert "fingerprint | f00" in text
    assert "`datasets`" not in text.split("```python")[1].split("```")[0]


def test_languages_that_are_not_known_are_not_claimed(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", sources=("web",))
    header = yaml.safe_load(card(mixture.manifest).split("---\n")[1])
    assert "language" not in header


def test_hostile_names_stay_text(tmp_path: Path, offline: None) -> None:
    phases = [(HOSTILE, (2,)), ("../../up", (1,))]
    mixture = make_mixture(tmp_path / "mixture", name=HOSTILE, phases=phases, sources=(HOSTILE,), notes=[HOSTILE])
    export(mixture.uri, "card", str(tmp_path / "out"))
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    found = DatasetCard.load(tmp_path / "out" / "README.md")
    assert found.data.license == "other"
    assert found.data.pretty_name == HOSTILE.replace("\n", " ").replace("\u202e", "")
    body = found.text
    assert "<img" not in body.replace("\\<img", "")
    assert "\u202e" not in text
    assert not re.search(r"(?<!\\)\]\(", body)
    assert not re.search(r"(?<!\\)://", body)
    tables = [line for line in body.splitlines() if line.startswith("|")]
    columns = {len(re.split(r"(?<!\\)\|", line)) for line in tables}
    assert columns == {4, 5, 10}  # of two, three and eight cells: no name adds one
    assert [row["row"] for row in load(tmp_path / "out", tmp_path / "cache")] == [0, 1, 2]


@given(st.text())
def test_escaped_text_is_one_line_that_reads_the_same(text: str) -> None:
    result = escaped(text)
    assert len(result.splitlines()) <= 1
    visible = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    assert re.sub(r"\\([^\w\s])|\\(_)", lambda match: match[1] or match[2], result) == visible
    assert not re.search(r"(?<!\\)(?:\\\\)*[|<>`*_\[\]:.$]", result)


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (1, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (99_999, "10K<n<100K"),
        (10**6, "1M<n<10M"),
        (10**9, "1B<n<10B"),
        (10**12 - 1, "100B<n<1T"),
        (10**12, "n>1T"),
    ],
)
def test_size_categories(rows: int, category: str) -> None:
    assert _size_category(rows) == category


def test_a_shard_whose_name_is_a_pattern_is_refused(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    files = [mixture.manifest.files[0].model_copy(update={"path": "*.parquet"}), *mixture.manifest.files[1:]]
    with pytest.raises(ExportError, match=r"'\*\.parquet'"):
        card(mixture.manifest.model_copy(update={"files": files}))


def test_a_shard_of_two_phases_is_refused(tmp_path: Path) -> None:
    manifest = make_mixture(tmp_path / "mixture").manifest
    first, second = manifest.phases
    moved = [first.model_copy(update={"rows": 8}), second.model_copy(update={"first_row": 8, "rows": 4})]
    with pytest.raises(ExportError, match="'main'"):
        card(manifest.model_copy(update={"phases": moved}))


def test_a_flipped_bit_is_not_copied(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    path = tmp_path / "mixture" / mixture.manifest.files[1].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(storage.DamagedFile, match=path.name):
        export(mixture.uri, "card", str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [mixture.manifest.files[0].path]


def test_the_card_is_a_function_of_the_manifest(tmp_path: Path) -> None:
    manifest = make_mixture(tmp_path / "mixture", recipe=RECIPE).manifest
    again = type(manifest).model_validate(json.loads(manifest.model_dump_json()))
    assert card(manifest) == card(again)
