"""The one place where any exception is caught: around code that feeds a stranger's bytes to libp2p.

libp2p runs every stream in the nursery of the whole host. A stream opened with a protocol id that is not UTF-8, or a
handler that raises, ends the process (both reproduced: tests/node/network/test_K1…, test_K4…). The exceptions that a
stranger can provoke in there are not a closed list, so we name none.
"""

import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("ruil.network")


async def contained(work: Callable[[], Awaitable[None]], what: str, *, level: int = logging.INFO) -> str | None:
    """Run `work` to its end; return None, or what went wrong as words. Cancellation passes through."""
    trouble: str | None = None
    try:
        await work()
    except* Exception as why:
        leaf = _leaf(why)
        trouble = f"{type(leaf).__name__}: {leaf}"
        log.log(level, "%s: %s", what, trouble, exc_info=leaf if level >= logging.ERROR else None)
    return trouble


def _leaf(why: BaseException) -> BaseException:
    while isinstance(why, BaseExceptionGroup):
        why = why.exceptions[0]
    return why
