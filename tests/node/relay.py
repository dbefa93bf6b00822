"""A relay: a stretch of wire between two nodes that a test can cut. What is sent meanwhile is held up, as by a network
that loses every packet: neither end is told that the other can't hear it."""

import contextlib
import threading
from collections.abc import Iterator

import trio

from tests.node.prompt import PATIENCE_SECONDS


class Relay:
    """`address` leads to the port on this machine that `to` names, unless the wire is cut. It is cut by itself once so
    many bytes have come from there as it `passes`."""

    def __init__(self, to: int, passes: int | None = None) -> None:
        self._passes = passes
        self.address = ""
        self._to = to
        self._whole = trio.Event()
        self._whole.set()
        self._end = trio.CancelScope()
        self._token: trio.lowlevel.TrioToken | None = None
        self._ready = threading.Event()

    def cut(self) -> None:
        """From now on nothing passes, in both directions."""
        trio.from_thread.run_sync(self._cut, trio_token=self._token)

    def mend(self) -> None:
        """Everything passes again, and what was held up first."""
        trio.from_thread.run_sync(self._mend, trio_token=self._token)

    def open(self) -> None:
        """Everything passes from now on, however much it is."""
        self._passes = None
        self.mend()

    def _cut(self) -> None:
        self._whole = trio.Event()

    def _mend(self) -> None:
        self._whole.set()

    async def _run(self) -> None:
        with self._end:
            (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
            self.address = f"127.0.0.1:{listener.socket.getsockname()[1]}"
            self._token = trio.lowlevel.current_trio_token()
            self._ready.set()
            await trio.serve_listeners(self._join, [listener])

    async def _join(self, near: trio.SocketStream) -> None:
        await self._whole.wait()
        with contextlib.suppress(OSError):
            far = await trio.open_tcp_stream("127.0.0.1", self._to)
            async with far, near, trio.open_nursery() as nursery:
                nursery.start_soon(self._carry, near, far, nursery.cancel_scope)
                nursery.start_soon(self._carry, far, near, nursery.cancel_scope, True)

    async def _carry(
        self, source: trio.SocketStream, target: trio.SocketStream, either: trio.CancelScope, back: bool = False
    ) -> None:
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async for data in source:
                await self._whole.wait()
                await target.send_all(data)
                if back and self._passes is not None:
                    self._passes -= len(data)
                    if self._passes <= 0:
                        self._cut()
        await self._whole.wait()
        either.cancel()


@contextlib.contextmanager
def relay(to: int, passes: int | None = None) -> Iterator[Relay]:
    """A relay for as long as this lasts; it runs in a thread of its own."""
    made = Relay(to, passes)
    thread = threading.Thread(target=trio.run, args=(made._run,))
    thread.start()
    assert made._ready.wait(PATIENCE_SECONDS)
    try:
        yield made
    finally:
        made._token.run_sync_soon(made._end.cancel)
        thread.join()
