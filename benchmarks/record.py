"""The table of RESULTS.md that `make bench` writes: the last result of each name. All around it people have written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- `make bench` writes what follows. -->", "<!-- So far. -->"
HEADER = "| result | ratio | beside it | peak memory | run | on |\n|---|--:|---|--:|---|---|"
MOST_CHARS = 400  # of what stands beside a ratio


class Row(NamedTuple):
    """A result as it stands in the table."""

    name: str
    ratio: str
    beside: str
    peak_memory: str
    command: str

    @classmethod
    def of(cls, part: str, result: dict[str, Any], peak_bytes: int) -> "Row":
        """Of what `print_result` printed; `peak_bytes` are those of the part's largest process, without Spark's."""
        told = {name: value for name, value in result.items() if name not in ("name", "ratio")}
        beside = ", ".join(f"{name} {value}" for name, value in told.items())
        return cls(
            name=_cell(str(result["name"])),
            ratio=f"{float(result['ratio']):.4g}",
            beside=_cell(beside)[:MOST_CHARS],
            peak_memory=f"{peak_bytes / 1e6:,.0f} MB",
            command=f"`make bench ONLY={part}`",
        )


def write_rows(path: Path, rows: Sequence[Row], machine: str) -> None:
    """Put the rows into the file's table, each in place of the one of its name."""
    path.write_text(with_rows(path.read_text(encoding="utf-8"), rows, machine), encoding="utf-8")


def with_rows(text: str, rows: Sequence[Row], machine: str) -> str:
    """The file's text with them; ValueError where the table's marks are missing."""
    before, begin, rest = text.partition(BEGIN)
    table, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the results have no table between {BEGIN!r} and {END!r}")
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines() if line.startswith("| ")}
    lines.pop("result", None)
    on = f"{_cell(machine)}; {datetime.now(UTC):%d %B %Y}"
    for row in rows:
        lines[row.name] = f"| {' | '.join((*row, on))} |"
    return before + begin + "\n\n" + "\n".join((HEADER, *lines.values())) + "\n\n" + end + after


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
