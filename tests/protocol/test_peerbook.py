"""The peer book: who is told where members are dialled, and what nobody can do with it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol import limits, wire
from ruil.protocol.bodies import Profile
from ruil.protocol.book import Book
from ruil.protocol.errors import Rejected
from ruil.protocol.events import Blame, Effect, Placed, Received, Remembered, Send, Tell, Wake, Woke
from ruil.protocol.ids import Millis, NeighbourId
from ruil.protocol.limits import DAY, FUTURE_MS_MAX, HOUR, MINUTE, RECORD_EVERY_MS, RECORD_MS
from ruil.protocol.log import prove_fork
from ruil.protocol.peer import Peer
from ruil.protocol.peerbook import PLACE, PeerBook, PeerRecord, open_record, seal_record
from tests.protocol.actors import T0, Device, Village, later
from tests.protocol.test_peer import greet, peer_of

NOW = later(HOUR)
PLACES = Placed(("9.9.9.9:4001",), ("192.168.1.5:4001",))


class Town:
    """Anna holds a peer book; Ben and Carla belong here, and Dora is of nobody."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben = self.village.joins(self.anna, "ben")
        self.carla = self.village.joins(self.anna, "carla")
        self.dora = self.village.device("dora")
        self.book = self.village.book(self.anna, self.ben, self.carla)
        self.peers = PeerBook(self.book, self.anna.key)
        self.peers.greet(NeighbourId(self.ben.id), NOW, near=False)

    def record(
        self, device: Device, at: int = NOW, *, near: bool = False, addresses: Iterable[str] = ("9.9.9.9:1",)
    ) -> PeerRecord:
        return seal_record(device.key, self.village.community, addresses, at, near=near)

    def tells(self, *records: PeerRecord, by: Device | None = None, now: int = NOW) -> list[Effect]:
        neighbour = NeighbourId((by or self.ben).id)
        return self.peers.told(neighbour, [each.data for each in records], now)

    def known(self, now: int = NOW) -> list[PeerRecord]:
        return self.peers.records(now)


@pytest.fixture
def town() -> Town:
    return Town()


def sent(effects: Iterable[Effect]) -> dict[NeighbourId, list[bytes]]:
    """The records that went to each neighbour."""
    found: dict[NeighbourId, list[bytes]] = {}
    for effect in effects:
        if isinstance(effect, Send) and isinstance(effect.frame, wire.Peers):
            found.setdefault(effect.neighbour, []).extend(effect.frame.records)
    return found


# What is heard ----------------------------------------


def test_a_members_record_is_kept_and_goes_on_to_all_others(town: Town) -> None:
    town.peers.greet(NeighbourId(town.carla.id), NOW, near=False)
    record = town.record(town.ben)

    effects = town.tells(record)

    assert town.known() == [record]
    assert sent(effects) == {town.carla.id: [record.data]}
    assert Tell("peer", town.ben.id) in effects


def test_what_was_heard_before_goes_no_further(town: Town) -> None:
    town.peers.greet(NeighbourId(town.carla.id), NOW, near=False)
    record = town.record(town.ben)
    town.tells(record)

    assert town.tells(record) == []
    assert town.tells(record, by=town.carla) == []


def test_only_a_later_record_takes_the_place_of_one_and_not_at_once(town: Town) -> None:
    town.tells(first := town.record(town.ben))

    for at in (NOW - 1, NOW, NOW + RECORD_EVERY_MS - 1):
        town.tells(town.record(town.ben, at, addresses=("8.8.8.8:1",)), now=NOW + 2 * MINUTE)
    assert town.known() == [first]
    town.tells(second := town.record(town.ben, NOW + RECORD_EVERY_MS), now=NOW + 2 * MINUTE)

    assert town.known() == [second]


def test_a_record_ends_and_one_of_the_future_is_not_taken(town: Town) -> None:
    town.tells(town.record(town.carla, NOW + FUTURE_MS_MAX + 1))
    assert town.known() == []
    town.tells(record := town.record(town.carla, NOW + FUTURE_MS_MAX))
    assert town.known() == [record]
    assert town.known(record.until) == []

    town.tells(town.record(town.ben, NOW - RECORD_MS))
    assert town.known() == [record]


def test_who_does_not_belong_is_not_in_the_book(town: Town) -> None:
    twin = town.carla.twin()
    town.book.freeze(prove_fork(town.carla.say(Profile("Carla")), twin.say(Profile("Karla"))))

    town.tells(town.record(town.dora), town.record(town.carla))

    assert town.known() == []


def test_a_newcomer_hears_records_before_logs(town: Town) -> None:
    newcomer = PeerBook(empty := Book(town.village.community), town.anna.key)
    newcomer.greet(NeighbourId(town.ben.id), NOW, near=False)
    record = town.record(town.carla)

    newcomer.told(NeighbourId(town.ben.id), [record.data], NOW)
    assert newcomer.records(NOW) == []
    for device in (town.anna, town.ben, town.carla):
        for entry in device.entries:
            empty.apply(entry)

    assert newcomer.records(NOW) == [record]


def test_what_came_before_a_log_takes_the_place_of_no_later_word(town: Town) -> None:
    newcomer = PeerBook(empty := Book(town.village.community), town.anna.key)
    newcomer.greet(NeighbourId(town.ben.id), NOW, near=False)
    early, late = town.record(town.carla), town.record(town.carla, NOW + RECORD_EVERY_MS)

    newcomer.told(NeighbourId(town.ben.id), [early.data], NOW)
    for device in (town.anna, town.ben, town.carla):
        for entry in device.entries:
            empty.apply(entry)
    newcomer.told(NeighbourId(town.ben.id), [late.data], NOW + MINUTE)

    assert newcomer.records(NOW + MINUTE) == [late]


def test_a_false_record_is_blamed_and_what_stood_before_it_in_the_frame_counts(town: Town) -> None:
    good, bad = town.record(town.ben), town.record(town.carla)
    forged = replace(bad, data=bad.data[:-1] + bytes([bad.data[-1] ^ 1]))

    effects = town.tells(good, forged, town.record(town.carla))

    assert [effect for effect in effects if isinstance(effect, Blame)] == [
        Blame(NeighbourId(town.ben.id), "the record is not signed by the device it names")
    ]
    assert town.known() == [good]


@given(st.binary(max_size=300))
def test_no_bytes_do_anything_but_open_or_be_refused(data: bytes) -> None:
    with pytest.raises(Rejected):
        open_record(data, Village().community)


def test_who_may_not_read_is_neither_told_nor_heard(town: Town) -> None:
    town.tells(town.record(town.ben))

    assert town.tells(town.record(town.carla), by=town.dora) == []
    assert len(town.known()) == 1


# What is near stays near ----------------------------------------


def test_near_records_go_to_near_neighbours_only_and_are_taken_from_them_only(town: Town) -> None:
    near, far = town.record(town.carla, near=True), town.record(town.carla)
    town.tells(near, far)
    assert town.known() == [far]
    town.peers.greet(NeighbourId(town.carla.id), NOW, near=True)

    effects = town.tells(near, by=town.carla)

    assert sent(effects) == {}  # Ben is far
    assert set(town.known()) == {near, far}
    assert sent(town.peers.greet(NeighbourId(town.ben.id), NOW, near=False)) == {town.ben.id: [far.data]}
    assert sent(town.peers.greet(NeighbourId(town.ben.id), NOW, near=True)) == {town.ben.id: [far.data, near.data]}


# What we say ourselves ----------------------------------------


def test_a_device_says_where_it_is_to_each_as_is_fitting(town: Town) -> None:
    town.peers.greet(NeighbourId(town.carla.id), NOW, near=True)

    told = sent(town.peers.placed(PLACES, NOW))

    far = [open_record(each, town.village.community) for each in told[NeighbourId(town.ben.id)]]
    near = [open_record(each, town.village.community) for each in told[NeighbourId(town.carla.id)]]
    assert [each.addresses for each in far] == [("9.9.9.9:4001",)]
    assert [each.addresses for each in near] == [("9.9.9.9:4001",), ("192.168.1.5:4001",)]


def test_a_change_is_said_a_minute_later_at_the_earliest_and_once(town: Town) -> None:
    town.peers.placed(PLACES, NOW)

    effects = town.peers.placed(Placed(("8.8.8.8:1",), PLACES.near), NOW + 1)
    assert sent(effects) == {}
    assert Wake(NOW + RECORD_EVERY_MS, PLACE) in effects
    (record,) = sent(town.peers.again(NOW + RECORD_EVERY_MS))[NeighbourId(town.ben.id)]
    assert open_record(record, town.village.community).addresses == ("8.8.8.8:1",)

    assert sent(town.peers.again(NOW + 2 * RECORD_EVERY_MS)) == {}
    assert len(sent(town.peers.again(NOW + RECORD_EVERY_MS + RECORD_MS // 2))[NeighbourId(town.ben.id)]) == 1


def test_who_is_nowhere_says_nothing_but_takes_back_what_was_said(town: Town) -> None:
    assert town.peers.placed(Placed(()), NOW) == []
    town.peers.placed(Placed(("9.9.9.9:4001",)), NOW)

    (record,) = sent(town.peers.placed(Placed(()), NOW + HOUR))[NeighbourId(town.ben.id)]

    assert open_record(record, town.village.community).addresses == ()


def test_after_a_restart_the_book_is_as_before_and_our_next_word_is_later(town: Town) -> None:
    town.peers.placed(PLACES, NOW)
    town.tells(town.record(town.ben))
    kept = tuple(each.data for each in town.known())

    again = PeerBook(town.book, town.anna.key)
    again.remembered((*kept, b"damaged"), NOW)
    again.greet(NeighbourId(town.ben.id), NOW, near=False)

    assert {each.data for each in again.records(NOW)} == set(kept)
    assert sent(again.placed(PLACES, NOW)) == {}
    assert Wake(NOW + RECORD_EVERY_MS, PLACE) in again.placed(Placed(("8.8.8.8:1",)), NOW)


def test_after_our_clock_was_set_right_we_say_where_we_are(town: Town) -> None:
    (ahead,) = sent(town.peers.placed(PLACES, NOW + 400 * DAY))[NeighbourId(town.ben.id)]

    again = PeerBook(town.book, town.anna.key)
    again.remembered((ahead,), NOW)
    again.greet(NeighbourId(town.ben.id), NOW, near=False)
    (record,) = sent(again.placed(PLACES, NOW))[NeighbourId(town.ben.id)]

    assert open_record(record, town.village.community).at == NOW
    assert Wake(NOW + RECORD_MS // 2, PLACE) in again.again(NOW)


# Limits ----------------------------------------


def test_one_neighbour_has_so_many_signatures_looked_at_in_a_minute(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ruil.protocol.peerbook.RECORDS_CHECKED_MAX", 2)
    records = [town.record(town.carla, NOW + each * RECORD_EVERY_MS) for each in range(3)]

    for record in records:
        town.tells(record, now=NOW + 9 * MINUTE)
    assert town.known() == [records[1]]
    town.tells(records[2], now=NOW + 10 * MINUTE)

    assert town.known() == [records[2]]


def test_one_members_devices_do_not_crowd_out_the_others(town: Town) -> None:
    town.tells(bens := town.record(town.ben))
    devices = [town.village.device("carla", f"phone {n}") for n in range(limits.RECORDS_OF_MEMBER_MAX + 1)]
    for device in devices:
        for entry in device.entries:
            town.book.apply(entry)

    town.tells(*(town.record(device) for device in devices))

    assert [each.device for each in town.known()] == [bens.device, *(each.id for each in devices[1:])]


def test_the_oldest_record_makes_room(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ruil.protocol.peerbook.RECORDS_KEPT_MAX", 1)

    town.tells(town.record(town.ben), newest := town.record(town.carla))

    assert town.known() == [newest]


def test_records_of_the_unknown_are_held_in_a_bounded_number(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ruil.protocol.peerbook.RECORDS_STRANGE_MAX", 2)
    strangers = [town.village.device(f"stranger {n}") for n in range(3)]

    town.tells(*(town.record(each) for each in strangers))
    for each in strangers:
        each.say(Profile("Somebody"))

    assert len(town.peers._strange) == 2


def test_a_new_neighbour_gets_our_own_and_the_newest_of_others(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ruil.protocol.peerbook.RECORDS_GREETED", 1)
    town.peers.placed(PLACES, NOW)
    emil = town.village.joins(town.anna, "emil")
    for device in (town.anna, emil):
        for entry in device.entries:
            town.book.apply(entry)
    town.tells(town.record(town.ben), newest := town.record(emil, NOW + 1))

    told = sent(town.peers.greet(NeighbourId(town.carla.id), NOW, near=False))[NeighbourId(town.carla.id)]

    assert [open_record(each, town.village.community).device for each in told] == [town.anna.id, newest.device]


def test_at_most_eight_addresses_are_said(town: Town) -> None:
    record = town.record(town.ben, addresses=[f"9.9.9.{n}:1" for n in range(9)])

    assert len(record.addresses) == limits.ADDRESSES_MAX
    assert open_record(record.data, town.village.community) == record
    assert town.record(town.ben, addresses=["9" * (limits.ADDRESS_CHARS_MAX + 1)]).addresses == ()
    widest = town.record(town.ben, addresses=["9" * limits.ADDRESS_CHARS_MAX] * limits.ADDRESSES_MAX)
    assert len(widest.data) <= limits.RECORD_BYTES_MAX


def test_no_record_holds_longer_than_a_week(town: Town) -> None:
    long = seal_record(town.ben.key, town.village.community, (), T0, until=T0 + limits.RECORD_MS_MAX + 1)

    with pytest.raises(Rejected, match="for at most"):
        open_record(long.data, town.village.community)
    assert RECORD_MS <= limits.RECORD_MS_MAX == 7 * DAY


def test_many_records_go_in_frames_that_may_be(town: Town) -> None:
    devices = [town.village.joins(town.anna, f"guest {n}") for n in range(limits.RECORDS_MAX + 1)]
    for device in (town.anna, *devices):
        for entry in device.entries:
            town.book.apply(entry)
    town.peers.greet(NeighbourId(town.carla.id), NOW, near=False)

    effects = town.tells(*(town.record(each) for each in devices))

    frames = [effect.frame for effect in effects if isinstance(effect, Send) and isinstance(effect.frame, wire.Peers)]
    assert [len(frame.records) for frame in frames] == [limits.RECORDS_MAX, 1]


# In a peer ----------------------------------------


def test_a_peer_tells_its_neighbours_once_they_may_read(town: Town) -> None:
    peer = peer_of(town.anna, town.ben)
    assert sent(peer.handle(PLACES, NOW)) == {}

    told = sent(greet(peer, town.ben))

    assert [open_record(each, town.village.community).addresses for each in told[NeighbourId(town.ben.id)]] == [
        ("9.9.9.9:4001",)
    ]


def test_a_peer_hears_remembers_and_is_woken(town: Town) -> None:
    peer: Peer = peer_of(town.anna, town.ben)
    greet(peer, town.ben)
    record = town.record(town.ben)

    peer.handle(Received(wire.encode(wire.Peers((record.data,))), NeighbourId(town.ben.id)), NOW)
    again = peer_of(town.anna, town.ben)
    again.handle(Remembered((record.data,)), NOW)

    assert peer.peers.records(NOW) == again.peers.records(NOW) == [record]
    peer.handle(PLACES, NOW)
    later_on = Millis(NOW + RECORD_MS // 2)
    assert len(sent(peer.handle(Woke(PLACE), later_on))[NeighbourId(town.ben.id)]) == 1
