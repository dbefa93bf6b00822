"""When a node needs no relay: somebody outside got through to it, lately."""

import trio
from trio.testing import MockClock

from ruil.node.network.relaying import OUTSIDE_SECONDS, Relaying


def relaying() -> Relaying:
    return Relaying(places=lambda: ("192.168.1.5:4001", "[2a00:1450:4001:81b::1]:4001", "home.example:4001"))


def test_who_comes_from_outside_shows_that_we_are_reached_and_for_a_while_after() -> None:
    async def story() -> None:
        made = relaying()
        assert not made.reached_from_outside
        with made.linked("9.9.9.9"):
            await trio.sleep(2 * OUTSIDE_SECONDS)
            assert made.reached_from_outside
        await trio.sleep(OUTSIDE_SECONDS - 1)
        assert made.reached_from_outside
        await trio.sleep(2)
        assert not made.reached_from_outside

    trio.run(story, clock=MockClock(autojump_threshold=0))


def test_who_comes_from_our_own_network_shows_nothing() -> None:
    async def story() -> None:
        made = relaying()
        for host in ("192.168.1.7", "127.0.0.1", "2a00:1450:4001:ffff::7"):
            with made.linked(host):
                assert not made.reached_from_outside, host

    trio.run(story, clock=MockClock(autojump_threshold=0))
