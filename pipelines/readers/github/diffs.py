"""A file's patch, as GitHub's REST API gives it, cut into hunks."""


def hunks_of(patch: str) -> list[str]:
    """The hunks of a unified diff without file headers, each from its `@@` line on."""
    hunks: list[list[str]] = []
    for line in patch.split("\n"):
        if line.startswith("@@ ") or not hunks:
            hunks.append([])
        hunks[-1].append(line)
    return ["\n".join(hunk) for hunk in hunks if any(hunk)]
