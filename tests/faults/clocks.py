"""Clocks that are wrong: files from the past and the future, a driver in another year."""

import os
from pathlib import Path

from tests.faults.bench import Bench
from tests.faults.disk import NotHere
from tests.faults.scenario import Scenarios

CLOCKS = Scenarios()
PAST, FUTURE = 1_000_000, 4_070_908_800  # 1970 and 2099, in Unix seconds
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


@CLOCKS("clock skew: the lake's files are of 1970 and of 2099", on_finished_lake=True)
def old_and_new_files(bench: Bench) -> str:
    lake = bench.lake("dated", filled=True)
    for number, path in enumerate(sorted(lake.rglob("*"))):
        date = FUTURE if number % 2 else PAST
        os.utime(path, (date, date))
    run = bench.start(lake)
    assert run.wait() == 0, run.text()[-3000:]
    assert "nothing changed: no stage did any work" in run.text()
    bench.compare(lake)
    return "no stage did any work"


@CLOCKS("clock skew: the driver is five years ahead")
def driver_in_another_year(bench: Bench) -> str:
    if not Path(FAKETIME).exists():
        raise NotHere("no libfaketime: apt-get install faketime")
    lake = bench.lake("another-year")
    late = {"LD_PRELOAD": FAKETIME, "FAKETIME": "+1800d"}  # all clocks: with the monotonic one left out, sleep fails
    bench.finish(lake, environment=late)
    return "nothing: no date is in a shard, a part or a manifest"
