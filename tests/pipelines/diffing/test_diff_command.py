"""The command: text that says what differs or that nothing does, JSON, and nothing that steers a terminal."""

import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from pipelines.commands import diff as command
from pipelines.diffing.mixtures import diff_mixtures
from pipelines.diffing.terminal import one_line, printed
from pipelines.document import Document
from tests.pipelines.diffing.lakes import Made, MadeMixture

HOSTILE = "http://one.example/\x1b[2J\x9b31m[bold red]x[/bold red]\u202e[link=http://evil.example]y\r\n\x07"

app = typer.Typer()
app.command()(command.diff)


@dataclass(frozen=True)
class HostileMade(Made):
    def document(self) -> Document:
        return Document("text", "page", url=f"{HOSTILE}{self.number}")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def shown(before: str, after: str) -> str:
    text = io.StringIO()
    console = Console(width=160, color_system=None, file=text, highlight=False)
    for part in printed(diff_mixtures(before, after)):
        console.print(part)
    return text.getvalue()


def two_packings(folder: Path) -> tuple[str, str]:
    """Two mixtures of all documents of one source, in two lakes."""
    sources = {"pages": [Made(number) for number in range(9)]}
    concat = MadeMixture(sources, rows=20, recipe={"packing": "concat"})
    best_fit = MadeMixture(sources, rows=20, recipe={"packing": "best_fit"}, packing="best_fit")
    return concat.write(folder / "a"), best_fit.write(folder / "b")


def test_no_difference_is_said(tmp_path: Path) -> None:
    uri, _ = two_packings(tmp_path)
    text = shown(uri, uri)
    for part in ("settings", "composition", "rejections", "documents"):
        assert f"\n{part}: no difference\n" in text
    assert json.loads(run(uri, f"{uri}/manifest.json", "--json"))["differs"] is False


def test_two_packings_in_two_lakes(tmp_path: Path) -> None:
    before, after = two_packings(tmp_path)
    content = json.loads(run(before, after, "--json"))
    assert content["differs"] is True
    assert content["before"]["folder"] == before
    changes = {change["path"]: (change["before"], change["after"]) for change in content["settings"]["changes"]}
    assert changes["packing"] == ("concat", "best_fit")
    text = shown(before, after)
    assert "packing" in text
    assert "\nrejections: no difference\n" in text
    assert "\ndocuments: no difference\n" in text


def test_documents_are_listed_with_the_reason(tmp_path: Path) -> None:
    before = MadeMixture({"pages": [Made(number) for number in range(4)]}, rows=20).write(tmp_path / "a")
    own = [Made(0), Made(1, rejected=("length.too_short",)), Made(2, survivor=0), Made(9)]
    after = MadeMixture({"pages": own}, rows=20).write(tmp_path / "b")
    lines = [" ".join(line.split()) for line in shown(before, after).splitlines()]
    assert "left pages: what B did with them" in lines
    assert "http://one.example/1 rejected: length.too_short 10" in lines
    assert "http://one.example/2 duplicate: near_duplicate of http://one.example/0 10" in lines
    assert "http://one.example/9 not in the source 10" in lines
    assert "decide pages length.too_short 0 1 +1" in lines


def test_the_number_of_samples(tmp_path: Path) -> None:
    before = MadeMixture({"pages": [Made(number) for number in range(9)]}, rows=20).write(tmp_path / "a")
    after = MadeMixture({"pages": [Made(0)]}, rows=20).write(tmp_path / "b")
    for samples, expected in (("0", 0), ("3", 3), ("100", 8)):
        content = json.loads(run(before, after, "--samples", samples, "--json"))
        (source,) = content["documents"]["sources"]
        assert source["left"]["documents"] == 8
        assert len(source["left"]["samples"]) == expected


def test_nothing_from_documents_steers_the_terminal(tmp_path: Path) -> None:
    before = MadeMixture({"pages": [HostileMade(0)]}).write(tmp_path / "a")
    after = MadeMixture({"pages": [HostileMade(1)]}, recipe={"salt": HOSTILE}).write(tmp_path / "b")
    for text in (run(before, after), run(before, after, "--json")):
        assert not set(text) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160), 0x202E)}
        assert "[bold red]x[/bold red]" in text.replace("\n", "")


def test_one_line_has_no_line_ends() -> None:
    assert one_line("a\r\nb\u2028c\td\x1b") == "a b c d⟨U+001B⟩"


def test_lost_stages_leave_the_rest(tmp_path: Path) -> None:
    before, after = two_packings(tmp_path)
    shutil.rmtree(tmp_path / "b" / "stages")
    text = run(before, after)
    assert "packing" in text
    assert "documents: not compared: Stage tokenize of pages: its output is not in the lake any more." in text
    assert "rejections: no difference in what can be compared" in text


def test_no_mixture_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no file at"):
        diff_mixtures(str(tmp_path), str(tmp_path))
