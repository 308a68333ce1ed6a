"""Main text of pages: the structure that is kept, the boilerplate that goes."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.readers.web.html import declared_language, extract_main_text

SENTENCE = "The lighthouse keeper wrote down the weather every evening, and nobody read it for years."
BODY = f"<p>{SENTENCE}</p>" * 4

GOLDEN = {
    "paragraphs": (
        "<p>One <b>bold</b>\n word.</p><p>Two<br>lines.</p><div>Three</div>four",
        "One bold word.\n\nTwo\nlines.\n\nThree\n\nfour",
    ),
    "anchors that stay open": (
        f'<div><a name="x"/><p>{SENTENCE}</p><a id="y"/><p>{SENTENCE}</p></div>',
        f"{SENTENCE}\n\n{SENTENCE}",
    ),
    "breaks and spaces in a row": ("<p>a<br><br> <br>&nbsp;<br>b <b> c</b> </p>", "a\n\nb c"),
    "headings": (
        "<h1>Title</h1><p>Text.</p><h2>Part <em>one</em></h2><p>More.</p>",
        "Title\n\nText.\n\nPart one\n\nMore.",
    ),
    "a heading that nothing follows": ("<p>Text.</p><h2>Read more</h2>", "Text."),
    "lists": (
        "<p>Buy:</p><ul><li>one</li><li>two<ul><li>inner</li></ul></li></ul><p>Then.</p>",
        "Buy:\n\n- one\n- two\n  - inner\n\nThen.",
    ),
    "numbered lists": (
        "<ol start=9><li>x</li><li><p>y</p><p>still y</p></li></ol>",
        "9. x\n10. y\n\n  still y",
    ),
    "two lists": ("<ul><li>a</ul><ul><li>b</ul>", "- a\n\n- b"),
    "code": (
        "<p>Call:</p><pre><code>def f(x):\n    if x &lt; 1:\n\n        return <b>x</b>\n</code></pre><p>Done.</p>",
        "Call:\n\ndef f(x):\n    if x < 1:\n\n        return x\n\nDone.",
    ),
    "code within a line": ("<p>Use <code>x = 1</code> now.</p>", "Use x = 1 now."),
    "code with numbered lines beside it": (
        '<table><tr><td class="linenos"><pre>1\n2</pre></td><td class="code"><pre>a = 1\n  b</pre></td></tr></table>',
        "a = 1\n  b",
    ),
    "tables": (
        "<p>See:</p><table><thead><tr><th>A<th>B</thead><tr><td>1<td>2<tr><td>3<td></table><p>End.</p>",
        "See:\n\nA | B\n1 | 2\n3 |\n\nEnd.",
    ),
    "a table for layout": (
        f"<table><tr><td><h1>Left</h1><p>{SENTENCE}</p></td><td><p>{SENTENCE}</p><p>Right</p></td></tr></table>",
        f"Left\n\n{SENTENCE}\n\n{SENTENCE}\n\nRight",
    ),
    "quotes and definitions": (
        "<blockquote>Said.</blockquote><dl><dt>term</dt><dd>what it is</dd></dl>",
        "Said.\n\nterm\n\nwhat it is",
    ),
    "entities and spaces": ("<p>a&nbsp;b &amp;lt; co\u00adop &eacute;</p>", "a b &lt; coop é"),
    "rubies": ("<p><ruby>災害<rp>(</rp><rt>さいがい</rt><rp>)</rp></ruby>に</p>", "災害に"),
    "scripts, styles and comments": (
        "<script>a<b</script><style>p{}</style><!-- <p>no</p> --><p>Yes.</p><noscript>no</noscript>",
        "Yes.",
    ),
    "attributes with markup": ('<p title="<script>" data-x=\'"><b\'>Text.</p>', "Text."),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_structure(name: str) -> None:
    html, expected = GOLDEN[name]
    assert extract_main_text(html) == expected


BOILERPLATE = {
    "navigation": "<nav><p>Home page</p></nav>",
    "a list of links": '<ul><li><a href="/a">Home</a></li><li><a href="/b">About us</a></li></ul>',
    "a box by its class": '<div class="social-share"><p>Tell your friends</p></div>',
    "a box by its id": '<div id="Newsletter-box"><p>Subscribe now</p></div>',
    "hidden parts": '<div style="display: none"><p>Not to be seen</p></div>',
    "hidden from readers": '<p aria-hidden="true">Not to be heard</p>',
    "a form": "<form><p>Your name</p><button>Send</button></form>",
    "a label": "<p>Advertisement</p>",
    "a related part": '<section><h3>More like this</h3><ul class="related"><li>A story</li></ul></section>',
}


@pytest.mark.parametrize("name", BOILERPLATE)
def test_boilerplate_goes(name: str) -> None:
    page = f"<html><body><article><h1>Log</h1>{BODY}{BOILERPLATE[name]}<p>The end.</p></article></body></html>"
    assert extract_main_text(page) == "Log\n\n" + f"{SENTENCE}\n\n" * 4 + "The end."


def test_the_main_part_is_found() -> None:
    side = "<div><p>Weather in town: rain, later wind from the west and some sun.</p></div>"
    for main in (
        f"<article>{BODY}</article>",
        f'<div class="entry-content">{BODY}</div>',
        f"<main>{BODY}</main>",
    ):
        assert extract_main_text(f"<body>{side}{main}{side}</body>") == "\n\n".join([SENTENCE] * 4)


def test_a_name_alone_takes_no_main_text_away() -> None:
    page = f'<body><div class="layout has-sidebar">{BODY * 3}</div></body>'
    assert extract_main_text(page).count(SENTENCE) == 12


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<!DOCTYPE html><html class="x" lang="de-AT"><p lang="en">', "de-AT"),
        ("<HTML LANG=pt_BR>", "pt_BR"),
        ('<html xml:lang="zh-Hant">', "zh-Hant"),
        ("<html><p lang=en>", None),
        ('<html lang="">', None),
        ('<html lang="a very long text that is no language">', None),
    ],
)
def test_declared_language(html: str, expected: str | None) -> None:
    assert declared_language(html) == expected


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<b>",
        "<ul><li>",
        "<table><tr><td>",
        "<pre>",
        "<a>",
        '<p class="',
        "<!--",
        "<script>",
        "<p",
        "&",
        '<x "',
        "</p>",
    ],
)
def test_repeated_pieces_cost_linear_time(piece: str) -> None:
    """A quadratic rule takes minutes here, and the test run's limit."""
    assert isinstance(extract_main_text(f"<p>{SENTENCE}</p>" + piece * 20_000), str)


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div>",
                "</div>",
                "<ul>",
                "<li>",
                "</ul>",
                "<ol>",
                "<table>",
                "<tr>",
                "<td>",
                "</table>",
                "<pre>",
                "</pre>",
                "<a>",
                "</a>",
                "<h1>",
                "</h1>",
                "<br>",
                "<hr>",
                "<img>",
                "<svg>",
                "</svg>",
                "<script>",
                "</script>",
                "<!--",
                "-->",
                "<b>",
                "</b>",
                "text",
                "&amp;",
                '"',
                "<",
                ">",
                "<template>",
                "<select>",
                "<nav>",
                "</nav>",
            ]
        ),
        max_size=40,
    )
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_any_soup_gives_text_without_tags_of_its_own(pieces: list[str]) -> None:
    text = extract_main_text(" ".join(pieces))
    assert text == text.strip("\n")
    assert text.count("text") <= pieces.count("text")
