"""A sweep: the same recipe at several code ratios."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from mixer.plan import Planner
from mixer.request import is_code
from pipelines.plain_table import plain_table
from pipelines.previews.outlook import Outlook


@dataclass(frozen=True)
class SweepRow:
    """The mixture at one code ratio."""

    code_ratio: float
    code_share: float  # of the planned tokens
    tokens: int
    is_feasible: bool  # at the recipe's budget
    largest_budget_tokens: int | None  # None: nothing limits it
    epochs: dict[str, float]  # by source, at the recipe's budget
    shares: dict[str, float]


def sweep(outlook: Outlook, ratios: Sequence[float]) -> list[SweepRow]:
    """A row a ratio; RecipeError for a ratio that has no source on a side that it asks for."""
    return [_row(outlook, ratio) for ratio in ratios]


def _row(outlook: Outlook, ratio: float) -> SweepRow:
    planner = outlook.planner
    phases = outlook.recipe.with_code_ratio(ratio).phase_requests()
    planner = Planner(planner.request.model_copy(update={"phases": phases}), planner.ledgers)
    planned, _ = planner.phases()
    totals = planner.totals(planned)
    tokens = sum(total.actual_tokens for total in totals)
    return SweepRow(
        code_ratio=ratio,
        code_share=sum(total.actual_tokens for total in totals if is_code(total.group)) / tokens,
        tokens=tokens,
        is_feasible=not planner.problems(planned),
        largest_budget_tokens=planner.largest_budget(),
        epochs={total.name: total.epochs for total in totals},
        shares={total.name: total.share for total in totals},
    )


def sweep_table(rows: Sequence[SweepRow], how: str) -> Table:
    """The sweep, a line a ratio."""
    table = plain_table(f"sweep over code ratios ({how})")
    for name in ("code ratio", "code share", "tokens", "feasible", "largest budget", "most epochs", "by source"):
        table.add_column(name, justify="left" if name == "by source" else "right", no_wrap=True)
    for row in rows:
        largest = "no limit" if row.largest_budget_tokens is None else f"{row.largest_budget_tokens:,}"
        source, epochs = max(row.epochs.items(), key=lambda pair: pair[1])
        feasible = "yes" if row.is_feasible else "no"
        numbers = (f"{row.code_ratio:g}", f"{row.code_share:.4f}", f"{row.tokens:,}", feasible, largest)
        table.add_row(*numbers, f"{epochs:.2f}", source)
    return table
