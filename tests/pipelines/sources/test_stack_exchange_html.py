"""The HTML of posts as text: golden cases, and what no post may do."""

import sys
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.readers.stack_exchange.html_text import text_of_html

GOLDEN: Final = {
    "paragraphs, white space, line breaks": (
        "<p>one\n  two</p>\n\n<p>three<br>four&nbsp;five</p>",
        "one two\n\nthree\nfour five",
    ),
    "code with its language": (
        '<p>Try</p>\n<pre class="lang-py prettyprint-override"><code>def f(a):\n\n    return a &lt; 1\n</code></pre>\n<p>.</p>',
        "Try\n\n```py\ndef f(a):\n\n    return a < 1\n```\n\n.",
    ),
    "code without one": ('<pre class="lang-none"><code>a  b\n</code></pre>', "```\na  b\n```"),
    "code that has fences in it": ("<pre><code>```\nx\n```</code></pre>", "````\n```\nx\n```\n````"),
    "code in a line": ("<p>a <code>x</code>, <code>`y`</code> and <code></code>.</p>", "a `x`, `` `y` `` and ."),
    "tags in code are none": ("<pre><code>if a &lt;b&gt; c: <b>d</b></code></pre>", "```\nif a <b> c: d\n```"),
    "emphasis": ("<p><em>a</em> <strong>b</strong> <s>c</s><b></b></p>", "*a* **b** ~~c~~"),
    "links keep their words, images go": (
        '<p>See <a href="https://a.example">here</a><img src="b.png" alt="enter image description here">.</p>',
        "See here.",
    ),
    "a list": ("<p>a</p><ul>\n<li>b</li>\n<li>c</li>\n</ul>\n<p>d</p>", "a\n\n- b\n- c\n\nd"),
    "lists in lists": (
        "<ol>\n<li>a\n<ul>\n<li>b</li>\n</ul></li>\n<li>c</li>\n</ol>",
        "1. a\n   - b\n2. c",
    ),
    "paragraphs and code in an item": (
        "<ul><li><p>a</p><p>b</p><pre><code>x\n\ny</code></pre></li></ul>",
        "- a\n\n  b\n\n  ```\n  x\n\n  y\n  ```",
    ),
    "two quotes": (
        '<blockquote><p>a</p><p>b</p></blockquote><blockquote class="spoiler"><p>c</p></blockquote>',
        "> a\n>\n> b\n\n> c",
    ),
    "headings and rules": ("<h2>a</h2><hr/><h3>b</h3>c", "## a\n\n---\n\n### b\n\nc"),
    "powers and indices": ("<p>10<sup>9</sup> H<sub>2</sub>O<sup> 1</sup></p>", "10^9 H2O^ 1"),
    "a table": (
        "<table><thead><tr><th>a</th><th>b|c</th></tr></thead><tbody><tr><td>1</td><td><code>x</code></td></tr></table>",
        "| a | b\\|c |\n|---|---|\n| 1 | `x` |",
    ),
    "formulas stay": (r"<p>$a &lt; \frac{1}{2}$</p>", r"$a < \frac{1}{2}$"),
    "references are read once": ("<p>&amp;lt; &#955; &#x3bb; &bogus;</p>", "&lt; λ λ &bogus;"),
    "what is no tag": ("a < b > c <3 <", "a < b > c <3 <"),
    "comments, scripts and styles are not shown": (
        "<!-- language: lang-js --><script>x</script><style>y</style><p>z</p>",
        "z",
    ),
    "what is never closed": ("<li>a<li>b<pre><code>c", "- a\n\n- b\n\n  ```\n  c\n  ```"),
    "code that a paragraph closes": ("<p><code>a</p><p>b</p>", "`a`\n\nb"),
    "special tokens are text": ("<p>&lt;|endoftext|&gt;</p>", "<|endoftext|>"),
    "nothing": ("<p> &nbsp; </p>", ""),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    source, text = GOLDEN[name]
    assert text_of_html(source) == text


PIECES = ("<p>", "</p>", "<ul>", "<li>", "</li>", "</ul>", "<pre>", "</pre>", "<code>", "</code>", "<blockquote>")
MORE = (
    "</blockquote>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<b>",
    "</b>",
    "z",
    " ",
    "\n",
    "`",
    "&lt;",
    "&#0;",
    "<",
    "\0",
)


@given(st.lists(st.sampled_from(PIECES + MORE)).map("".join))
def test_any_order_of_tags_gives_text_with_every_letter(source: str) -> None:
    text = text_of_html(source)
    assert text.count("z") == source.count("z")
    assert "\0" not in text


@given(st.text())
def test_any_text_is_read(source: str) -> None:
    assert isinstance(text_of_html(source), str)


@pytest.mark.parametrize(
    "piece",
    [
        "<blockquote>",
        "<",
        '<a "',
        "</li><ul>",
        "<li>",
        "<pre>",
        "&",
        "&#",
        "<!--",
        "<table><tr><td>",
        "<b>",
        "<sup>",
        "`",
    ],
)
def test_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Counted in calls of the interpreter, which a busy machine does not change."""
    calls = [_calls(piece * repeats) for repeats in (500, 1000)]
    assert calls[1] < 2.5 * calls[0] + 1000


def _calls(source: str) -> int:
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        text_of_html(source)
    finally:
        sys.setprofile(None)
    return count
