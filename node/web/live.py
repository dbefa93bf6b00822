"""News for open pages, as server-sent events: that something changed, never what a stranger wrote."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import trio

from ruil.node.web.text import frame

GATHER_SECONDS: Final = 0.2  # a sync brings hundreds of entries; the pages are told once
QUIET_SECONDS: Final = 20.0  # a comment after this, so that a closed browser is noticed
READERS_MAX: Final = 32


class News:
    """Counts what happened; every reader is told of the newest count, and misses none while it was away."""

    def __init__(self) -> None:
        self.count = 0
        self._more = trio.Event()
        self.readers = 0

    def happened(self) -> None:
        """Something new stands."""
        self.count += 1
        self._more.set()
        self._more = trio.Event()

    async def frames(self, about: Callable[[], str], seen: int) -> AsyncIterator[bytes]:
        """Frames for one open page, until it is closed. `about` gives the text of a `changed` event when it is sent.
        `seen` is the count when the page was made: what happened before it came to listen, it hears of at once."""
        self.readers += 1
        try:
            yield frame("ready", about())
            while True:
                if seen == self.count:
                    with trio.move_on_after(QUIET_SECONDS) as quiet:
                        await self._more.wait()
                    if quiet.cancelled_caught:
                        yield b": still here\n\n"
                        continue
                await trio.sleep(GATHER_SECONDS)
                seen = self.count
                yield frame("changed", about())
        finally:
            self.readers -= 1
