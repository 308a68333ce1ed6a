"""`mixdown duplicates`, over a lake whose duplicates Spark found."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pipelines import cli
from pipelines.context import Context
from pipelines.document import Document, document_id
from pipelines.lake import Lake
from pipelines.progress import Progress
from pipelines.recipe import load_recipe
from pipelines.steps import annotate, decide, deduplicate, ingest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ESCAPE = "\x1b[31m"
WORDS = [f"word{number}" for number in range(300)]
PAGE = " ".join(WORDS)
NEAR = PAGE.replace("word150", f"{ESCAPE}CHANGED\u202e")
OTHER = " ".join(f"other{number}" for number in range(100))
ALONE = " ".join(f"alone{number}" for number in range(100))
Run = Callable[..., tuple[int, str, str]]

PAGES = {
    "http://one.example/page": PAGE,
    "http://one.example/copy": PAGE,
    "http://one.example/copy-2": PAGE.replace(" ", "  "),
    "http://one.example/alone": ALONE,
}
MIRROR = {
    "http://two.example/page": PAGE,
    f"http://two.example/{ESCAPE}": NEAR,
    "http://two.example/near": f"{NEAR} and more at the end",
    "http://two.example/other": OTHER,
    "http://two.example/other-2": OTHER,
}


class StagesHere(Context):
    """A run whose stages are done here, but for what has to meet, which is Spark's."""

    def run_tasks(
        self, stage: str, work: Callable[[Any], Any], tasks: Sequence[Any], input_bytes: int | None = None
    ) -> list[Any]:
        return [work(task) for task in tasks]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, spark: "SparkSession") -> Path:
    """A recipe of two sources with two clusters between them; the lake lies beside it."""
    folder = tmp_path_factory.mktemp("duplicates")
    for source, documents in (("pages", PAGES), ("mirror", MIRROR)):
        (folder / source).mkdir()
        lines = [json.dumps({"text": text, "url": url, "date": "2024-05-06"}) for url, text in documents.items()]
        (folder / source / "0.jsonl").write_text("".join(f"{line}\n" for line in lines[:3]), encoding="utf-8")
        (folder / source / "1.jsonl").write_text("".join(f"{line}\n" for line in lines[3:]), encoding="utf-8")
    content = {
        "name": "copies",
        "sources": [{"name": name, "kind": "jsonl", "uri": name} for name in ("pages", "mirror")],
        "phases": [{"budget_tokens": 4096, "weights": {"pages": 1, "mirror": 1}}],
        "sequence_length": 64,
    }
    path = folder / "copies.yaml"
    path.write_text(yaml.safe_dump(content))
    context = StagesHere(load_recipe(path), Lake(str(folder / "lake")), lambda: spark, Progress(quiet=True))
    for stage in (ingest, annotate, decide, deduplicate):
        stage.run(context)
    return path


@pytest.fixture
def run(recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mixdown duplicates` in the recipe's folder: exit code, output, errors."""

    def command(*arguments: str, lake: str = "lake") -> tuple[int, str, str]:
        monkeypatch.chdir(recipe.parent)
        monkeypatch.setattr("sys.argv", ["mixdown", "duplicates", "copies.yaml", "--lake", lake, *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return int(stopped.value.code or 0), *capsys.readouterr()

    return command


def listed(run: Run, *arguments: str) -> dict[str, Any]:
    code, out, err = run("--json", *arguments)
    assert (code, err) == (0, "")
    assert out.isascii()
    found: dict[str, Any] = json.loads(out)
    return found


def url_of(shown: dict[str, Any]) -> str:
    url: str = shown["document"]["url"]
    return url


def test_clusters_are_told_with_their_counts(run: Run) -> None:
    found = listed(run)
    assert (found["recipe"], found["clusters"], found["removed"]) == ("copies", 2, 6)
    pages, mirror = found["sources"]
    assert (pages["documents"], pages["kept"], pages["removed"], pages["retention"]) == (4, 2, 2, 0.5)
    assert pages["reasons"] == {"exact_duplicate": 2}
    assert (pages["clusters"], pages["largest"]) == (1, 6)
    assert (mirror["documents"], mirror["removed"], mirror["clusters"], mirror["largest"]) == (5, 4, 2, 6)
    assert mirror["reasons"] == {"exact_duplicate": 2, "near_duplicate": 2}
    large, small = found["shown"]
    assert (large["size"], small["size"]) == (6, 2)
    assert large["reasons"] == {"exact_duplicate": 3, "near_duplicate": 2}
    assert {(each["source"], each["reason"]): each["documents"] for each in large["removed"]} == {
        ("pages", "exact_duplicate"): 2,
        ("mirror", "exact_duplicate"): 1,
        ("mirror", "near_duplicate"): 2,
    }


def test_survivors_and_members_are_the_documents(run: Run) -> None:
    large, small = listed(run, "--members", "10")["shown"]
    survivor = large["survivor"]["document"]
    assert survivor["source"] == "pages"  # the recipe's first source survives
    assert large["survivor_id"] == survivor["doc_id"]
    assert large["survivor"]["bytes"] == len(PAGES[survivor["url"]].encode())
    assert survivor["text"] == PAGES[survivor["url"]][:200]
    assert survivor["date"].startswith("2024-05-06")
    documents = PAGES | MIRROR
    removed = {url_of(member) for member in large["members"]}
    assert removed | {survivor["url"]} == {url for url, text in documents.items() if "word1" in text}
    for member in large["members"]:
        assert member["document"]["doc_id"] == document_id(
            member["document"]["source"], Document(documents[url_of(member)], "page", url=url_of(member))
        )
        assert member["reason"] == ("near_duplicate" if "CHANGED" in documents[url_of(member)] else "exact_duplicate")
    assert {url_of(small["survivor"]), *map(url_of, small["members"])} == {
        "http://two.example/other",
        "http://two.example/other-2",
    }


def test_differences_are_those_of_the_texts(run: Run) -> None:
    large, small = listed(run, "--members", "10", "--text", "0")["shown"]
    assert large["survivor"]["document"]["text"] is None
    spaced = "copy-2" in url_of(large["survivor"])
    for member in large["members"]:
        found = member["differences"]
        assert found["whole"]
        if member["reason"] == "exact_duplicate":
            assert (member["similarity"], found["count"], found["same_words"]) == (1.0, 0, True)
            assert found["same_text"] == (spaced == ("copy-2" in url_of(member)))
            continue
        changed = found["shown"][0]
        assert (changed["survivor"], changed["member"]) == ("word150", f"{ESCAPE}CHANGED\u202e")
        assert changed["before"].split()[-1] == "word149"
        ends = "near" in url_of(member)
        assert found["count"] == 1 + ends
        shared, either = 296 - 5, 296 + 5 + 5 * ends
        assert member["similarity"] == pytest.approx(shared / either, abs=0.01)
        assert not ends or found["shown"][1]["member"] == "and more at the end"
    assert small["members"][0]["differences"]["same_text"]


def test_sources_and_reasons_narrow_what_is_shown(run: Run) -> None:
    near = listed(run, "--reason", "near_duplicate", "--members", "10")
    assert (near["clusters"], near["removed"], len(near["shown"])) == (1, 2, 1)
    assert {member["reason"] for member in near["shown"][0]["members"]} == {"near_duplicate"}
    mirror = listed(run, "--source", "mirror", "--members", "10")
    assert (mirror["clusters"], mirror["removed"]) == (2, 4)
    assert {member["document"]["source"] for c in mirror["shown"] for member in c["members"]} == {"mirror"}
    both = listed(run, "--source", "pages", "--reason", "exact_duplicate")
    assert (both["clusters"], both["removed"]) == (1, 2)
    assert [cluster["size"] for cluster in listed(run, "--top", "1")["shown"]] == [6]
    none = listed(run, "--reason", "odd\x1b")
    assert (none["shown"], none["clusters"]) == ([], 0)
    assert none["notes"] == [r"nothing was removed as 'odd\x1b'; reasons here: exact_duplicate, near_duplicate"]


def test_a_cluster_is_found_by_any_of_its_documents(run: Run) -> None:
    large = listed(run, "--members", "10")["shown"][0]
    names = [url_of(large["survivor"]), large["survivor_id"]]
    names += [name for member in large["members"] for name in (url_of(member), member["document"]["doc_id"])]
    for name in names:
        (found,) = listed(run, "--cluster", name, "--members", "1")["shown"]
        assert found["survivor_id"] == large["survivor_id"]
        if name not in names[:2]:
            assert name in (url_of(found["members"][0]), found["members"][0]["document"]["doc_id"])


def test_a_terminal_gets_nothing_but_text(run: Run) -> None:
    code, out, err = run("--members", "10")
    assert (code, err) == (0, "")
    assert all(character.isprintable() or character == "\n" for character in out)
    assert r"+ │ \x1b[31mCHANGED\u202e" in out
    assert "- │ word150" in out
    assert r"http://two.example/\x1b[31m" in out
    assert "2 clusters, 6 documents removed\n" in out
    assert "in whitespace alone" in out
    assert run("--members", "10")[1] == out
    _, out, _ = run("--top", "1", "--members", "0")
    assert "2 clusters, 6 documents removed; 1 cluster shown" in out
    assert "differs" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "page"], "--source page: unknown source of this recipe 'page'; did you mean 'pages'?"),
        (["--cluster", "http://one.example/alone"], "1 document, and no cluster"),
        (["--cluster", "http://one.example/"], "no document of pages, mirror goes by 'http://one.example/'. Near it:"),
    ],
)
def test_a_mistake_is_one_message(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "\x1b" not in err


def test_a_lake_without_dedup_says_what_to_run(run: Run) -> None:
    code, out, err = run(lake="nowhere")
    assert (code, out) == (2, "")
    assert "for pages, mirror in " in err
    assert "`mixdown build --until dedup`" in err


def test_damage_is_one_message_that_names_the_file(run: Run, recipe: Path) -> None:
    part = next((recipe.parent / "lake" / "stages" / "dedup" / "pages").rglob("removed-*.parquet"))
    content = part.read_bytes()
    try:
        part.write_bytes(bytes(len(content)))
        code, _, err = run()
        assert (code, f"{part.name} is no whole Parquet file" in err) == (2, True)
    finally:
        part.write_bytes(content)
