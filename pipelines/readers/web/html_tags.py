"""Elements of HTML by what they mean for a page's text."""

VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
))  # fmt: skip
# Passed over, whatever is in them.
SKIPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "audio", "video", "math",
    "head", "rt", "rp", "button", "select", "textarea", "label", "input", "option", "datalist", "dialog",
))  # fmt: skip
# Boilerplate, unless they hold much of the text.
DROPPED = frozenset(("nav", "aside", "footer", "figure", "form", "time", "menu"))
# Those that go on with a line; all others begin a block.
INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "mark", "q", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "tt", "u", "var", "wbr",
))  # fmt: skip
HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = frozenset(("ul", "ol"))
# Boilerplate if most of their text is that of links.
LINK_JUDGED = frozenset(("ul", "ol", "dl", "div", "p", "table", "section", "li", "h2", "h3", "h4", "h5", "h6"))
# Gone too when little is left once a part of them is gone.
EMPTIED = frozenset(("div", "section", "td", "li"))
