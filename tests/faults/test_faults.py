"""The quick scenarios; all of them: `make faults`."""

from collections.abc import Iterator

import pytest

from tests.faults.bench import Bench, bench
from tests.faults.disk import NotHere, small_disk
from tests.faults.run import SPARK_MEGABYTES
from tests.faults.scenario import Scenario, run
from tests.faults.table import SCENARIOS


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("faults")
    with small_disk(folder / "spark", SPARK_MEGABYTES) as disk, bench(folder / "bench", disk) as here:
        yield here


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenario", [each for each in SCENARIOS if each.quick], ids=lambda each: each.name.replace(" ", "-")
)
def test_the_same_command_finishes_with_the_same_bytes(started: Bench, scenario: Scenario) -> None:
    try:
        assert run(scenario, started).happened
    except NotHere as reason:
        pytest.skip(str(reason))
