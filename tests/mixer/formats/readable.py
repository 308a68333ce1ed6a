"""Marks as readable text, `⟦pr⟧`, and texts taken apart at their marks."""

from mixer.segments import Rendered


def shown(rendered: Rendered) -> str:
    """Text with each mark spelled out where it stands."""
    return "".join(f"⟦{token.strip('<>')}⟧{piece}" if token else piece for token, piece in parts(rendered))


def parts(rendered: Rendered) -> list[tuple[str, str]]:
    """(token, the text up to the next mark), first the text before all marks if there is any, with token ""."""
    text, marks = rendered
    data = text.encode()
    stops = [at for at, _ in marks] + [len(data)]
    cut = [(token, data[at:stop].decode()) for (at, token), stop in zip(marks, stops[1:], strict=True)]
    return [("", data[: stops[0]].decode()), *cut] if stops[0] else cut
