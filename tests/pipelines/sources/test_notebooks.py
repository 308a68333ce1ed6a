"""Notebooks: versions of nbformat, outputs, languages, what is no document."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.document import Document, Quarantined, Record, Rejected, check_storable
from pipelines.readers import file_groups
from pipelines.readers.notebooks.kernels import comment_sign, language_of_notebook
from pipelines.readers.notebooks.outputs import as_shown, texts_of_outputs, without_inline_images
from pipelines.readers.notebooks.records import NotebookOptions, record_of
from pipelines.source import source_kinds
from pipelines.sources.notebooks import SOURCE
from tests.pipelines.sources.inputs import real_data
from tests.pipelines.sources.notebook_files import (
    PYTHON,
    TIDES,
    Json,
    code,
    notebook,
    old_notebook,
    result,
    stream,
    text,
)


def record(folder: Path, data: bytes, name: str = "a.ipynb", **options: object) -> Record:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    (found,) = read(folder, **options)
    return found


def read(uri: Path, **options: object) -> list[Record]:
    settings = SOURCE.options.model_validate(options)
    return [found for split in SOURCE.splits(str(uri), settings) for found in SOURCE.read(split, settings)]


def test_the_kind_is_code() -> None:
    kind = source_kinds()["notebooks"]
    assert (kind.group, kind.code_like) == ("code/adjacent", True)


def test_golden_structured(tmp_path: Path) -> None:
    found = record(tmp_path, TIDES, "sea/a.ipynb", license="MIT")
    assert found == Document(
        text="# Tides\nHow high?x = 1\nx + 12",
        format="notebook",
        marks=[(0, "<jupyter_start>"), (0, "<jupyter_text>"), (17, "<jupyter_code>"), (28, "<jupyter_output>")],
        path="sea/a.ipynb",
        license="MIT",
        language_hint="Python",
        metadata={"form": "structured", "nbformat": 4, "cells": 2},
    )
    check_storable(found)


def test_golden_script(tmp_path: Path) -> None:
    cells = [code("%pylab\nimport sea"), text("Größe"), code("!ls\nsea.rise()", stream("1")), text("<|endoftext|>")]
    found = record(tmp_path, notebook(*cells), form="script")
    assert isinstance(found, Document)
    assert found.text == "# %pylab\nimport sea\n\n# Größe\n\n# !ls\nsea.rise()\n\n# <|endoftext|>\n"
    assert found.marks == [(0, "<jupyter_script>")]


@pytest.mark.parametrize("nbformat", [2, 3])
def test_older_versions(nbformat: int, tmp_path: Path) -> None:
    found = record(tmp_path, old_notebook(nbformat))
    assert isinstance(found, Document)
    assert found.text == "## Tides\n\nHow high?x = 1\nx + 12"
    assert (found.language_hint, found.metadata["nbformat"]) == ("Python", nbformat)


OUTPUTS: dict[str, tuple[list[Json], list[str]]] = {
    "pieces of a stream": ([stream(["a\n", "b"]), stream("c")], ["a\nbc"]),
    "a table keeps its text": ([result(text_html="<table>", text_plain="  a\n0 1")], ["  a\n0 1"]),
    "a picture has none": ([result(image_png="aGVs", text_plain="<Figure size 640x480 with 1 Axes>")], [""]),
    "HTML alone has none": ([result(text_html="<p>")], [""]),
    "what stands in for HTML": ([result(text_html="<p>", text_plain="<IPython.core.display.HTML object>")], [""]),
    "a widget": ([{"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "HBox()"}}], [""]),
    "a traceback without colours": (
        [{"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0;31mE\x1b[0m", "v"]}],
        ["E\nv"],
    ),
    "an error without a traceback": ([{"output_type": "pyerr", "ename": "E", "evalue": "v"}], ["E: v"]),
    "what is none": ([{"output_type": 3}, {"data": "x", "text": {"a": 1}}], ["", ""]),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_as_text(name: str) -> None:
    outputs, texts = OUTPUTS[name]
    assert list(texts_of_outputs(outputs)) == texts


def test_what_a_terminal_shows() -> None:
    assert as_shown("10%\r 50%\r100%\ndone\r\n") == "100%\ndone\n"
    assert as_shown("\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x07 \x1b[1;32mok\x1b[0m\x07\x1b") == "link ok"
    assert as_shown("1/2 [=>..]" + "\b" * 10 + "2/2 [====]\n") == "2/2 [====]\n"
    assert as_shown("\x1b]never ended") == "never ended"


def test_images_inside_text_are_left_out() -> None:
    source = "a ![b](data:image/png;base64,aGVs+/bG8=) <img src='data:image/svg+xml;base64,QQ=='> c"
    assert without_inline_images(source) == "a ![b]() <img src=''> c"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        (PYTHON, "Python"),
        ({"kernelspec": {"name": "julia-1.6", "language": "julia"}}, "Julia"),
        ({"kernelspec": {"name": "ir", "display_name": "R"}}, "R"),
        ({"language_info": {"name": "C++17"}}, "C++"),
        ({"kernelspec": {"name": ".net-csharp"}, "language_info": {"name": "C#"}}, "C#"),
        ({"language_info": {"name": "klingon"}, "kernelspec": {"name": "python3"}}, "Python"),
        ({"language_info": {"name": "klingon"}}, None),
        ({"language_info": [], "kernelspec": {"name": 3}}, None),
        ([], None),
    ],
)
def test_languages(metadata: object, language: str | None) -> None:
    assert language_of_notebook({"metadata": metadata}, [], 4) == language


def test_comments_are_the_languages() -> None:
    assert [comment_sign(name) for name in ("Python", "Scala", "SQL", "MATLAB", None)] == ["#", "//", "--", "%", "#"]


PROSE, CODE = text("a"), code("b")
REFUSED: dict[str, tuple[bytes, Record]] = {
    "no code": (notebook(PROSE), Rejected("a.ipynb", "no_code")),
    "no text before code": (notebook(CODE, PROSE), Rejected("a.ipynb", "no_text_before_code")),
    "empty": (b" \n", Rejected("a.ipynb", "empty_file")),
    "another version": (
        notebook(PROSE, CODE).replace(b'"nbformat": 4', b'"nbformat": 5'),
        Quarantined("a.ipynb", "nbformat_unknown", "nbformat is 5, not one of (2, 3, 4)"),
    ),
    "a list": (b"[]", Quarantined("a.ipynb", "not_a_notebook", "a JSON list")),
    "no cells": (b'{"nbformat": 4}', Quarantined("a.ipynb", "not_a_notebook", "it has no list of cells")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_document(name: str, tmp_path: Path) -> None:
    data, expected = REFUSED[name]
    assert record(tmp_path, data) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (TIDES[:-9], "bad_json"),
        (b"\xff" + TIDES, "not_utf8"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 100_000, "bad_json"),
        (b'{"nbformat": ' + b"9" * 5_000 + b"}", "bad_json"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str, tmp_path: Path) -> None:
    found = record(tmp_path, data)
    assert isinstance(found, Quarantined)
    assert found.reason == reason


KEYS = (
    "cells", "worksheets", "cell_type", "source", "input", "outputs", "output_type", "text", "data", "text/plain",
    "traceback", "ename", "level", "language", "metadata", "kernelspec", "language_info", "name",
)  # fmt: skip


def test_cells_that_are_none_are_passed_over(tmp_path: Path) -> None:
    value = json.loads(TIDES)
    value["cells"] += [None, [], {"cell_type": "code", "source": 7}, {"cell_type": ["x"]}, {}]
    found = record(tmp_path, b"\xef\xbb\xbf" + json.dumps(value).encode())
    assert isinstance(found, Document)
    assert found.text == "# Tides\nHow high?x = 1\nx + 12"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["code", "markdown", "heading", "stream"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.sampled_from((2, 3, 4)),
    st.dictionaries(st.sampled_from(KEYS), VALUES),
    st.sampled_from(("structured", "script")),
)
def test_json_of_any_shape_has_an_outcome(nbformat: int, value: Json, form: str) -> None:
    options = NotebookOptions.model_validate({"form": form})
    found = record_of("a", json.dumps({**value, "nbformat": nbformat}).encode(), options, Document)
    assert isinstance(found, Document | Rejected | Quarantined)
    if isinstance(found, Document):
        check_storable(found)


def test_files_that_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "a.ipynb").write_bytes(TIDES)
    (tmp_path / "big.ipynb").write_bytes(TIDES)
    assert read(tmp_path, max_file_bytes=9) == [Rejected("big.ipynb", "file_too_large")]
    assert read(tmp_path / ".ipynb_checkpoints" / "*.ipynb") == [Rejected("a.ipynb", "notebook_checkpoint")]


def test_ranges_of_files_are_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        (tmp_path / f"{number}.ipynb").write_bytes(TIDES + b" " * number)
    whole = read(tmp_path)
    monkeypatch.setattr(file_groups, "MAX_FILES", 3)
    splits = SOURCE.splits(str(tmp_path), SOURCE.options())
    assert [(split.start, split.stop) for split in splits] == [(0, 3), (3, 6), (6, 7)]
    assert len({split.identity for split in splits}) == 3
    assert read(tmp_path) == whole
    monkeypatch.setattr(file_groups, "MAX_BYTES", len(TIDES))
    assert len(SOURCE.splits(str(tmp_path), SOURCE.options())) == 7
    (tmp_path / "7.ipynb").write_bytes(TIDES)
    assert len(read(tmp_path)) == 8  # the splits are of the new listing, not of the one before
    with pytest.raises(RuntimeError, match="changed"):
        list(SOURCE.read(splits[-1].model_copy(update={"identity": "1 files of old"}), SOURCE.options()))
    with pytest.raises(FileNotFoundError, match="notebooks"):
        SOURCE.splits(str(tmp_path / "none"), SOURCE.options())


@pytest.mark.parametrize("form", ["structured", "script"])
def test_real_notebooks(form: str) -> None:
    paths = real_data("notebooks/*.ipynb")
    found = read(paths[0].parent, form=form)
    documents = [one for one in found if isinstance(one, Document)]
    assert len(found) == len(paths)
    assert len(documents) > 20
    assert {document.language_hint for document in documents} == {"Python"}
    assert not any("\x1b" in document.text or "base64," in document.text for document in documents)
