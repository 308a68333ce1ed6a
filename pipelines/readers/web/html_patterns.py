"""What class names, ids and wording tell about parts of a page.

Where the main text lies and what is boilerplate follows the vocabulary of trafilatura (xpaths.py, Barbaresi 2021) and
readability. What was added or left out was decided by the F1 of wanted and unwanted segments on half A of annotated
pages (benchmarks/extraction.py).
"""

import re

# Selectors of the element that holds the main text, the surest first.
CONTAINERS = (
    ",".join(
        [
            '[itemprop="articleBody"]',
            '[class~="post"]',
            '[class~="entry"]',
            "#articleContent",
            *(
                f'[class*="{name}" i]'
                for name in (
                    "entry-content",
                    "article-content",
                    "articlecontent",
                    "article__content",
                    "post-content",
                    "post_content",
                    "postcontent",
                    "post-text",
                    "post-body",
                    "post-entry",
                    "postentry",
                    "article-text",
                    "articletext",
                    "article-body",
                    "article__body",
                    "articlebody",
                    "body-text",
                )
            ),
            *(f'[id*="{name}" i]' for name in ("entry-content", "article-content", "article-body", "articlebody")),
        ]
    ),
    "article",
    ",".join(
        [
            '[role="article"]',
            "#article",
            "#story",
            '[class^="article "]',
            '[id^="primary"]',
            *(
                f'[class*="{name}" i]'
                for name in (
                    "story-body",
                    "storycontent",
                    "story-content",
                    "blog-content",
                    "section-content",
                    "single-content",
                    "single-post",
                    "main-column",
                    "field-body",
                    "fulltext",
                )
            ),
        ]
    ),
    ",".join(
        [
            "#content",
            '[class="content"]',
            *(f'[id*="{name}" i]' for name in ("content-main", "main-content", "content-body")),
            *(f'[class*="{name}" i]' for name in ("main-content", "page-content", "content-body", "content_body")),
        ]
    ),
    'main,[role="main"],[id^="main"],[class^="main"]',
)

_BOILERPLATE_NAMES = (
    "share", "social", "sociable", "newsletter", "subscribe", "cookie", "consent", "tags", "sidebar", "banner",
    "breadcrumb", "bread-crumb", "author", "byline", "user-info", "user-profile", "article-infos", "subnav",
    "avigation", "navbar", "navbox", "menu", "toolbar", "pager", "pagination", "outbrain", "taboola", "criteo",
    "advert", "promo", "teaser", "recommend", "elated", "next-", "-stories", "most-popular", "more-on",
    "footer", "embed", "rating", "timestamp", "comment", "kommentar", "disqus", "akismet", "noprint",
    "copyright", "licen", "disclaimer", "disclosure", "werbung", "likes", "legend", "credit", "contact",
    "login", "alert",
)  # fmt: skip
_BOILERPLATE_CLASSES = (
    "meta", "caption", "hidden-print", r"widget(?<!elementor-widget)", r"\bprint(?![a-z])", r"(?:^|\s)hidden(?:\s|$)",
    r"^nav", r"(?:^|\s)ad(?:-|\s)", "gutter", "linenos",
)  # fmt: skip
# Of class names and ids in lower case.
BOILERPLATE_NAME = re.compile("|".join(re.escape(name) for name in _BOILERPLATE_NAMES))
BOILERPLATE_CLASS = re.compile("|".join(_BOILERPLATE_CLASSES))
HIDDEN_STYLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)

# Lines that are a page's furniture in whatever language it speaks.
LABEL = re.compile(
    r"(?:[-–\s]*(?:anzeige|werbung|advertisement|publicité|reklama|publicidad)[-–\s]*|©.{0,80}|\(c\) \d{4}.{0,60}"
    r"|mehr zum thema|weiterlesen|kommentare|related(?: posts| articles)?|share(?: this)?|read more|comments?"
    r"|lire aussi|à lire aussi|zobacz (?:także|również)|leer más|leggi anche):?",
    re.IGNORECASE,
)
