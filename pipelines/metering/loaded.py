"""What a worker has loaded is no garbage.

pyspark's daemon collects garbage after every task, and looks through every module and compiled kernel for it: 80 ms of
CPU time over ours, more than some tasks take. After the first task of a kind all that is loaded is there to stay.
"""

import gc

_kept: set[str] = set()


def keep_loaded(kind: str) -> None:
    """On a worker: what is there after the first task of this kind is not looked through again."""
    if kind in _kept or not _in_a_task():
        return
    _kept.add(kind)
    gc.collect()
    gc.freeze()


def _in_a_task() -> bool:
    from pyspark import TaskContext

    return TaskContext.get() is not None
