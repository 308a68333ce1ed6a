"""Main text of HTML pages with resiliparse."""

import re

from resiliparse.extract.html2text import extract_plain_text

MAX_NESTING = 512  # Chromium flattens deeper trees (kMaximumHTMLParserDOMTreeDepth)
BLOCK_TAG = re.compile(r"<(/?)(?:div|article)\b", re.IGNORECASE)  # those that cost main_content quadratic time


def extract_main_text(html: str) -> str:
    """The page's main text, paragraphs, lists and preformatted text as lines.

    The options were measured on 981 hand-annotated pages of the web: without comments, post metadata and
    navigation the F1 of wanted and unwanted segments is 0.863 (with the defaults 0.848, for all of the text
    0.701).
    """
    return str(
        extract_plain_text(
            html,
            main_content=True,
            preserve_formatting=True,
            list_bullets=True,
            alt_texts=False,
            links=False,
            form_fields=False,
            noscript=False,
            comments=False,
            post_meta=False,
            skip_elements=["nav", "aside", "footer"],
        )
    )


def nesting(html: str) -> int:
    """The most `<div>` and `<article>` open at once, going by start and end tags."""
    depth = deepest = 0
    for tag in BLOCK_TAG.finditer(html):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest
