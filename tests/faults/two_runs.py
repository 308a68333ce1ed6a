"""Two runs at once over one lake."""

from tests.faults import lakes
from tests.faults.bench import Bench, differences
from tests.faults.scenario import Scenarios

TWO_RUNS = Scenarios()
HALF = {"spark.cores.max": "1"}  # else the first has all cores, and the second waits for its end
OTHER_RATIO = "0.25"
POINTER = "latest"  # names the mixture that was finished last


@TWO_RUNS("two runs at once: the same command", quick=True)
def same_command(bench: Bench) -> str:
    lake = bench.lake("both")
    runs = [bench.start(lake, settings=HALF) for _ in range(2)]
    for run in runs:
        assert run.wait() == 0, run.text()[-3000:]
    bench.compare(lake)
    return "both finished, with the same bytes under the same names"


@TWO_RUNS("two runs at once: two ratios")
def two_ratios(bench: Bench) -> str:
    alone = bench.lake("ratio-alone", filled=True)
    run = bench.start(alone, "--code-ratio", OTHER_RATIO)
    assert run.wait() == 0, run.text()[-3000:]
    expected = without_pointer(lakes.contents(str(alone)))
    lake = bench.lake("ratios")
    runs = [bench.start(lake, settings=HALF), bench.start(lake, "--code-ratio", OTHER_RATIO, settings=HALF)]
    for run in runs:
        assert run.wait() == 0, run.text()[-3000:]
    found = without_pointer(lakes.contents(str(lake)))
    assert found == expected, differences(found, expected)
    return "both finished, with the bytes of the two run alone"


def without_pointer(contents: dict[str, str]) -> dict[str, str]:
    """All but what names the mixture that was finished last."""
    return {path: digest for path, digest in contents.items() if not path.endswith(f"/{POINTER}")}
