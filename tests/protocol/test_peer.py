"""A peer: whatever a stranger sends comes out as effects, and what is true gets through."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.crypto.keys import SigningKey
from ruil.protocol import wire
from ruil.protocol.bodies import Accept, Deliver, Enter, Found, Lapse, Profile, Propose, Receive, Revoke
from ruil.protocol.entry import Entry, forget
from ruil.protocol.errors import Refused
from ruil.protocol.events import (
    Blame,
    Drafted,
    Effect,
    Keep,
    Lost,
    Met,
    Recall,
    Recalled,
    Received,
    Restored,
    Review,
    Send,
    Serve,
    Store,
    Wake,
    Woke,
)
from ruil.protocol.ids import DeviceId, MemberId, Millis, NeighbourId
from ruil.protocol.letters import Letter, seal_letter
from ruil.protocol.limits import DAY, FUTURE_ENTRIES_MAX, FUTURE_MS_MAX, HEAL_DOUBLINGS, HEAL_EVERY_MS, HOUR
from ruil.protocol.log import open_fork
from ruil.protocol.members import certify
from ruil.protocol.peer import FUTURE, HEAL, JUDGE, STARTED, Peer
from ruil.protocol.revocations import revocation, revoke
from ruil.simulations import village as simulated
from ruil.simulations.village import settle
from ruil.simulations.world import Node, World
from tests.protocol.actors import T0, Device, Village, admits, bread, key, later, loaves, parties

NOW = later(HOUR)
NOBODY = DeviceId(bytes(31) + b"\x07")


def peer_of(device: Device, *others: Device) -> Peer:
    """The device's peer after a restart: it has read its own log and these."""
    peer = Peer(device.community, device.key, b"epoch 01")
    for each in (device, *others):
        for entry in each.entries:
            peer.handle(Restored(entry), NOW)
    return peer


def greet(peer: Peer, other: Device) -> list[Effect]:
    """The other's device comes and shows who it is."""
    peer.handle(Met(NeighbourId(other.id)), NOW)
    tag = wire.hello_tag(other.community, other.id, peer.device)
    card = tuple(entry.data for entry in other.entries[:2])
    return peer.handle(Received(wire.encode(wire.Hello(tag, card, bytes(8), 0)), NeighbourId(other.id)), NOW)


def push(peer: Peer, entry: Entry, neighbour: Device, now: Millis = NOW) -> list[Effect]:
    frame = wire.encode(wire.Push(entry.device, entry.data))
    return peer.handle(Received(frame, NeighbourId(neighbour.id)), now)


def stored(effects: list[Effect]) -> list[Entry]:
    return [effect.entry for effect in effects if isinstance(effect, Store)]


def blames(effects: list[Effect]) -> list[str]:
    return [effect.reason for effect in effects if isinstance(effect, Blame)]


class Street:
    """Anna's peer, with Ben's device as a neighbour that may read; Carla is known too."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben = self.village.joins(self.anna, "ben")
        self.carla = self.village.joins(self.anna, "carla")
        self.peer = peer_of(self.anna, self.ben, self.carla)
        greet(self.peer, self.ben)


# What strangers send


LETTER = seal_letter(
    key("device ben desktop"),
    Village().community,
    [DeviceId(key(f"device {name} desktop").public) for name in ("anna", "ben", "carla")],
    Letter(MemberId(key("member anna").public), T0, "Hello"),
    later(7 * DAY),
)


def frames_of(street: Street) -> st.SearchStrategy[bytes]:
    keys = st.sampled_from([street.anna.id, street.ben.id, street.carla.id, DeviceId(bytes(32))])
    data = st.sampled_from([entry.data for entry in (*street.anna.entries, *street.ben.entries)]) | st.binary(
        max_size=90
    )
    short = st.binary(min_size=8, max_size=8)
    number = st.integers(0, 2**64 - 1) | st.integers(0, 9)
    lists = {"max_size": 4}
    heads = st.lists(st.tuples(keys, number, short), **lists).map(tuple)
    ranges = st.lists(st.tuples(keys, number, number), **lists).map(tuple)
    frames = st.one_of(
        st.builds(wire.Push, keys, data),
        st.builds(wire.Entries, keys, st.lists(data, **lists).map(tuple)),
        st.builds(wire.Announce, st.lists(short, **lists).map(tuple)),
        st.builds(wire.Ask, st.lists(short, **lists).map(tuple)),
        st.builds(wire.Heads, short, number, heads),
        st.builds(wire.Want, ranges),
        st.builds(wire.Proofs, st.lists(data, **lists).map(tuple)),
        st.builds(
            wire.Hello, st.binary(min_size=32, max_size=32), st.lists(data, max_size=2).map(tuple), short, number
        ),
        st.builds(wire.Prune),
        st.builds(wire.Carry, st.sampled_from([LETTER.data, LETTER.data[:-1]]) | data),
        st.builds(wire.Receipts, st.lists(st.binary(min_size=137, max_size=137), **lists).map(tuple)),
        st.builds(wire.Answers, st.lists(st.tuples(keys | st.just(LETTER.id), number), **lists).map(tuple)),
    )
    nonsense = st.lists(st.integers() | st.binary(max_size=9), max_size=4).filter(_encodes).map(msgspec.msgpack.encode)
    return frames.map(wire.encode) | st.binary(max_size=60) | nonsense.map(lambda rest: b"\x01\x00" + rest)


def _encodes(values: list[int | bytes]) -> bool:
    return all(isinstance(value, bytes) or -(2**63) <= value < 2**64 for value in values)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_no_frames_crash_a_peer(data: st.DataObject) -> None:
    street = Street()
    who = st.sampled_from([street.ben.id, street.carla.id, DeviceId(bytes(32))])
    for _ in range(data.draw(st.integers(1, 8))):
        frame = data.draw(frames_of(street))

        effects = street.peer.handle(Received(frame, NeighbourId(data.draw(who))), NOW)

        assert isinstance(effects, list)


@given(st.binary(max_size=300))
def test_no_bytes_crash_a_peer(data: bytes) -> None:
    street = Street()

    effects = street.peer.handle(Received(data, NeighbourId(street.ben.id)), NOW)

    assert all(isinstance(effect, Blame) for effect in effects)


def test_an_entry_of_another_community_is_blamed_on_who_brought_it() -> None:
    street = Street()
    foreign = Village("zoe").founder.entries[0]

    effects = push(street.peer, foreign, street.ben)

    assert blames(effects) == ["the signature is not by this device for this community"]
    assert stored(effects) == []


def test_a_new_entry_is_stored_before_it_is_passed_on() -> None:
    street = Street()
    greet(street.peer, street.carla)
    offer = street.ben.say(loaves())

    effects = push(street.peer, offer, street.ben)

    kinds = [type(effect) for effect in effects]
    assert stored(effects) == [offer]
    assert kinds.index(Store) < kinds.index(Send)
    passed = [effect for effect in effects if isinstance(effect, Send)]
    assert [effect.neighbour for effect in passed] == [street.carla.id]
    assert passed[0].frame == wire.Push(offer.device, offer.data)


def test_a_seen_entry_is_not_stored_again() -> None:
    street = Street()
    offer = street.ben.say(loaves())
    push(street.peer, offer, street.ben)

    again = push(street.peer, offer, street.ben)

    assert stored(again) == []
    assert blames(again) == []


def test_an_entry_from_the_future_waits_until_its_time_has_come() -> None:
    street = Street()
    ahead = street.ben.say(loaves(), at=Millis(NOW + FUTURE_MS_MAX + 1))

    held = push(street.peer, ahead, street.ben)
    early = street.peer.handle(Woke(FUTURE), NOW)
    ripe = street.peer.handle(Woke(FUTURE), Millis(NOW + 1))

    assert stored(held) == stored(early) == []
    assert Wake(NOW + 1, FUTURE) in held
    assert stored(ripe) == [ahead]


def test_an_entry_a_little_ahead_stands_at_once() -> None:
    street = Street()
    ahead = street.ben.say(loaves(), at=Millis(NOW + FUTURE_MS_MAX))

    assert stored(push(street.peer, ahead, street.ben)) == [ahead]


def test_what_comes_too_early_is_held_and_the_missing_part_asked_for() -> None:
    street = Street()
    first, second = street.ben.say(loaves()), street.ben.say(Profile("Ben"))

    early = push(street.peer, second, street.ben)
    whole = push(street.peer, first, street.ben)

    wants = [effect.frame for effect in early if isinstance(effect, Send)]
    assert stored(early) == []
    assert wants == [wire.Want(((street.ben.id, first.seq, second.seq),))]
    assert stored(whole) == [first, second]


# Who may read


def test_nothing_is_sent_to_a_neighbour_that_was_not_let_in() -> None:
    street = Street()
    stranger = street.village.device("stranger")

    greeted = greet(street.peer, stranger)
    frame = wire.Heads(bytes(8), 1, ((stranger.id, 5, bytes(8)),))
    heads = street.peer.handle(Received(wire.encode(frame), NeighbourId(stranger.id)), NOW)
    want = wire.encode(wire.Want(((street.anna.id, 0, 9),)))
    wanted = street.peer.handle(Received(want, NeighbourId(stranger.id)), NOW)
    told = street.peer.handle(Woke("tell heads"), NOW) + street.peer.handle(Woke("heal"), NOW)

    said = [effect for effect in (*greeted, *heads, *wanted, *told) if isinstance(effect, Send | Serve)]
    to_stranger = [effect for effect in said if effect.neighbour == stranger.id]
    assert [effect for effect in to_stranger if not isinstance(getattr(effect, "frame", None), wire.Want)] == []
    assert stranger.id not in street.peer.readers


def test_who_was_not_let_in_is_heard_with_the_beginning_of_its_own_log_alone() -> None:
    street = Street()
    stranger = Village().device("stranger")
    while stranger.log.size < 5:
        stranger.say(Profile(f"stranger {stranger.log.size}"))
    greet(street.peer, stranger)
    fourth = stranger.entries[3]
    frames = [
        wire.Push(stranger.id, fourth.data),
        wire.Heads(bytes(8), 1, ((street.carla.id, 99, bytes(8)),)),
        wire.Announce((fourth.id[:8],)),
        wire.Want(((street.ben.id, 0, 2),)),
        wire.Ask((street.ben.entries[0].id[:8],)),
        wire.Proofs((revocation(stranger.community, revoke(stranger.owner, stranger.community, NOBODY, 3)).data,)),
    ]

    heard = [street.peer.handle(Received(wire.encode(frame), NeighbourId(stranger.id)), NOW) for frame in frames]

    assert heard == [[]] * len(frames)
    assert not street.peer.book.waiting


def test_heads_told_by_who_was_not_known_yet_are_heeded_once_they_are() -> None:
    street = Street()
    known = len(street.ben.entries)
    dora = street.village.joins(street.ben, "dora")
    emil = street.village.joins(dora, "emil")
    greet(street.peer, emil)
    heads = wire.Heads(b"epoch 02", 1, ((emil.id, 9, bytes(8)),))
    assert street.peer.handle(Received(wire.encode(heads), NeighbourId(emil.id)), NOW) == []

    effects: list[Effect] = []
    for entry in (*dora.entries, *street.ben.entries[known:]):
        effects += push(street.peer, entry, street.ben)

    assert emil.id in street.peer.readers
    asked = [effect.frame for effect in effects if isinstance(effect, Send) and effect.neighbour == emil.id]
    assert wire.Want(((emil.id, 2, 8),)) in asked


def test_a_review_is_dated_after_an_end_that_a_faster_clock_gave() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    ahead = Millis(NOW + FUTURE_MS_MAX)
    promised = (bread(anna, ben, 1), bread(ben, anna, 1))
    offered = ben.say(Propose(parties(anna, ben), promised, later(DAY)), at=NOW)
    anna.say(Accept(), offered, at=NOW)
    for commitment, giver, taker, at in ((1, ben, anna, NOW), (0, anna, ben, ahead)):
        given = giver.say(Deliver(commitment, 1), offered, at=NOW)
        taker.say(Receive(given.id, 1), offered, at=at)
    peer = peer_of(anna, ben)

    (said,) = stored(peer.handle(Drafted(Review(ben.member, True, ""), offered.id), NOW))

    assert said.at == ahead


def test_a_member_is_served_what_they_ask_for() -> None:
    street = Street()
    want = wire.encode(wire.Want(((street.anna.id, 0, 9),)))

    effects = street.peer.handle(Received(want, NeighbourId(street.ben.id)), NOW)

    assert effects == [Serve(NeighbourId(street.ben.id), street.anna.id, 0, street.anna.log.size - 1)]


def test_who_does_not_know_the_community_learns_nothing() -> None:
    street = Street()
    stranger = NeighbourId(DeviceId(b"\1" * 32))
    street.peer.handle(Met(stranger), NOW)

    street.peer.handle(Received(wire.encode(wire.Hello(bytes(32), (), bytes(8), 0)), stranger), NOW)
    asked = street.peer.handle(Received(wire.encode(wire.Want(((street.anna.id, 0, 9),))), stranger), NOW)

    assert asked == []


def test_who_leaves_is_asked_again_for_what_they_did_not_send() -> None:
    street = Street()
    heads = wire.encode(wire.Heads(b"epoch 99", 7, ((street.ben.id, 9, bytes(8)),)))
    street.peer.handle(Received(heads, NeighbourId(street.ben.id)), NOW)

    street.peer.handle(Lost(NeighbourId(street.ben.id)), NOW)
    hello = street.peer.handle(Met(NeighbourId(street.ben.id)), NOW)[0]

    # A cursor of 7 would mean: do not tell me again.
    assert isinstance(hello, Send)
    assert isinstance(hello.frame, wire.Hello)
    assert hello.frame.cursor == 0


# Forks


def test_a_contradiction_is_read_back_proved_and_shown_to_all() -> None:
    street = Street()
    greet(street.peer, street.carla)
    twin = street.ben.twin()
    one, two = street.ben.say(loaves(1)), twin.say(loaves(2))
    push(street.peer, one, street.ben)

    suspected = push(street.peer, two, street.carla)
    proved = street.peer.handle(Recalled(one), NOW)

    assert Recall(street.ben.id, one.seq) in suspected
    (kept,) = [effect for effect in proved if isinstance(effect, Keep)]
    assert open_fork(kept.proof).seq == one.seq
    shown = {effect.neighbour for effect in proved if isinstance(effect, Send)}
    assert shown == {street.ben.id, street.carla.id}
    assert street.peer.book.logs[street.ben.id].size == one.seq


def test_a_proof_from_a_neighbour_is_kept_once() -> None:
    street, other = Street(), Street()
    twin = street.ben.twin()
    one, two = street.ben.say(loaves(1)), twin.say(loaves(2))
    push(other.peer, one, street.ben)
    push(other.peer, two, street.ben)
    (kept,) = [effect for effect in other.peer.handle(Recalled(one), NOW) if isinstance(effect, Keep)]
    frame = wire.encode(wire.Proofs((kept.proof,)))

    first = street.peer.handle(Received(frame, NeighbourId(street.ben.id)), NOW)
    second = street.peer.handle(Received(frame, NeighbourId(street.ben.id)), NOW)

    assert [effect for effect in first if isinstance(effect, Keep)] == [Keep(street.ben.id, kept.proof)]
    assert second == []


def forked_village(seed: int) -> tuple[World, Node, Node, Node]:
    world = simulated.found(seed)
    anna = world.nodes[0]
    ben, carla = simulated.join(world, anna, "Ben"), simulated.join(world, anna, "Carla")
    world.link(ben, carla)
    settle(world)
    return world, anna, ben, carla


def test_both_branches_of_a_fork_meet_and_everybody_keeps_the_proof() -> None:
    world, anna, ben, carla = forked_village(3)
    # Ben's data directory was copied: the copy says one thing to Anna, the original another to Carla.
    twin = Peer(world.community, ben.device, b"the copy")
    for entry in ben.disk:
        twin.handle(Restored(entry), world.millis())
    world.split({carla.number: 1})
    world.say(ben, Profile("Ben"))
    settle(world)
    said = [
        effect.entry
        for effect in twin.handle(Drafted(Profile("Benjamin")), world.millis())
        if isinstance(effect, Store)
    ]
    for entry in said:
        world.feed(carla, Restored(entry))
        world.store(carla, entry)

    world.split({})
    settle(world, 60)

    for node in (anna, carla):
        assert len(node.kept) == 1
        assert list(node.peer.book.forks) == [DeviceId(ben.device.public)]
    assert anna.peer.book.digest() == carla.peer.book.digest()


def test_a_revocation_that_can_not_stand_travels_by_itself() -> None:
    street = Street()
    greet(street.peer, street.carla)
    phone = street.village.device("ben", "phone")
    for entry in phone.entries:
        push(street.peer, entry, street.ben)
    backwards = phone.sign(revoke(phone.owner, phone.community, street.ben.id, 2), at=Millis(0))

    effects = push(street.peer, backwards, street.ben)

    (kept,) = [effect.proof for effect in effects if isinstance(effect, Keep)]
    shown = {effect.neighbour for effect in effects if isinstance(effect, Send)}
    assert shown == {street.ben.id, street.carla.id}
    assert street.peer.book.revoked(street.ben.id)
    assert stored(effects) == []
    assert street.peer.book.proofs() == [kept]


def test_who_counts_more_of_a_log_than_we_do_is_shown_why() -> None:
    street = Street()
    greet(street.peer, street.carla)
    phone = street.village.device("ben", "phone")
    for entry in (*phone.entries, phone.say(revoke(phone.owner, phone.community, street.ben.id, 2))):
        push(street.peer, entry, street.ben)
    heads = wire.encode(wire.Heads(bytes(8), 1, ((street.ben.id, 3, bytes(8)),)))

    effects = street.peer.handle(Received(heads, NeighbourId(street.carla.id)), NOW)

    assert effects[0] == Send(NeighbourId(street.carla.id), wire.Proofs(tuple(street.peer.book.proofs())))


def test_a_device_that_is_ours_is_revoked_from_another_device() -> None:
    street = Street()
    phone = street.village.device("anna", "phone")
    for entry in phone.entries:
        street.peer.handle(Restored(entry), NOW)
    owner, town = street.anna.owner, street.anna.community

    with pytest.raises(Refused, match="can not revoke itself"):
        street.peer.handle(Drafted(revoke(owner, town, street.anna.id, 2)), NOW)
    with pytest.raises(Refused, match="not a device of yours"):
        street.peer.handle(Drafted(revoke(owner, town, street.ben.id, 2)), NOW)
    effects = street.peer.handle(Drafted(revoke(owner, town, phone.id, 1)), NOW)

    assert [type(entry.body) for entry in stored(effects)] == [Revoke]
    assert street.peer.book.revoked(phone.id)


def test_who_is_met_again_is_told_all_again_and_heard_without_another_hello() -> None:
    # Frames to Ben were dropped, ours about ourselves and a proof among them. What Ben said came through all the same.
    street = Street()
    twin = street.carla.twin()
    for entry in (street.carla.say(loaves(1)), twin.say(loaves(2))):
        push(street.peer, entry, street.ben)
    street.peer.handle(Recalled(street.carla.entries[-1]), NOW)
    told = greet_again(street.peer, street.ben)[-1]
    assert isinstance(told, Send)
    assert isinstance(told.frame, wire.Heads)
    greet_again(street.peer, street.ben, told.frame.epoch, told.frame.cursor)  # "I heard all": a cursor can be wrong
    said = street.ben.say(loaves(), at=NOW)

    again = street.peer.handle(Met(NeighbourId(street.ben.id)), NOW)
    heard = push(street.peer, said, street.ben)

    frames = [effect.frame for effect in again if isinstance(effect, Send)]
    assert [type(frame) for frame in frames] == [wire.Hello, wire.Proofs, wire.Heads]
    assert isinstance(frames[-1], wire.Heads)
    assert {head[0] for head in frames[-1].heads} >= {street.anna.id, street.ben.id, street.carla.id}
    assert stored(heard) == [said]


def test_who_says_hello_again_is_told_our_heads_and_not_greeted_back() -> None:
    # Two who answered each other's hellos would never end.
    street = Street()

    answer = greet_again(street.peer, street.ben)

    assert [type(effect.frame) for effect in answer if isinstance(effect, Send)] == [wire.Heads]


def greet_again(peer: Peer, other: Device, epoch: bytes = bytes(8), cursor: int = 0) -> list[Effect]:
    tag = wire.hello_tag(other.community, other.id, peer.device)
    card = tuple(entry.data for entry in other.entries[:2])
    return peer.handle(Received(wire.encode(wire.Hello(tag, card, epoch, cursor)), NeighbourId(other.id)), NOW)


# What our member says


def test_a_draft_that_can_not_be_said_changes_nothing() -> None:
    street = Street()
    before = street.peer.book.digest()
    proposal = Propose(parties(street.anna, street.ben), (bread(street.anna, street.ben),), T0)

    with pytest.raises(Refused, match="answered in the future"):
        street.peer.handle(Drafted(proposal), NOW)
    with pytest.raises(Refused, match="not known here"):
        street.peer.handle(Drafted(Accept(), street.ben.sign(Profile("x")).id), NOW)
    with pytest.raises(Refused, match="must name the entry"):
        street.peer.handle(Drafted(Accept()), NOW)

    assert street.peer.book.digest() == before


def test_a_clock_set_back_does_not_stop_us() -> None:
    street = Street()

    effects = street.peer.handle(Drafted(Profile("Anna")), Millis(T0 - 90 * DAY))

    assert [entry.at for entry in stored(effects)] == [street.anna.log.at]


def test_a_guest_with_our_invitation_is_let_in_at_once() -> None:
    street = Street()
    dora = street.village.enters(street.anna, "dora")

    effects = greet(street.peer, dora)

    assert [type(entry.body).__name__ for entry in stored(effects)] == ["Certificate", "Enter", "Admit"]
    assert dora.id in street.peer.readers


def test_a_revoked_device_reads_on_and_says_nothing() -> None:
    # Its reflexes would answer an entrance; a stranger must not be able to stop it that way.
    street = Street()
    phone = street.village.device("anna", "phone")
    phone.say(revoke(street.anna.owner, street.village.community, street.anna.id, street.anna.log.size))
    for entry in phone.entries:
        push(street.peer, entry, street.ben)
    dora = street.village.enters(street.anna, "dora")

    effects = greet(street.peer, dora)

    assert [type(entry.body) for entry in stored(effects)][-1] is Enter
    with pytest.raises(Refused, match="revoked"):
        street.peer.handle(Drafted(Profile("Anna")), NOW)


def test_a_fork_that_takes_an_acceptance_away_does_not_stop_the_proposer() -> None:
    # Anna has closed the agreement; then Ben's log is cut before his acceptance, and her deadline passes.
    street = Street()
    promise = (bread(street.anna, street.ben, due=NOW + 3 * DAY),)
    (proposal,) = stored(
        street.peer.handle(Drafted(Propose(parties(street.anna, street.ben), promise, NOW + DAY)), NOW)
    )
    twin = street.ben.twin()
    accepted = street.ben.say(Accept(), proposal)
    closed = stored(push(street.peer, accepted, street.ben))
    assert [type(entry.body).__name__ for entry in closed] == ["Accept", "Close"]
    push(street.peer, twin.say(Profile("Ben")), street.ben)
    street.peer.handle(Recalled(accepted), NOW)

    effects = street.peer.handle(Woke(JUDGE), Millis(NOW + 2 * DAY))

    assert stored(effects) == []


def test_each_deadline_has_its_turn_though_a_driver_keeps_one_time_for_them_all() -> None:
    street = Street()
    wakes: list[Millis] = []

    def heard(effects: list[Effect]) -> list[Effect]:
        nonlocal wakes
        wakes = sorted(
            {*wakes, *(effect.at for effect in effects if isinstance(effect, Wake) and effect.reason == JUDGE)}
        )[:1]
        return effects

    heard(street.peer.handle(Woke(STARTED), NOW))
    for hours in (3, 1, 2):
        promise = (bread(street.anna, street.ben, due=NOW + 3 * DAY),)
        proposal = Propose(parties(street.anna, street.ben), promise, NOW + hours * HOUR)
        heard(street.peer.handle(Drafted(proposal), NOW))

    lapsed: list[int] = []
    while wakes:
        now, wakes = wakes[0], []
        lapsed += [
            entry.at for entry in stored(heard(street.peer.handle(Woke(JUDGE), now))) if isinstance(entry.body, Lapse)
        ]

    assert lapsed == [NOW + hours * HOUR + 1 for hours in (1, 2, 3)]


def test_notes_are_compared_ever_less_often_while_nothing_is_new() -> None:
    street = Street()

    def next_(effects: list[Effect], now: int) -> int:
        return next(effect.at - now for effect in effects if isinstance(effect, Wake) and effect.reason == HEAL)

    waits, now = [], int(NOW)
    for _ in range(12):
        waits.append(next_(street.peer.handle(Woke(HEAL), Millis(now)), now))
        now += waits[-1]
    news = street.peer.handle(Drafted(Profile("Anna")), Millis(now))

    assert waits[0] == HEAL_EVERY_MS
    assert waits == sorted(waits)
    assert waits[-1] == HEAL_EVERY_MS << HEAL_DOUBLINGS
    assert next_(news, now) == HEAL_EVERY_MS


def test_starting_twice_says_nothing_twice() -> None:
    street = Street()
    dora = street.village.enters(street.anna, "dora")
    admits(street.anna, dora)
    peer = peer_of(street.anna, street.ben, dora)

    effects = peer.handle(Woke(STARTED), NOW)

    assert stored(effects) == []


def test_the_same_events_give_the_same_effects() -> None:
    def run() -> list[list[Effect]]:
        street, chance = Street(), Random(1)
        return [push(street.peer, street.ben.say(loaves(chance.randrange(1, 9))), street.ben) for _ in range(5)] + [
            street.peer.handle(Drafted(Profile("Anna")), NOW)
        ]

    assert run() == run()


def test_a_peer_keeps_its_key_to_itself() -> None:
    key = SigningKey.from_seed(bytes(32))

    assert bytes(32).hex() not in repr(key)


# One bad thing among good ones


def test_a_bad_entry_does_not_take_the_good_ones_before_it_along() -> None:
    street = Street()
    good = street.ben.say(loaves())
    bad = street.ben.sign(Profile("Ben")).data[:-1]
    frame = wire.encode(wire.Entries(street.ben.id, (good.data, bad)))

    effects = street.peer.handle(Received(frame, NeighbourId(street.ben.id)), NOW)

    assert stored(effects) == [good]
    assert len(blames(effects)) == 1


def graves(effects: list[Effect]) -> list[Blame]:
    return [effect for effect in effects if isinstance(effect, Blame) and effect.grave]


def test_entries_behind_one_that_no_honest_node_sends_are_not_read() -> None:
    street = Street()
    before, after = street.ben.say(loaves()), street.ben.say(Profile("Ben"))
    bad = after.data[:-1]
    frame = wire.encode(wire.Entries(street.ben.id, (before.data, *(bad,) * 255, after.data)))

    effects = street.peer.handle(Received(frame, NeighbourId(street.ben.id)), NOW)

    assert stored(effects) == [before]
    assert len(graves(effects)) == 1


def test_entries_behind_one_that_an_honest_node_may_send_are_read() -> None:
    street = Street()
    first, second = street.ben.say(loaves()), street.ben.say(Profile("Ben"))
    frame = wire.encode(wire.Entries(street.ben.id, (forget(first.data), first.data, second.data)))

    effects = street.peer.handle(Received(frame, NeighbourId(street.ben.id)), NOW)

    assert stored(effects) == [first, second]
    assert graves(effects) == []


def test_proofs_behind_a_wrong_one_are_not_read() -> None:
    street = Street()
    before = revocation(street.village.community, revoke(street.ben.owner, street.village.community, street.ben.id, 2))
    after = revocation(street.village.community, revoke(street.ben.owner, street.village.community, street.carla.id, 2))
    wrong = before.data[:-1]
    frame = wire.encode(wire.Proofs((before.data, *(wrong,) * 254, after.data)))

    effects = street.peer.handle(Received(frame, NeighbourId(street.ben.id)), NOW)

    assert [effect.proof for effect in effects if isinstance(effect, Keep)] == [before.data]
    assert len(graves(effects)) == 1


def test_a_card_is_not_read_behind_a_wrong_entry() -> None:
    street = Street()
    peer = peer_of(street.anna)
    peer.handle(Met(NeighbourId(street.ben.id)), NOW)
    tag = wire.hello_tag(street.village.community, street.ben.id, peer.device)
    card = (street.ben.entries[0].data[:-1], street.ben.entries[0].data)

    effects = peer.handle(Received(wire.encode(wire.Hello(tag, card, bytes(8), 0)), NeighbourId(street.ben.id)), NOW)

    assert stored(effects) == []
    assert len(graves(effects)) == 1


def test_a_neighbour_can_not_strip_what_it_passes_on() -> None:
    street = Street()
    offer = street.ben.say(loaves())
    bare = wire.encode(wire.Entries(street.ben.id, (forget(offer.data),)))

    street.peer.handle(Received(bare, NeighbourId(street.ben.id)), NOW)
    push(street.peer, offer, street.ben)

    assert street.peer.book.listings.get(offer.id) is not None


def test_one_early_entry_sent_often_takes_one_place() -> None:
    street = Street()
    early = street.ben.say(loaves(), at=Millis(NOW + FUTURE_MS_MAX + 1))
    other = street.carla.say(loaves(), at=Millis(NOW + FUTURE_MS_MAX + 1))
    for _ in range(FUTURE_ENTRIES_MAX + 1):
        push(street.peer, early, street.ben)

    push(street.peer, other, street.ben)
    ripe = street.peer.handle(Woke(FUTURE), Millis(NOW + 1))

    assert stored(ripe) == [early, other]


def test_meeting_again_compares_notes_again() -> None:
    street = Street()

    effects = greet(street.peer, street.ben)

    heads = [effect for effect in effects if isinstance(effect, Send) and isinstance(effect.frame, wire.Heads)]
    assert len(heads) == 1


def test_who_holds_the_other_branch_of_a_fork_is_not_gravely_blamed() -> None:
    street = Street()
    twin = street.ben.twin()
    push(street.peer, street.ben.say(loaves(1)), street.ben)
    twin.say(loaves(2))

    effects = push(street.peer, twin.say(loaves(3)), street.carla)

    assert [effect for effect in effects if isinstance(effect, Blame) and effect.grave] == []


def test_a_founder_who_was_restored_hears_from_others_who_they_let_in() -> None:
    street = simulated.found(3)
    anna = street.nodes[0]
    ben = simulated.join(street, anna)
    settle(street, 60)
    founding = next(each.body for each in anna.peer.book.records.values() if isinstance(each.body, Found))
    street.crash(anna)

    again = street.add(anna.member)
    again.peer.returning = True
    street.say(again, certify(anna.member, DeviceId(again.device.public), "new laptop", street.millis(again)))
    street.say(again, founding)
    street.link(ben, again)
    settle(street, 60)

    assert again.peer.book.digest() == ben.peer.book.digest()
    assert (again.peer.readers, again.peer.returning) == ({ben.neighbour}, False)
