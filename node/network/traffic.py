"""Traffic: how much came and waits to go, so that whoever watches the memory looks when that is much.

Memory is filled by bytes: those that come, and those that wait in a queue. A look every two seconds, whether there were
any or not, was most of what a calm node did.
"""

import trio


class Traffic:
    """Counts bytes, and wakes who waits once `much` have been counted since the last time."""

    def __init__(self, much: int) -> None:
        self._much = much
        self._bytes = 0
        self._are_many = trio.Event()

    def count(self, size: int) -> None:
        """So many came, or wait to go."""
        self._bytes += size
        if self._bytes >= self._much:
            self._are_many.set()

    async def wait(self, seconds: float) -> None:
        """Until there were many, or so many seconds have passed; counting begins anew."""
        with trio.move_on_after(seconds):
            await self._are_many.wait()
        self._bytes = 0
        self._are_many = trio.Event()
