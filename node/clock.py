"""The one place a node reads the time."""

import time

from ruil.protocol.ids import Millis


def now() -> Millis:
    """Milliseconds since 1970 by this machine's clock."""
    return Millis(time.time_ns() // 1_000_000)


def busy() -> float:
    """Seconds of CPU time that the thread which asks has used so far."""
    return time.thread_time()
