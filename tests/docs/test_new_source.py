"""The guide's source of one's own is a real one: a plug-in that mixdown finds, ingests, and builds a mixture from."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mixer.manifest import read_manifest
from pipelines.lake import Books, StageManifest
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.source import PLUGINS, SourceKindError, source_kind, source_kinds
from pipelines.steps.ingest import IngestTask, ingest_split, plan_splits
from tests.docs.pages import ROOT, blocks

KIND = "fortunes"
ENTRIES = [
    "The lamp is lit by whoever comes home last, and put out by whoever rises first.",
    "short",
    "A harbour is a promise that somebody made to a ship which had not been built yet.",
]


def install(folder: Path, code: str, name: str = KIND) -> None:
    """A distribution as pip leaves it: a module, and metadata with the entry point."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}_plugin.py").write_text(code, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{PLUGINS}]\n{name} = {name}_plugin\n", encoding="utf-8")


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed distributions, empty at first."""
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    source_kinds.cache_clear()
    yield folder
    source_kinds.cache_clear()
    for name in [name for name in sys.modules if name.endswith("_plugin")]:
        del sys.modules[name]


@pytest.fixture
def toy(plugins: Path, tmp_path: Path) -> SourceSpec:
    """The page's code installed as a plug-in, and a source over some input."""
    (block,) = blocks("python", "run: source")
    install(plugins, block.text)
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.fortunes").write_text("\n%\n".join(ENTRIES), encoding="utf-8")
    (data / "b.fortunes").write_bytes(b"\xff\xfe not text")
    (data / "c.fortunes").write_bytes(b"x" * 2000)
    return SourceSpec(name="toy", kind=KIND, uri=str(data), options={"max_file_bytes": 1000, "license": "CC0-1.0"})


def ingest(toy: SourceSpec, folder: Path) -> tuple[Books, list[bytes]]:
    books = Books()
    for number, split in enumerate(plan_splits(toy)):
        options = toy.parsed_options().model_dump()
        task = IngestTask(
            source=toy.name,
            kind=toy.kind,
            options=options,
            split=split,
            number=number,
            output_uri=str(folder),
        )
        books.add(ingest_split(task).books)
    return books, [path.read_bytes() for path in sorted(folder.iterdir())]


def test_the_toy_source_is_ingested_with_balanced_books(toy: SourceSpec, tmp_path: Path) -> None:
    books, _ = ingest(toy, tmp_path / "out")
    books.check("the toy source")
    assert (books.records_in, books.kept, books.rejected, books.quarantined) == (5, 2, 1, 2)
    assert books.reasons == {"too_short": 1, "not_utf8": 1, "file_too_large": 1}
    documents = pq.read_table(tmp_path / "out" / "part-00000.parquet").to_pylist()
    assert [document["text"] for document in documents] == [ENTRIES[0], ENTRIES[2]]
    assert {document["license"] for document in documents} == {"CC0-1.0"}
    assert [json.loads(document["metadata"])["offset"] for document in documents] == [0, len(ENTRIES[0]) + 3 + 5 + 3]
    assert len({document["doc_id"] for document in documents}) == 2


def test_the_toy_source_gives_the_same_bytes_again(toy: SourceSpec, tmp_path: Path) -> None:
    assert ingest(toy, tmp_path / "one") == ingest(toy, tmp_path / "two")


def test_the_toy_source_refuses_what_is_not_there(toy: SourceSpec, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no fortunes at"):
        plan_splits(toy.model_copy(update={"uri": str(tmp_path / "nowhere")}))
    with pytest.raises(ValueError, match="min_charz"):
        SourceSpec(name="toy", kind=KIND, uri="x", options={"min_charz": 3})


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import nowhere_to_be_found\n", "cannot be imported .ModuleNotFoundError: No module named 'nowhere_to_be_"),
        ("raise RuntimeError('of its own')\n", "cannot be imported .RuntimeError: of its own"),
        ("SOURCE = 'a string'\n", "has no SOURCE = SourceKind"),
        ("from pipelines.sources.web import SOURCE\n", "two source kinds are named 'web'"),
    ],
)
def test_a_broken_plug_in_is_named(plugins: Path, code: str, problem: str) -> None:
    install(plugins, code, "broken")
    with pytest.raises(SourceKindError, match=problem) as error:
        source_kinds()
    assert "the plug-in 'broken' (broken_plugin) of broken 1.0" in str(error.value)


def test_a_kind_that_a_worker_does_not_have_is_said_so() -> None:
    with pytest.raises(SourceKindError, match=r"'fortunez' is not known to this Python .* every executor"):
        source_kind("fortunez")


@pytest.mark.slow
def test_a_mixture_is_built_from_the_toy_source(toy: SourceSpec, plugins: Path, tmp_path: Path) -> None:
    recipe = {
        "name": "toy",
        "sources": [toy.model_dump(include={"name", "kind", "uri", "options"})],
        "phases": [{"name": "main", "budget_tokens": 32, "weights": {"toy": 1.0}}],
        "sequence_length": 16,
    }
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")  # JSON is YAML
    path = os.pathsep.join(part for part in (str(plugins), str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    command = ["build", str(tmp_path / "recipe.yaml"), "--lake", str(tmp_path / "lake"), "--master", "local[2]"]
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", *command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (manifest_path,) = (tmp_path / "lake/mixtures/toy").glob("*/manifest.json")
    mixture = read_manifest(str(manifest_path.parent))
    assert [(source.name, source.kind, source.documents) for source in mixture.sources] == [("toy", KIND, 2)]
    (stage_path,) = (tmp_path / "lake/stages/ingest/toy").glob("*/manifest.json")
    books = StageManifest.model_validate_json(stage_path.read_bytes()).books
    books.check("the toy source")
    assert (books.records_in, books.kept, books.reasons["not_utf8"]) == (5, 2, 1)
