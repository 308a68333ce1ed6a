import hypothesis.strategies as st
from hypothesis import given

from pipelines.context import SPARK_TASK_BYTES, SPARK_TASKS_A_SLOT, spark_tasks

MB = 1 << 20


def test_small_tasks_share_a_spark_task_and_large_ones_do_not() -> None:
    assert spark_tasks(125, 1000 * MB, slots=2) == 16  # of eight files with 8 MB each
    assert spark_tasks(25, 200 * MB, slots=2) == 8  # four a slot, though all of it is three times 64 MB
    assert spark_tasks(25, 25 * SPARK_TASK_BYTES, slots=2) == 25
    assert spark_tasks(3, 1, slots=2) == 3


@given(st.integers(1, 10**6), st.integers(0, 10**15), st.integers(1, 10**4))
def test_no_slot_is_left_without_work_and_no_spark_task_without_a_task(n: int, size: int, slots: int) -> None:
    asked = spark_tasks(n, size, slots)
    assert 1 <= asked <= n
    assert asked == n or (asked >= SPARK_TASKS_A_SLOT * slots and asked * SPARK_TASK_BYTES >= size)
