"""Disks that fill up: the lake's and that of Spark's shuffles. Another program's file takes the room, and goes away."""

from tests.faults.bench import Bench, until_running
from tests.faults.disk import small_disk
from tests.faults.processes import last_message
from tests.faults.scenario import Scenarios

DISKS = Scenarios()
MEGABYTES = 64


@DISKS("disk full: the lake, in annotate", quick=True)
def lake_full(bench: Bench) -> str:
    with small_disk(bench.folder / "full", MEGABYTES) as disk:
        lake = disk.path / "lake"
        run = bench.start(lake)
        until_running(run, lake, "ingest")
        disk.fill()
        assert run.wait() != 0, "there was room"
        message = last_message(run)
        assert "No space left" in message, message
        bench.nothing_wrong_is_visible(lake)
        disk.free()
        bench.finish(lake)
    return f"stopped: `{message}`; with room again the same command finished"


@DISKS("disk full: Spark's local folders, in dedup")
def shuffles_full(bench: Bench) -> str:
    lake = bench.lake("shuffles")
    run = bench.start(lake)
    until_running(run, lake, "decide")
    bench.spark_disk.fill()
    try:
        assert run.wait() != 0, "there was room"
    finally:
        bench.spark_disk.free()
    message = last_message(run)
    assert "No space left" in message, message
    bench.nothing_wrong_is_visible(lake)
    bench.finish(lake)
    return f"stopped: `{message}`; with room again the same command finished"
