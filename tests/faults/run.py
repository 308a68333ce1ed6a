"""The whole fault suite: `python -m tests.faults.run [PART OF A NAME...]` prints its table as Markdown."""

import signal
import sys
import tempfile
import traceback
from pathlib import Path

from tests.faults.bench import bench
from tests.faults.disk import NotHere, small_disk
from tests.faults.scenario import run
from tests.faults.table import HEAD, SCENARIOS, line

SPARK_MEGABYTES = 400


def main() -> None:
    """Run them in order; exit code 1 when a promise was broken."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # the cluster and the disk go with it
    asked = sys.argv[1:]
    chosen = [each for each in SCENARIOS if not asked or any(part in each.name for part in asked)]
    broken = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with small_disk(folder / "spark", SPARK_MEGABYTES) as disk, bench(folder / "bench", disk) as here:
            print(f"An undisturbed run took {here.undisturbed_seconds:.0f} s.\n\n{HEAD}", flush=True)
            for scenario in chosen:
                try:
                    print(line(run(scenario, here)), flush=True)
                except NotHere as reason:
                    print(f"{scenario.name}: not tried here, {reason}", file=sys.stderr)
                except Exception:
                    broken.append(scenario.name)
                    traceback.print_exc()
    if broken:
        raise SystemExit(f"broken: {', '.join(broken)}")


if __name__ == "__main__":
    main()
