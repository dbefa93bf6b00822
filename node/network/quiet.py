"""libp2p's log behind a rate limit: a hundred odd strangers made it write 700 lines to stderr (network defect L8)."""

import logging
import time
from typing import Final

LINES_PER_MINUTE: Final = 10


class RateLimited(logging.Handler):
    """Passes the first lines of every minute on to our own log, and then says how many it swallowed."""

    def __init__(self, lines_per_minute: int = LINES_PER_MINUTE) -> None:
        super().__init__()
        self._most = lines_per_minute
        self._minute = -1
        self._count = 0
        self._log = logging.getLogger("ruil.network.libp2p")

    def emit(self, record: logging.LogRecord) -> None:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            if self._count > self._most:
                self._log.info("%d more lines of libp2p not shown", self._count - self._most)
            self._minute, self._count = minute, 0
        self._count += 1
        if self._count <= self._most:
            # A stranger's oddity is an error to libp2p, and information to us.
            self._log.info("%s: %s", record.name, record.getMessage())


def quieten() -> None:
    """To be called after libp2p is imported, because importing it sets up its own logging."""
    logger = logging.getLogger("libp2p")
    if not any(isinstance(handler, RateLimited) for handler in logger.handlers):
        logger.handlers[:] = [RateLimited()]
        logger.propagate = False
    if not logging.getLogger().handlers:
        # libp2p logs some lines with logging.warning(), which would set up a root handler that prints everything.
        logging.getLogger().addHandler(logging.NullHandler())
