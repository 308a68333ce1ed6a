"""Tables on a terminal: one look for all of them."""

from rich import box
from rich.table import Table


def plain_table(title: str | None = None) -> Table:
    """An empty table: a line below its header, none around it, its title on the left."""
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
