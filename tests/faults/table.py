"""All scenarios, and their table."""

from tests.faults.clocks import CLOCKS
from tests.faults.damage import DAMAGE
from tests.faults.disks import DISKS
from tests.faults.folders import FOLDERS
from tests.faults.processes import PROCESSES
from tests.faults.scenario import Row, Scenario
from tests.faults.stores import STORES
from tests.faults.two_runs import TWO_RUNS

SCENARIOS: tuple[Scenario, ...] = (*PROCESSES, *DISKS, *STORES, *DAMAGE, *FOLDERS, *CLOCKS, *TWO_RUNS)


HEAD = "| fault | what happened | seconds lost | bytes identical |\n|---|---|---:|---|"


def line(row: Row) -> str:
    """A row as it stands in docs/operations.md; a scenario that ends has checked the bytes."""
    return f"| {row.fault} | {row.happened} | {row.seconds_lost:.0f} | yes |"
