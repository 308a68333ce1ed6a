"""An object store that goes away for 30 seconds: SeaweedFS stopped, and killed and started again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from tests.faults.bench import Bench, until_running
from tests.faults.processes import last_message
from tests.faults.scenario import Scenarios
from tests.services.processes import kill_group
from tests.services.seaweed import BUCKET, ObjectStore, seaweed

STORES = Scenarios()
DOWN_SECONDS = 30


@contextmanager
def store_of(bench: Bench, name: str) -> Iterator[ObjectStore]:
    """A store whose settings are this process's and so the driver's; executors have them from the driver."""
    folder = bench.folder / name
    folder.mkdir()
    with seaweed(folder) as store, patch.dict(os.environ, store.settings()):
        yield store


def executors_settings(store: ObjectStore) -> dict[str, str]:
    """Executors were started before the store: they are told where it is."""
    return {f"spark.executorEnv.{name}": value for name, value in store.settings().items()}


def down(bench: Bench, name: str, before: str, go: Callable[[ObjectStore], None]) -> str:
    """The run while the store is away: it waits and goes on, or stops with one message and is started again."""
    with store_of(bench, name) as store:
        lake = f"s3://{BUCKET}/{name}"
        settings = executors_settings(store)
        run = bench.start(lake, settings=settings)
        until_running(run, lake, before)
        go(store)
        waited = run.wait() == 0
        if not waited:
            message = last_message(run)
            bench.nothing_wrong_is_visible(lake)
            again = bench.start(lake, settings=settings)
            assert again.wait() == 0, again.text()[-3000:]
        bench.compare(lake)
    return "the run waited and went on" if waited else f"stopped: `{message}`; the same command finished"


def stop_and_continue(store: ObjectStore) -> None:
    """Requests hang."""
    os.killpg(store.process.pid, signal.SIGSTOP)
    time.sleep(DOWN_SECONDS)
    os.killpg(store.process.pid, signal.SIGCONT)


@STORES("object store hangs for 30 s, in annotate")
def store_hangs(bench: Bench) -> str:
    return down(bench, "hangs", "ingest", stop_and_continue)


@STORES("object store killed (kill -9) and started 30 s later, in annotate")
def store_killed(bench: Bench) -> str:
    started: list[subprocess.Popen[bytes]] = []

    def kill_and_start(store: ObjectStore) -> None:
        kill_group(store.process)
        time.sleep(DOWN_SECONDS)
        with (bench.folder / "killed" / "again.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    store.process.args,
                    env=os.environ | {"HOME": str(bench.folder / "killed")},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    try:
        return down(bench, "killed", "ingest", kill_and_start)
    finally:
        for process in started:
            kill_group(process)
