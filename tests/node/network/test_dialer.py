"""Whom the dialer tries, how often, and what a record of somebody else's place does not bring about."""

import functools
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise

import trio
from trio.testing import MockClock

from ruil.node.network.addresses import Address
from ruil.node.network.dialer import Dialer, Knocks, Why
from ruil.node.network.limits import NetworkLimits
from ruil.node.network.link import Link

OWN, ANNA, BEN = b"o" * 32, b"a" * 32, b"b" * 32
VICTIM = "9.9.9.9"


class Itself(Exception):
    """Our own address."""


Story = Callable[["World"], Awaitable[None]]


def jumping(story: Story) -> Callable[[], None]:
    """The test runs on a clock that jumps to whatever is due next."""

    @functools.wraps(story)
    def test() -> None:
        trio.run(story, World(), clock=MockClock(autojump_threshold=0))

    del test.__wrapped__  # type: ignore[attr-defined]  # pytest would ask for its arguments
    return test


class World:
    """A host that notes every dial, on a clock that jumps. At `open` addresses somebody answers with this key."""

    key = OWN

    def __init__(self) -> None:
        self.tried: list[tuple[float, Address]] = []
        self.open: dict[str, bytes] = {}
        self.links: dict[bytes, Link] = {}
        self.dialer = Dialer(NetworkLimits(), self.links, lambda _: False)

    async def connect(self, address: Address) -> bytes | None:
        self.tried.append((trio.current_time(), address))
        await trio.sleep(0.01)
        return self.open.get(str(address))

    async def after(self, seconds: float) -> list[tuple[float, Address]]:
        """What was tried in so many seconds."""
        start = trio.current_time()
        with trio.move_on_after(seconds):
            await self.dialer.run(self, Itself)
        return [(at - start, address) for at, address in self.tried]


@jumping
async def test_who_does_not_answer_is_tried_ever_more_seldom_and_never_given_up(world: World) -> None:
    world.dialer.add(Address("1.2.3.4", 4001))

    times = [at for at, _ in await world.after(3_600)]

    assert sum(at < 10 for at in times) >= 5
    assert max(b - a for a, b in pairwise(times)) <= 61
    assert times[-1] > 3_500


@jumping
async def test_who_answered_within_the_hour_is_tried_every_second_or_so_and_later_as_others_are(world: World) -> None:
    world.open["1.2.3.4:4001"] = ANNA
    world.dialer.add(Address("1.2.3.4", 4001))
    await world.after(1)
    world.open.clear()
    world.tried.clear()

    times = [at for at, _ in await world.after(7_200)]

    gaps = [b - a for a, b in pairwise(times)]
    assert max(gap for gap, at in zip(gaps, times, strict=False) if at < 3_500) < 1.6
    assert max(gap for gap, at in zip(gaps, times, strict=False) if at > 4_000) > 20


@jumping
async def test_when_many_are_missing_each_is_tried_less_often(world: World) -> None:
    for n in range(32):
        world.open[f"1.2.3.{n}:4001"] = bytes([n]) * 32
        world.dialer.add(Address(f"1.2.3.{n}", 4001))
    await world.after(1)
    world.open.clear()
    await world.after(60)
    world.tried.clear()

    assert len(await world.after(60)) < 60 * 32 / 3


@jumping
async def test_being_heard_of_again_ends_the_wait(world: World) -> None:
    address = Address("192.168.1.5", 4001, ANNA)
    world.dialer.add(address, Why.FOUND)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.dialer.run, world, Itself)
        await trio.sleep(300)
        world.tried.clear()
        world.dialer.add(address, Why.FOUND)
        await trio.sleep(0.1)
        assert len(world.tried) == 1
        nursery.cancel_scope.cancel()


@jumping
async def test_a_thousand_records_that_name_one_victim_are_a_handful_of_dials_an_hour(world: World) -> None:
    for n in range(1_000):
        world.dialer.add(Address(VICTIM, 1_024 + n, n.to_bytes(32, "big")), Why.BOOK)

    tried = await world.after(3_600)

    assert len(tried) <= 16  # after 2, 4, 8 … 600 s
    assert {address.host for _, address in tried} == {VICTIM}


@jumping
async def test_records_are_tried_a_few_a_second_and_forgotten_when_nobody_answers(world: World) -> None:
    for n in range(40):
        world.dialer.add(Address(f"9.9.{n}.9", 4001, n.to_bytes(32, "big")), Why.BOOK)

    tried = await world.after(300)

    assert Counter(address for _, address in tried).most_common(1)[0][1] == NetworkLimits().book_tries
    assert max(sum(at <= other < at + 1 for other, _ in tried) for at, _ in tried) <= 8 + 4 + 1
    assert world.dialer.count(Why.BOOK) == 0


@jumping
async def test_a_place_where_another_key_answers_is_given_up_like_one_where_nobody_does(world: World) -> None:
    address = Address("9.9.9.9", 4001, ANNA)
    world.open[str(address)] = BEN
    world.dialer.add(address, Why.BOOK)

    assert len(await world.after(600)) == NetworkLimits().book_tries


@jumping
async def test_what_our_member_named_outlives_any_number_of_records(world: World) -> None:
    asked = Address("1.2.3.4", 4001)
    world.dialer.add(asked)
    for n in range(1_000):
        world.dialer.add(Address("9.9.9.9", 1_024 + n), Why.BOOK)
    world.dialer.add(found := Address("192.168.1.5", 4001), Why.FOUND)

    assert world.dialer.why(str(asked)) is Why.ASKED
    assert world.dialer.why(str(found)) is Why.FOUND
    assert world.dialer.count(Why.BOOK) == NetworkLimits().targets_max - 2


def test_what_is_remembered_of_hosts_is_bounded_and_who_answers_is_not_held_up() -> None:
    knocks = Knocks(NetworkLimits(targets_max=10))

    for n in range(100):
        knocks.when(Address(f"9.9.9.{n}", 4001), 0)
    assert len(knocks._hosts) <= 10
    knocks = Knocks(NetworkLimits())
    address = Address("9.9.9.9", 4001)
    assert knocks.when(address, 100) == 100
    assert knocks.when(address, 100) == 102
    assert knocks.when(address, 100) == 106
    knocks.answered(address)
    assert knocks.when(address, 100) == 100
