"""The compiled loop that finds the first of equal occurrences."""

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import kernel


@kernel
def mark_behind_first(
    sort: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    checks: NDArray[np.uint64],
    orders: NDArray[np.int64],
    positions: NDArray[np.int64],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    is_behind: NDArray[np.bool_],
) -> None:
    """Mark all but the first of equal (hash, check), by (order, position, start), and what overlaps the first.

    `sort` are occurrences by hash. Those of one hash are looked at once for each check among them, nearly always once.
    """
    begin = 0
    while begin < len(sort):
        end = begin + 1
        while end < len(sort) and hashes[sort[end]] == hashes[sort[begin]]:
            end += 1
        handled = 0
        check = checks[sort[begin]]
        while handled < end - begin:
            first = -1
            for at in range(begin, end):
                one = sort[at]
                if checks[one] != check:
                    continue
                handled += 1
                if first < 0 or (orders[one], positions[one], starts[one]) < (
                    orders[first],
                    positions[first],
                    starts[first],
                ):
                    first = one
            following = check
            has_following = False
            for at in range(begin, end):
                one = sort[at]
                if checks[one] == check:
                    overlaps = positions[one] == positions[first] and starts[one] < ends[first]
                    is_behind[one] = not overlaps
                elif checks[one] > check and (not has_following or checks[one] < following):
                    following, has_following = checks[one], True
            if not has_following:  # go round: those with a smaller check than the first one's are left
                for at in range(begin, end):
                    one = sort[at]
                    if not has_following or checks[one] < following:
                        following, has_following = checks[one], True
            check = following
        begin = end
