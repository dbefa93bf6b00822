"""Traffic: whoever watches the memory is woken by bytes, and seldom without."""

import trio
from trio.testing import MockClock

from ruil.node.network.traffic import Traffic


async def test_many_bytes_wake_who_waits_at_once_and_few_do_not(autojump_clock: MockClock) -> None:
    del autojump_clock  # asked for by its name
    traffic = Traffic(1_000)
    woken: list[float] = []

    async def watch() -> None:
        while True:
            await traffic.wait(30)
            woken.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        began = trio.current_time()
        nursery.start_soon(watch)
        await trio.sleep(5)
        traffic.count(999)
        await trio.sleep(5)
        assert woken == []
        traffic.count(1)
        await trio.sleep(5)
        assert woken == [began + 10]
        traffic.count(999)  # counting began anew
        await trio.sleep(30)
        assert woken == [began + 10, began + 40]
        nursery.cancel_scope.cancel()
