"""Lanes: whoever has cost the least is heard next, and who sends without end waits behind themselves alone."""

import trio
import trio.testing

from ruil.node.lanes import LANE_BYTES, LANE_FRAMES, PART_ENTRIES, Lanes, Part
from ruil.protocol import wire
from ruil.protocol.ids import DeviceId, NeighbourId

FLOOD, HONEST, THIRD = (NeighbourId(DeviceId(bytes([number]) * 32)) for number in range(3))
PRUNE = wire.encode(wire.Prune())


def open_to(*neighbours: NeighbourId) -> Lanes:
    lanes = Lanes()
    for neighbour in neighbours:
        lanes.open(neighbour)
    return lanes


async def test_an_honest_frame_is_heard_before_all_that_a_flood_left_waiting() -> None:
    lanes = open_to(FLOOD, HONEST)
    for _ in range(LANE_FRAMES):
        await lanes.put(FLOOD, Part(PRUNE, wire.Prune()))
    assert (await lanes.take())[0] == FLOOD
    lanes.charge(FLOOD, 0.001)

    await lanes.put(HONEST, Part(PRUNE, wire.Prune()))

    assert (await lanes.take())[0] == HONEST


async def test_time_and_not_frames_is_what_is_shared_out() -> None:
    lanes = open_to(FLOOD, HONEST)
    for _ in range(LANE_FRAMES):
        await lanes.put(FLOOD, Part(PRUNE, wire.Prune()))
        await lanes.put(HONEST, Part(PRUNE, wire.Prune()))

    heard = []
    for _ in range(40):
        neighbour, _ = await lanes.take()
        heard.append(neighbour)
        lanes.charge(neighbour, 0.009 if neighbour == FLOOD else 0.001)

    assert 3 <= heard.count(FLOOD) <= 5


async def test_who_was_silent_saved_nothing_up() -> None:
    lanes = open_to(FLOOD, HONEST, THIRD)
    for neighbour in (FLOOD, HONEST):
        await lanes.put(neighbour, Part(PRUNE, wire.Prune()))
    for _ in range(2):
        neighbour, _ = await lanes.take()
        lanes.charge(neighbour, 5.0)
    for _ in range(20):
        await lanes.put(HONEST, Part(PRUNE, wire.Prune()))
    assert (await lanes.take())[0] == HONEST
    lanes.charge(HONEST, 0.001)
    for _ in range(20):
        await lanes.put(THIRD, Part(PRUNE, wire.Prune()))

    heard = []
    for _ in range(10):
        neighbour, _ = await lanes.take()
        heard.append(neighbour)
        lanes.charge(neighbour, 0.001)

    assert heard.count(HONEST) >= 4


async def test_a_long_frame_is_heard_a_part_at_a_time_and_others_between() -> None:
    entries = tuple(bytes([number]) for number in range(2 * PART_ENTRIES + 1))
    long = wire.Entries(bytes(32), entries)
    lanes = open_to(FLOOD, HONEST)
    await lanes.put(FLOOD, Part(wire.encode(long), long))

    parts: list[wire.AnyFrame | None] = [(await lanes.take())[1][1]]
    lanes.charge(FLOOD, 0.003)
    await lanes.put(HONEST, Part(PRUNE, wire.Prune()))
    assert (await lanes.take())[0] == HONEST
    lanes.charge(HONEST, 1.0)
    for _ in range(2):
        frame, read, _ = (await lanes.take())[1]
        assert wire.decode(frame) == read
        parts.append(read)

    assert all(isinstance(part, wire.Entries) and len(part.entries) <= PART_ENTRIES for part in parts)
    assert tuple(entry for part in parts if isinstance(part, wire.Entries) for entry in part.entries) == entries


async def test_of_a_long_frame_with_a_wrong_entry_no_more_is_heard() -> None:
    long = wire.Entries(bytes(32), (b"x",) * (2 * PART_ENTRIES))
    lanes = open_to(FLOOD)
    await lanes.put(FLOOD, Part(wire.encode(long), long))
    await lanes.put(FLOOD, Part(PRUNE, wire.Prune()))
    await lanes.take()

    lanes.skip(FLOOD)

    assert (await lanes.take())[1] == Part(PRUNE, wire.Prune())


async def test_who_fills_their_lane_waits_and_keeps_nobody_else_waiting(nursery: trio.Nursery) -> None:
    lanes = open_to(FLOOD, HONEST)
    big = bytes(LANE_BYTES // 2 + 1)
    put: list[int] = []

    async def flood() -> None:
        for number in range(4):
            await lanes.put(FLOOD, Part(big, None))
            put.append(number)

    nursery.start_soon(flood)
    await trio.testing.wait_all_tasks_blocked()
    assert put == [0]
    await lanes.put(HONEST, Part(PRUNE, wire.Prune()))
    for _ in range(4):
        await lanes.take()
    await trio.testing.wait_all_tasks_blocked()
    assert len(put) >= 3

    lanes.close(FLOOD)  # whoever waits for room in it waits no more

    await trio.testing.wait_all_tasks_blocked()
    assert len(put) == 4


async def test_what_comes_without_a_link_is_dropped_and_a_new_link_begins_empty() -> None:
    lanes = Lanes()
    await lanes.put(FLOOD, Part(PRUNE, wire.Prune()))
    lanes.open(FLOOD)
    await lanes.put(FLOOD, Part(b"\x01\x00old", None))
    lanes.open(FLOOD)
    await lanes.put(FLOOD, Part(b"\x01\x00new", None))

    assert await lanes.take() == (FLOOD, Part(b"\x01\x00new", None))
