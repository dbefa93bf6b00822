"""How a figure is measured: CPU seconds, ours and the limit in turn, the median of the ratios."""

import statistics
import time
from collections.abc import Callable, Iterable

ROUNDS = 15  # short and many: the machine is shared, and its speed drifts within seconds


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call, all threads of this process."""
    before = time.process_time()
    work()
    return time.process_time() - before


def wall(work: Callable[[], object]) -> float:
    """Seconds of one call by the clock."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def ratio(
    ours: Callable[[], object],
    limit: Callable[[], object],
    clock: Callable[[Callable[[], object]], float] = cpu,
) -> tuple[float, float]:
    """(our median seconds, median of limit / ours over the rounds): 1.0 is as fast as the limit."""
    mine: list[float] = []
    ratios: list[float] = []
    for _ in range(ROUNDS):
        theirs = clock(limit)
        mine.append(clock(ours))
        ratios.append(theirs / mine[-1])
    return statistics.median(mine), statistics.median(ratios)


def in_turn(rounds: Iterable[Iterable[tuple[Callable[[], object], Callable[[], object]]]]) -> tuple[float, float]:
    """As `ratio`, for work that comes in pieces: of each piece first the limit, then ours, some milliseconds each, so
    that what else the machine does meets both. The ratio of a round is that of its sums."""
    mine: list[float] = []
    ratios: list[float] = []
    for pieces in rounds:
        limit_seconds = our_seconds = 0.0
        for limit, ours in pieces:
            limit_seconds += cpu(limit)
            our_seconds += cpu(ours)
        mine.append(our_seconds)
        ratios.append(limit_seconds / our_seconds)
    return statistics.median(mine), statistics.median(ratios)


def figure(
    what: str, value: float, unit: str, ratio_: float, bar: float, *, at_most: bool = False
) -> dict[str, object]:
    """One line of the report. `at_most`: the ratio must not pass the bar; else it must reach it."""
    ok = ratio_ <= bar if at_most else ratio_ >= bar
    return {"what": what, "value": round(value, 4), "unit": unit, "ratio": round(ratio_, 3), "bar": bar, "ok": ok}
