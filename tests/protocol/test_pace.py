"""Pace: a member who says more than anybody reads is heard at a walk, and the others as before."""

from ruil.protocol import wire
from ruil.protocol.bodies import Listing, Profile
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.events import Effect, Received, Send, Wake, Woke
from ruil.protocol.ids import DeviceId, Millis, NeighbourId
from ruil.protocol.limits import DAY, MEMBER_ENTRIES_AT_ONCE, MEMBER_ENTRIES_PER_MINUTE, MINUTE, PACE_BYTES
from ruil.protocol.pace import Pace
from ruil.protocol.revocations import revoke
from tests.protocol.actors import Device, Village, later, read
from tests.protocol.test_peer import blames, greet, peer_of, push, stored


def pace() -> tuple[Pace, DeviceId]:
    village = Village()
    return Pace(Book(village.community)), village.founder.id


def test_so_many_come_at_once_and_then_so_many_a_minute() -> None:
    made, device = pace()

    for _ in range(MEMBER_ENTRIES_AT_ONCE):
        assert made.left(device, now=0) > 0
        made.took(device, 100, now=0)

    assert made.left(device, now=0) == 0
    assert made.left(device, now=MINUTE) == MEMBER_ENTRIES_PER_MINUTE
    assert made.left(device, now=1_000 * DAY) == MEMBER_ENTRIES_AT_ONCE


def test_a_long_entry_counts_as_several() -> None:
    made, device = pace()

    made.took(device, 10 * PACE_BYTES, now=0)

    assert made.left(device, now=0) == MEMBER_ENTRIES_AT_ONCE - 11


def test_all_devices_of_one_member_count_together() -> None:
    village = Village()
    phone = village.device("anna", "phone")
    made = Pace(village.book(village.founder, phone))

    made.took(phone.id, 100, now=0)

    assert made.left(village.founder.id, now=0) == MEMBER_ENTRIES_AT_ONCE - 1
    assert made.left(village.founder.member, now=0) == MEMBER_ENTRIES_AT_ONCE - 1


def test_a_device_that_comes_after_a_log_was_cut_counts_with_its_members_others() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    lost = ben.say(Profile("Ben"))
    book = village.book(anna, ben)
    made = Pace(book)

    read(book, anna.say(revoke(ben.owner, village.community, ben.id, lost.seq)))  # members are read again
    phone = village.device("ben", "phone")
    read(book, *phone.entries)
    made.took(phone.id, 100, now=0)

    assert made.left(ben.member, now=0) == MEMBER_ENTRIES_AT_ONCE - 1


def test_what_my_member_said_elsewhere_comes_as_fast_as_it_can_and_what_others_say_does_not() -> None:
    village = Village()
    phone, ben = village.device("anna", "phone"), village.joins(village.founder, "ben")
    made = Pace(village.book(village.founder, phone, ben), phone.id)

    for device in (village.founder, ben):
        made.took(device.id, 2 * MEMBER_ENTRIES_AT_ONCE * PACE_BYTES, now=0)

    assert made.left(village.founder.id, now=0) == MEMBER_ENTRIES_AT_ONCE
    assert made.left(ben.id, now=0) < 0


def test_a_clock_that_was_wrong_for_years_keeps_nobody_waiting_for_years() -> None:
    made, device = pace()
    made.took(device, 100, now=10_000 * DAY)

    assert made.left(device, now=DAY) <= 0
    made.took(device, 100, now=DAY)
    assert made.left(device, now=2 * DAY) == MEMBER_ENTRIES_AT_ONCE


def test_a_member_who_floods_is_heard_at_a_walk_and_asked_for_the_rest_later() -> None:
    village = Village()
    anna = village.founder
    ben, carla = (village.joins(anna, name) for name in ("ben", "carla"))
    peer = peer_of(anna, ben, carla)
    for other in (ben, carla):
        greet(peer, other)
    heard = 0
    while len(stored(effects := push(peer, long(ben), ben))) == 1:
        heard += 1
        assert heard <= MEMBER_ENTRIES_AT_ONCE

    assert blames(effects) == []
    assert wants(effects) == []
    assert len(effects) == 1
    (wake,) = (effect for effect in effects if isinstance(effect, Wake))
    phone = village.device("ben", "phone")
    assert stored(push(peer, phone.entries[0], ben)) == []  # nor by another device of his
    assert len(stored(push(peer, long(carla), carla))) == 1  # others are heard as before

    ((device, first, last),) = wants(peer.handle(Woke(wake.reason), Millis(wake.at)))

    assert (device, first) == (ben.id, peer.book.logs[ben.id].size)
    part = wire.Entries(ben.id, tuple(entry.data for entry in ben.entries[first : last + 1]))
    came = peer.handle(Received(wire.encode(part), NeighbourId(ben.id)), Millis(wake.at))
    assert stored(came) == [ben.entries[first]]


def long(device: Device) -> Entry:
    """An entry nearly as long as one may be, so that fewer are needed."""
    text = "\U0001f956" * 8_000
    return device.say(Listing("offer", "bread", "Loaf", 1, "loaf", later(7 * DAY), text=text))


def wants(effects: list[Effect]) -> list[tuple[bytes, int, int]]:
    frames = [effect.frame for effect in effects if isinstance(effect, Send)]
    return [each for frame in frames if isinstance(frame, wire.Want) for each in frame.ranges]
