"""Letters on their way: whoever stops, whatever is lost or comes twice, what was written arrives once, or its writer
reads truly that it did not."""

import dataclasses
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ruil.protocol import letters, limits, wire
from ruil.protocol.bodies import Block
from ruil.protocol.errors import Refused
from ruil.protocol.events import Effect, Forgot, Hand, KeepLetter, Received, Saw, Send, Woke, Wrote
from ruil.protocol.ids import DeviceId, LetterId, MemberId, Millis, NeighbourId
from ruil.protocol.letterbox import Letterbox, State, emptied, state
from ruil.protocol.letters import KEPT, OURS, THEIRS, Letter, Note
from ruil.protocol.limits import DAY, HOUR, MINUTE
from ruil.protocol.mailbox import Answer, Mailbox, WaitingRoom
from ruil.protocol.members import certify
from ruil.protocol.peer import Peer
from ruil.protocol.revocations import revoke
from ruil.protocol.rounds import LETTERS
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.village import settle
from ruil.simulations.world import Node
from tests.protocol.actors import T0, Device, admits, key, later
from tests.protocol.test_peer import NOW, greet, greet_again, peer_of, push
from tests.protocol.test_successions import WAIT, Place
from tests.protocol.writers import Street

LONG = 1_500  # bytes, and a little more than a short letter takes


def test_a_letter_to_a_linked_neighbour_comes_at_once_and_is_left_with_nobody() -> None:
    street = Street()

    sent = street.writes("Is the ladder still there?")
    settle(street.world, 20)

    assert street.reads(street.ben, street.anna) == ["Is the ladder still there?"]
    assert street.reads(street.anna, street.ben) == ["Is the ladder still there?"]
    assert street.state(sent) is State.DELIVERED
    assert street.kept(street.carla) == []


def test_it_is_on_the_disk_before_it_is_sent() -> None:
    street = Street()

    street.writes()

    kinds = [type(effect).__name__ for node, effect in street.frames if node is street.anna]
    assert kinds.index("KeepLetter") < kinds.index("Hand")


def test_it_is_on_the_disk_before_anybody_is_told_that_it_came() -> None:
    street = Street()

    street.writes()
    settle(street.world)

    ben = [effect for node, effect in street.frames if node is street.ben]
    kept = next(number for number, effect in enumerate(ben) if type(effect).__name__ == "KeepLetter")
    told = next(n for n, each in enumerate(ben) if isinstance(each, Send) and isinstance(each.frame, wire.Receipts))
    assert kept < told


def test_to_somebody_away_it_is_left_with_a_neighbour_and_the_receipt_comes_back_the_same_way() -> None:
    street = Street()
    street.away(street.ben)

    sent = street.writes()
    settle(street.world)
    assert street.state(sent) is State.LEFT
    assert street.kept(street.carla) == [sent]

    street.away(street.anna)
    street.back(street.ben)
    assert street.reads(street.ben, street.anna) == ["Hello"]
    assert street.kept(street.carla) == []  # its reader has it

    street.away(street.ben)
    street.back(street.anna)
    assert street.state(sent) is State.DELIVERED


def test_whoever_keeps_it_is_started_anew_and_still_has_it() -> None:
    street = Street()
    street.away(street.ben)
    sent = street.writes()
    settle(street.world)

    street.away(street.anna, street.carla)
    street.back(street.carla)
    assert street.kept(street.carla) == [sent]
    street.back(street.ben)

    assert street.reads(street.ben, street.anna) == ["Hello"]


def test_with_nobody_linked_it_is_kept_here_and_leaves_when_somebody_comes() -> None:
    street = Street()
    street.away(street.ben, street.carla)

    sent = street.writes()
    settle(street.world)
    assert street.state(sent) is State.HERE

    street.back(street.carla)
    assert street.state(sent) is State.LEFT


def test_it_is_left_with_three_at_most_and_when_one_of_them_is_lost_it_comes_by_another() -> None:
    street = Street(people=8)
    street.away(street.ben)

    sent = street.writes()
    settle(street.world)
    holders = [node for node in street.world.nodes if street.kept(node)]
    assert len(holders) == limits.LEFT_WITH_MAX

    street.away(street.anna, *holders)
    for node in holders[:2]:
        node.letters.clear()  # their disks are gone
    street.back(*holders, street.ben)

    assert street.reads(street.ben, street.anna) == ["Hello"]
    assert street.kept(holders[2]) == []
    street.back(street.anna)
    assert street.state(sent) is State.DELIVERED


def test_a_linked_neighbour_that_says_nothing_is_not_waited_for() -> None:
    street = Street()
    street.road.deaf.add(street.ben.number)

    sent = street.writes()
    settle(street.world, 4)
    assert street.state(sent) is State.HERE
    settle(street.world, 4)

    assert street.state(sent) is State.LEFT
    assert street.kept(street.carla) == [sent]


def test_a_letter_that_was_lost_without_a_word_is_handed_over_again() -> None:
    street = Street()
    street.road.loses = 1

    street.writes()
    settle(street.world, 4)
    assert street.reads(street.ben, street.anna) == []
    settle(street.world, 70)

    assert street.reads(street.ben, street.anna) == ["Hello"]


def test_letters_arrive_once_in_the_order_they_were_written_however_they_travel() -> None:
    for seed in range(4):
        street, chance = Street(people=6, seed=seed), Random(seed)
        sent = []
        for number in range(12):
            for node in chance.sample(street.world.nodes[1:], 2):
                (street.world.crash if node.up and chance.random() < 0.6 else street.world.restart)(node)
            if not street.anna.up:
                street.world.restart(street.anna)
            sent.append(street.writes(f"letter {number}"))
            settle(street.world, chance.choice((0, 1, 30)))
            if chance.random() < 0.3:
                street.away(street.anna)
        street.back(*(node for node in street.world.nodes if not node.up), seconds=200)

        assert street.reads(street.ben, street.anna) == [f"letter {number}" for number in range(12)], f"seed {seed}"
        assert {street.state(each) for each in sent} == {State.DELIVERED}, f"seed {seed}"
        assert [street.kept(node) for node in street.world.nodes] == [[]] * 6, f"seed {seed}"


def test_all_devices_of_both_sides_have_the_conversation() -> None:
    street = Street()
    anna_phone, ben_phone = street.phone(street.anna), street.phone(street.ben)
    street.away(ben_phone, anna_phone)

    sent = street.writes("Hello")
    settle(street.world)
    assert street.state(sent) is State.DELIVERED
    street.away(street.anna)
    street.back(ben_phone)  # from Ben's own other device
    street.back(anna_phone)
    street.writes("Hello Anna", by=ben_phone, to=street.anna)
    street.back(street.anna)

    for node, partner in ((street.anna, street.ben), (anna_phone, street.ben), (street.ben, street.anna)):
        assert street.reads(node, partner) == ["Hello", "Hello Anna"]
    assert street.reads(ben_phone, street.anna) == ["Hello", "Hello Anna"]
    assert street.state(sent, anna_phone) is State.DELIVERED


def test_a_profile_that_goes_on_as_a_new_device_hands_over_what_the_old_one_wrote() -> None:
    street = Street()
    street.away(street.ben, street.carla)
    sent = street.writes("from the old one")
    anew = street.phone(street.anna)
    street.away(street.anna, anew)
    anew.letters.update(street.anna.letters)

    street.back(anew, street.carla)
    assert street.kept(street.carla) == []
    assert street.blamed() == []

    street.back(street.ben)
    assert street.reads(street.ben, street.anna) == ["from the old one"]
    assert street.state(sent, anew) is State.DELIVERED


def test_nothing_is_sealed_to_a_device_that_was_revoked() -> None:
    street = Street()
    phone = street.phone(street.ben)
    said = revoke(street.ben.member, street.world.community, DeviceId(phone.device.public), 1)
    street.world.say(street.ben, said)
    settle(street.world)

    sent = street.writes()

    note = street.anna.peer.post.box.get(sent)
    assert note is not None
    assert set(note.devices) == {street.anna.neighbour, street.ben.neighbour}


# Read receipts, and whom one hides


def test_who_wrote_sees_that_it_was_read_when_the_reader_says_so() -> None:
    street = Street()
    told, untold = street.writes("one"), street.writes("two")
    settle(street.world)

    street.world.feed(street.ben, Saw((told,)))
    street.world.feed(street.ben, Saw((untold,), tell=False))
    settle(street.world)

    assert (street.state(told), street.state(untold)) == (State.READ, State.DELIVERED)
    assert all(note.seen for note in street.ben.peer.post.box.letters(street.anna.id))


def test_that_it_was_read_travels_by_the_neighbour_who_brought_it() -> None:
    street = Street()
    street.away(street.ben)
    sent = street.writes()
    settle(street.world)
    street.away(street.anna)
    street.back(street.ben)

    street.world.feed(street.ben, Saw((sent,)))
    settle(street.world)
    street.away(street.ben)
    street.back(street.anna)

    assert street.state(sent) is State.READ


def test_who_is_hidden_is_never_told_that_it_was_read_and_sees_no_more_than_of_a_silent_one() -> None:
    street = Street()
    street.world.say(street.ben, Block(street.anna.id, "she never came"))
    settle(street.world)

    sent = street.writes()
    settle(street.world)
    street.world.feed(street.ben, Saw((sent,)))
    settle(street.world)

    assert street.state(sent) is State.DELIVERED
    assert street.blamed() == []


# Time


def test_after_its_time_it_is_let_go_everywhere_and_its_writer_reads_that_nobody_got_it() -> None:
    street = Street()
    street.away(street.ben)
    sent = street.writes(lasts=DAY)
    settle(street.world)
    assert street.kept(street.carla) == [sent]

    street.world.run(street.world.now + DAY * NS_PER_MS)

    assert street.state(sent) is State.EXPIRED
    assert street.carla.letters == {}
    assert (street.carla.peer.post.room.letters, street.carla.peer.post.room.bytes) == (0, 0)
    street.back(street.ben)
    assert street.reads(street.ben, street.anna) == []
    assert street.reads(street.anna, street.ben) == ["Hello"]


def test_a_letter_that_comes_after_its_time_is_not_taken_in() -> None:
    street = Street()
    letter = Letter(street.ben.id, street.world.millis(), "late")
    to = [street.anna.neighbour, street.ben.neighbour]
    sealed = letters.seal_letter(street.anna.device, street.world.community, to, letter, street.world.millis() + 1)
    settle(street.world)

    street.world.show(street.anna, street.ben, wire.Carry(sealed.data))
    settle(street.world)

    assert street.reads(street.ben, street.anna) == []
    assert answers(street, street.ben) == [Answer.OVER]


def test_whose_clock_is_ahead_is_not_shut_out_and_their_letter_comes_when_its_time_has_come() -> None:
    place = Place()
    anna, carla = peer_of(place.anna, place.ben), peer_of(place.carla, place.anna, place.ben)
    for peer in (anna, carla):
        greet(peer, place.ben)
    letter = Letter(place.anna.member, NOW + DAY, "from tomorrow")
    sealed = letters.seal_letter(place.ben.key, place.community, [place.anna.id], letter, NOW + DAY + 30 * DAY)

    for peer in (anna, carla):
        assert carry(peer, sealed, place.ben) == [
            Send(NeighbourId(place.ben.id), wire.Answers(((sealed.id, Answer.AHEAD),)))
        ]

    came = carry(anna, sealed, place.ben, Millis(NOW + DAY - limits.FUTURE_MS_MAX))
    assert [each.note.id for each in came if isinstance(each, KeepLetter)] == [sealed.id]


def test_after_our_clock_was_set_right_letters_are_dated_by_it_and_still_in_their_order() -> None:
    place = Place()
    anna = peer_of(place.anna, place.ben)

    def write(now: int) -> int:
        effects = anna.handle(Wrote(place.ben.member, "the same words"), Millis(now))
        (note,) = (each.note for each in effects if isinstance(each, KeepLetter))
        return note.at

    assert [write(at) for at in (NOW + 400 * DAY, NOW, NOW, NOW - MINUTE, NOW + HOUR)] == [
        NOW + 400 * DAY,
        NOW,
        NOW + 1,
        NOW + 2,
        NOW + HOUR,
    ]


def answers(street: Street, node: Node) -> list[int]:
    sent = [effect.frame for by, effect in street.frames if by is node and isinstance(effect, Send)]
    return [answer for frame in sent if isinstance(frame, wire.Answers) for _, answer in frame.answers]


# What others send


def test_a_letter_that_comes_again_is_known_again_also_after_a_restart_and_after_it_was_thrown_away() -> None:
    street = Street()
    sent = street.writes()
    settle(street.world)
    data = street.ben.letters[sent][1]

    for again in range(3):
        street.world.show(street.carla, street.ben, wire.Carry(data))
        settle(street.world)
        assert street.reads(street.ben, street.anna) == (["Hello"] if again < 2 else [])
        if again == 0:
            street.away(street.ben)
            street.back(street.ben)
        else:
            street.world.feed(street.ben, Forgot(street.anna.id))
            assert street.ben.letters[sent][1] == b""
    assert street.blamed() == []


def test_a_forged_letter_is_blamed_on_who_wrote_it_and_shown_to_nobody() -> None:
    street = Street()
    letter = Letter(street.ben.id, street.world.millis(), "Anna here, honestly")
    to = [street.carla.neighbour, street.ben.neighbour]
    sealed = letters.seal_letter(street.carla.device, street.world.community, to, letter, street.world.millis() + DAY)
    as_anna = sealed.data[:1] + street.anna.device.public + sealed.data[33:]

    street.world.show(street.carla, street.ben, wire.Carry(as_anna))
    settle(street.world)
    assert street.reads(street.ben, street.anna) == street.reads(street.ben, street.carla) == []
    assert street.blamed() == []

    street.world.show(street.anna, street.ben, wire.Carry(as_anna))  # as if she had written it
    settle(street.world, 1)
    assert street.blamed() == ["a letter that is not signed by the device it names"]


def test_who_keeps_what_does_not_open_is_not_to_blame_and_brings_it_once() -> None:
    street = Street()
    street.away(street.ben)
    ids = []
    for number in range(12):  # more than a link outlives, were each a small fault
        ids.append(spoilt(street, number).id)
        street.world.show(street.carla, street.anna, wire.Carry(spoilt(street, number).data))
    settle(street.world)
    assert sorted(street.kept(street.anna)) == sorted(ids)

    street.away(street.carla)
    street.back(street.ben, seconds=600)

    assert street.blamed() == []
    handed = [effect.letters for node, effect in street.frames if isinstance(effect, Hand) and node is street.anna]
    assert sorted(id_ for each in handed for id_ in each) == sorted(ids)


def test_a_letter_to_somebody_else_is_not_shown_though_it_is_sealed_to_us() -> None:
    street = Street()
    letter = Letter(street.carla.id, street.world.millis(), "for Carla")
    to = [street.anna.neighbour, street.ben.neighbour]
    sealed = letters.seal_letter(street.anna.device, street.world.community, to, letter, street.world.millis() + DAY)

    street.world.show(street.carla, street.ben, wire.Carry(sealed.data))
    settle(street.world)
    assert (street.ben.letters, street.blamed()) == ({}, [])

    street.world.show(street.anna, street.ben, wire.Carry(sealed.data))
    settle(street.world, 1)
    assert (street.ben.letters, street.blamed()) == ({}, ["a letter to somebody else"])


def test_nobody_can_leave_what_somebody_else_wrote() -> None:
    street = Street(people=4)
    dora = street.world.nodes[3]
    street.away(street.ben)
    sent = street.writes()
    settle(street.world)
    data = street.anna.letters[sent][1]
    street.away(street.carla)
    street.carla.letters.clear()
    street.back(street.carla)
    street.away(street.anna)

    street.world.show(dora, street.carla, wire.Carry(data))
    settle(street.world)

    assert street.kept(street.carla) == []
    assert street.blamed()


def test_a_false_receipt_changes_nothing() -> None:
    street = Street()
    street.away(street.ben)
    sent = street.writes()
    settle(street.world)
    by_carla = letters.receipt(street.carla.device, street.world.community, sent, street.world.millis())
    by_ben = letters.receipt(street.ben.device, street.world.community, sent, street.world.millis())
    forged = by_ben.data[:-1] + bytes([by_ben.data[-1] ^ 1])

    for data in (by_carla.data, forged):
        street.world.show(street.carla, street.anna, wire.Receipts((data,)))
        settle(street.world)

    assert street.state(sent) is State.LEFT
    assert len(street.blamed()) == 2


def test_a_letter_by_somebody_not_heard_of_yet_waits_until_their_log_has_come() -> None:
    street = Street()
    street.away(street.ben)
    guest = village.join(street.world, street.anna)
    street.world.link(guest, street.carla)
    settle(street.world, 60)
    sent = street.writes("I am new here", by=guest, to=street.ben)
    settle(street.world)
    data = guest.letters[sent][1]
    street.away(*(node for node in street.world.nodes if node is not street.carla))
    ben = street.ben
    street.world.restart(ben)

    street.world.show(street.carla, ben, wire.Carry(data))
    settle(street.world, 20)  # before it would be handed over again

    assert street.blamed() == []
    assert street.reads(ben, guest) == ["I am new here"]


# How much


def note(number: int, by: MemberId, to: MemberId, size: int) -> Note:
    id_ = LetterId(number.to_bytes(32, "big"))
    device = DeviceId(bytes(32))
    return Note(id_, KEPT, device, T0, (device,), size, to, by, T0, T0)


def fill(room: Mailbox, senders: int, readers: int, each: int, size: int) -> Mailbox:
    number = 0
    for sender in range(senders):
        for _ in range(each):
            number += 1
            reader = MemberId((number % readers).to_bytes(32, "little"))
            room.add(note(number, MemberId(sender.to_bytes(32, "big")), reader, size))
    return room


ME, YOU = MemberId(b"m" * 32), MemberId(b"y" * 32)


def test_one_member_leaves_so_many_letters_and_bytes_and_no_more() -> None:
    room = Mailbox()
    for number in range(limits.MAILBOX_FROM_LETTERS_MAX):
        assert room.why_not(ME, YOU, 2_000) is None
        room.add(note(number, ME, YOU, 2_000))
    assert room.why_not(ME, MemberId(bytes(32)), 1) is Answer.YOURS_FULL
    assert room.why_not(YOU, ME, 1) is None

    large = Mailbox()
    large.add(note(0, ME, YOU, limits.MAILBOX_FROM_BYTES_MAX - 1))
    assert large.why_not(ME, YOU, 1) is None
    assert large.why_not(ME, YOU, 2) is Answer.YOURS_FULL


def test_so_much_waits_for_one_member_and_no_more() -> None:
    room = fill(Mailbox(), 4, 1, limits.MAILBOX_TO_LETTERS_MAX // 4, 2_000)
    nobody = MemberId(bytes(32))

    assert room.why_not(ME, nobody, 1) is Answer.YOURS_FULL
    assert room.why_not(ME, YOU, 1) is None

    room = fill(Mailbox(), limits.MAILBOX_TO_BYTES_MAX // 262_144, 1, 1, 262_144)
    assert room.why_not(ME, nobody, 1) is Answer.YOURS_FULL


def test_a_node_keeps_so_much_in_all_and_no_more() -> None:
    room = fill(Mailbox(), limits.MAILBOX_LETTERS_MAX // 64, 64, 64, 1_000)
    assert room.letters == limits.MAILBOX_LETTERS_MAX
    assert room.why_not(ME, YOU, 1) is Answer.FULL

    room = fill(Mailbox(), limits.MAILBOX_BYTES_MAX // 262_144, 64, 1, 262_144)
    assert room.why_not(ME, YOU, 1) is Answer.FULL


def test_what_is_dropped_makes_room_again() -> None:
    room = Mailbox()
    kept = [note(number, ME, YOU, 50_000) for number in range(limits.MAILBOX_FROM_LETTERS_MAX)]
    for each in kept:
        room.add(each)
    for each in kept:
        room.drop(each)

    assert (room.letters, room.bytes) == (0, 0)
    assert room.why_not(ME, YOU, limits.LETTER_BYTES_MAX) is None


def test_what_a_full_neighbour_refuses_is_said_truly_and_left_with_another() -> None:
    street = Street(people=4)
    street.away(street.ben, street.world.nodes[3])
    for number in range(limits.MAILBOX_FROM_LETTERS_MAX + 1):
        street.writes(f"letter {number}")
    settle(street.world, 30)

    states = [
        state(street.anna.peer.book.members, each, 0) for each in street.anna.peer.post.box.letters(street.ben.id)
    ]
    assert (states.count(State.LEFT), states.count(State.HERE)) == (limits.MAILBOX_FROM_LETTERS_MAX, 1)

    street.back(street.world.nodes[3])
    states = [
        state(street.anna.peer.book.members, each, 0) for each in street.anna.peer.post.box.letters(street.ben.id)
    ]
    assert states.count(State.HERE) == 0


def test_what_one_device_of_the_reader_has_makes_room_for_what_nobody_has() -> None:
    street = Street()
    phone = street.phone(street.ben)
    street.away(street.ben, phone)
    for number in range(limits.MAILBOX_FROM_LETTERS_MAX):
        street.writes(f"letter {number}")
    settle(street.world, 30)
    street.back(street.ben, seconds=30)
    assert len(street.kept(street.carla)) == limits.MAILBOX_FROM_LETTERS_MAX  # the phone lacks them
    street.away(street.ben)

    sent = street.writes("one more")
    settle(street.world)

    assert street.state(sent) is State.LEFT
    street.back(street.ben, phone, seconds=60)
    assert len(street.reads(phone, street.anna)) == limits.MAILBOX_FROM_LETTERS_MAX + 1


def test_no_more_is_taken_in_from_one_member_in_a_day_than_the_limit() -> None:
    street = Street()
    for number in range(limits.LETTERS_A_DAY_MAX + 1):
        street.writes(f"letter {number}")
    settle(street.world, 60)

    assert len(street.reads(street.ben, street.anna)) == limits.LETTERS_A_DAY_MAX
    assert Answer.YOURS_FULL in answers(street, street.ben)
    street.world.run(street.world.now + (DAY + HOUR) * NS_PER_MS)
    street.away(street.anna)
    street.back(street.anna, seconds=60)
    assert len(street.reads(street.ben, street.anna)) == limits.LETTERS_A_DAY_MAX + 1


@pytest.mark.parametrize("most", ["LETTERS_WITH_ONE_MAX", "LETTERS_WITH_ONE_BYTES_MAX"])
def test_of_a_long_conversation_the_oldest_letters_go_first(most: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, most, 5 if most == "LETTERS_WITH_ONE_MAX" else 5 * LONG)
    street = Street()

    for number in range(8):
        street.writes(f"letter {number}")
    settle(street.world)

    assert street.reads(street.ben, street.anna) == [f"letter {number}" for number in range(3, 8)]
    assert sum(len(data) > 0 for _, data in street.ben.letters.values()) == 5


def test_bytes_are_bounded_as_letters_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LETTERS_DAY_BYTES_MAX", 3 * LONG)
    street = Street()

    for number in range(5):
        street.writes(f"letter {number}")
    settle(street.world)

    assert len(street.reads(street.ben, street.anna)) == 3


def test_where_room_is_short_the_oldest_go_of_whom_nobody_answered_and_who_wrote_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LETTERS_BYTES_MAX", 6 * LONG)
    street = Street(5)
    anna, ben, carla, dirk, ella = street.world.nodes
    street.writes("thanks", by=ben, to=anna)
    settle(street.world)

    def write(by: Node, *texts: str) -> None:
        for text in texts:
            street.writes(text, by=by)
            settle(street.world)

    def by(who: Node) -> set[str]:
        return set(street.reads(ben, who)) - {"thanks"}

    write(anna, *"123")
    write(carla, *"1234")
    assert (by(anna), by(carla)) == ({*"123"}, {*"234"})
    write(dirk, *"12")
    assert (by(anna), by(carla), by(dirk)) == ({*"123"}, {*"4"}, {*"12"})
    write(ella, "1")
    assert (by(anna), by(carla), by(dirk), by(ella)) == ({*"123"}, {*"4"}, {*"2"}, {*"1"})
    write(anna, *"4567")
    assert (by(anna), by(carla), by(dirk), by(ella)) == ({*"234567"}, set(), set(), set())
    write(ella, "2")  # and yet nobody is shut out
    assert (by(anna), by(ella)) == ({*"34567"}, {*"2"})


LETTER_OF_SOMEBODY = st.tuples(st.integers(0, 4), st.integers(1, 40), st.booleans())


@given(st.lists(LETTER_OF_SOMEBODY, max_size=60))
def test_all_that_others_wrote_stays_within_its_room_and_nobody_is_shut_out(
    written: list[tuple[int, int, bool]],
) -> None:
    box = Letterbox()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "LETTERS_BYTES_MAX", 100)
        for number, (who, size, ours) in enumerate(written):
            partner, role = MemberId(bytes([who]) * 32), OURS if ours else THEIRS
            id_ = LetterId(number.to_bytes(32, "big"))
            for old in box.makes_way(partner, size) if role == THEIRS else ():
                assert old.role == THEIRS
                box.put(emptied(old))
            box.put(Note(id_, role, DeviceId(bytes(32)), 9, (), size, partner, partner, number, number))

            there = [note for each in box.partners() for note in box.letters(each)]
            assert id_ in {note.id for note in there}
            assert sum(note.size for note in there if note.role == THEIRS) <= 100


def test_so_many_are_handed_over_at_once_and_the_others_after_their_receipts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HANDED_MAX", 10)
    street = Street()
    street.away(street.ben, street.carla)
    for number in range(35):
        street.writes(f"letter {number}")

    street.back(street.ben)

    first = next(effect for _, effect in street.frames if type(effect).__name__ == "Hand")
    assert len(first.letters) == 10  # type: ignore[attr-defined]
    assert len(street.reads(street.ben, street.anna)) == 35


def spoilt(street: Street, number: int) -> letters.Sealed:
    """A letter by Carla to Ben that opens for nobody; nobody sees that who keeps it."""
    letter = Letter(street.ben.id, street.world.millis(), f"letter {number}")
    to, until = [street.ben.neighbour], street.world.millis() + DAY
    sealed = letters.seal_letter(street.carla.device, street.world.community, to, letter, until)
    return letters.open_sealed(street.world.community, sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))


def test_letters_that_are_refused_keep_no_others_from_being_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HANDED_MAX", 3)
    street = Street()
    street.away(street.ben)
    for number in range(4):
        street.world.show(street.carla, street.anna, wire.Carry(spoilt(street, number).data))
    settle(street.world)

    street.back(street.ben)
    street.writes("Are you there?")
    settle(street.world)

    assert street.reads(street.ben, street.anna) == ["Are you there?"]


@pytest.mark.parametrize("most", [256, 10])
def test_an_answer_is_no_look_at_all_letters(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HANDED_MAX", most)
    street = Street()
    street.away(street.ben, street.carla)
    for number in range(40):
        street.writes(f"letter {number}")
    looks: list[Letterbox] = []
    real = Letterbox.waiting

    def waiting(box: Letterbox) -> Iterator[Note]:
        looks.append(box)
        return real(box)

    monkeypatch.setattr(Letterbox, "waiting", waiting)

    street.back(street.ben)

    assert len(street.reads(street.ben, street.anna)) == 40
    anna = looks.count(street.anna.peer.post.box)
    assert anna < 5 if most > 40 else 5 < anna < 15  # once for each half of what goes at a time


def test_who_says_hello_often_is_not_given_the_same_letters_each_time() -> None:
    place = Place()
    anna = peer_of(place.anna, place.ben)
    anna.handle(Wrote(place.ben.member, "Hello"), NOW)
    met = greet(anna, place.ben)

    again = [effect for _ in range(5) for effect in greet_again(anna, place.ben)]

    assert sum(isinstance(effect, Hand) for effect in met) == 1
    assert not any(isinstance(effect, Hand) for effect in again)
    later_on = anna.handle(Woke(LETTERS), Millis(NOW + limits.HAND_AGAIN_MS))
    assert sum(isinstance(effect, Hand) for effect in later_on) == 1


@pytest.mark.parametrize("how", ["thrown away", "given up"])
def test_letters_nobody_waits_for_any_more_keep_no_others_from_being_handed_over(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HANDED_MAX", 3)
    street = Street()
    street.away(street.carla)
    street.road.deaf.add(street.ben.number)
    for number in range(3):
        street.writes(f"letter {number}")
    if how == "thrown away":
        street.world.feed(street.anna, Forgot(street.ben.id))
    else:
        settle(street.world, (limits.HAND_AGAIN_MS << limits.HANDED_AGAIN_MAX + 1) // 1_000)
    street.road.deaf.clear()

    street.writes("Are you there?")
    settle(street.world, 5)

    assert street.reads(street.ben, street.anna) == ["Are you there?"]


def test_who_is_unheard_of_leaves_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LETTERS_STRANGE_MAX", 3)
    street = Street()
    stranger = key("stranger")
    for number in range(5):
        letter = Letter(street.ben.id, street.world.millis(), f"letter {number}")
        to = [street.ben.neighbour]
        sealed = letters.seal_letter(stranger, street.world.community, to, letter, street.world.millis() + DAY)
        street.world.show(street.carla, street.ben, wire.Carry(sealed.data))
    settle(street.world)

    assert street.ben.peer.post.strangers == 3
    assert street.ben.letters == {}


def made_up(place: Place, number: int, lasts: int = DAY) -> letters.Sealed:
    """A letter to Ben by a device nobody ever heard of."""
    letter = Letter(place.ben.member, NOW, f"letter {number}")
    return letters.seal_letter(key(f"nobody {number}"), place.community, [place.ben.id], letter, NOW + lasts)


def test_who_brings_letters_by_made_up_writers_keeps_nobody_elses_from_waiting() -> None:
    place = Place()
    eve = place.village.enters(place.anna, "eve")
    admit = admits(place.anna, eve)
    ben = peer_of(place.ben, beginning(place.anna, admit.seq), place.carla, place.dora)
    for each in (place.anna, place.carla, place.dora):
        greet(ben, each)
    letter = Letter(place.ben.member, NOW, "I am new here")
    new = letters.seal_letter(eve.key, place.community, [place.ben.id], letter, NOW + DAY)

    for number in range(2 * limits.LETTERS_STRANGE_MAX):
        carry(ben, made_up(place, number), place.carla)
    carry(ben, new, place.dora)
    for number in range(2 * limits.LETTERS_STRANGE_MAX):
        carry(ben, made_up(place, 100 + number), place.carla)
    assert ben.post.strangers == limits.LETTERS_STRANGE_MAX

    effects = [effect for entry in (*eve.entries, admit) for effect in push(ben, entry, place.anna)]
    assert [each.note.id for each in effects if isinstance(each, KeepLetter)] == [new.id]


def beginning(of: Device, size: int) -> Device:
    """The device with no more than the beginning of its log."""
    return dataclasses.replace(of, entries=of.entries[:size])


def carry(peer: Peer, sealed: letters.Sealed, neighbour: Device, now: Millis = NOW) -> list[Effect]:
    return peer.handle(Received(wire.encode(wire.Carry(sealed.data)), NeighbourId(neighbour.id)), now)


def test_a_letter_by_nobody_waits_for_an_hour_or_until_its_time_is_over() -> None:
    place, room = Place(), WaitingRoom()
    carla, dora = NeighbourId(place.carla.id), NeighbourId(place.dora.id)
    short, long = made_up(place, 1, HOUR // 4), made_up(place, 2)

    for sealed, neighbour in ((short, carla), (long, carla), (long, dora)):
        room.hold(sealed, neighbour, neighbour, NOW)
    assert room.all() == [(carla, short), (carla, long)]

    room.hold(made_up(place, 3), dora, dora, NOW + HOUR // 4)
    assert [sealed for _, sealed in room.all()] == [long, made_up(place, 3)]
    room.hold(made_up(place, 4), dora, dora, NOW + limits.LETTERS_STRANGE_MS)
    assert [sealed for _, sealed in room.all()] == [made_up(place, 3), made_up(place, 4)]


def test_however_many_bring_letters_by_nobody_who_has_a_place_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LETTERS_STRANGE_MAX", 3)
    place, room = Place(), WaitingRoom()
    for number in range(6):
        neighbour = NeighbourId(DeviceId(bytes([number]) * 32))
        room.hold(made_up(place, number), neighbour, neighbour, NOW)

    assert [sealed for _, sealed in room.all()] == [made_up(place, number) for number in range(3)]


def test_what_is_remembered_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LETTERS_UNDER_WAY_MAX", 3)
    street = Street()
    street.away(street.ben)

    for number in range(5):
        street.writes(f"letter {number}")
    settle(street.world)

    assert len(street.kept(street.carla)) == 3


@pytest.mark.parametrize("restarted", [False, True])
def test_two_who_write_much_to_each_other_keep_nobody_elses_letters_from_being_kept(
    restarted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LETTERS_UNDER_WAY_MAX", 6)
    street = Street(people=4)
    dora = street.world.nodes[3]
    street.away(street.ben, dora)
    for number in range(6):
        street.writes(f"letter {number}", by=street.carla)
    settle(street.world)
    street.away(street.carla)
    street.back(street.ben)
    assert (len(street.anna.peer.post.box.under_way), street.kept(street.anna)) == (6, [])
    street.away(street.ben)
    if restarted:
        street.away(street.anna)
        street.back(street.anna)

    street.back(dora)
    sent = street.writes("Hello", by=dora)
    settle(street.world)

    assert street.kept(street.anna) == [sent]
    assert len(street.anna.letters) == 6
    street.back(street.ben, street.carla)
    assert street.reads(street.ben, dora) == ["Hello"]


# What our own member may write


def test_what_can_not_be_written_has_its_sentence() -> None:
    street = Street()
    guest = street.world.add()

    for wrote, sentence in (
        (Wrote(street.ben.id, "   "), "empty letter"),
        (Wrote(street.anna.id, "hello"), "to yourself"),
        (Wrote(MemberId(bytes(32)), "hello"), "nobody of that name"),
        (Wrote(street.ben.id, "hello", about=street.ben.id), "not known here"),  # type: ignore[arg-type]
        (Wrote(street.ben.id, "x" * (limits.TEXT_CHARS_MAX + 1)), "characters"),
        (Wrote(street.ben.id, "hello", lasts=limits.LETTER_MS_MAX + 1), "30 days"),
        (Wrote(street.ben.id, "hello", lasts=MINUTE), "an hour"),
        (Wrote(street.ben.id, "hello", picture=bytes(limits.PICTURE_BYTES_MAX + 1)), "at most"),
    ):
        with pytest.raises(Refused, match=sentence):
            street.world.write(street.anna, wrote)
    with pytest.raises(Refused, match="speaks for nobody"):
        street.world.write(guest, Wrote(street.ben.id, "hello"))
    assert street.anna.letters == {}


def test_letters_take_no_part_in_the_facts() -> None:
    street = Street()
    before = {node.peer.book.digest() for node in street.world.nodes}

    street.writes()
    settle(street.world)

    assert {node.peer.book.digest() for node in street.world.nodes} == before
    assert [note.role for note, _ in street.anna.letters.values()] == [OURS]
    assert [note.role for note, _ in street.ben.letters.values()] == [THEIRS]


def test_a_letter_to_more_devices_than_the_limit_goes_to_those_last_heard_of() -> None:
    street = Street()
    member = street.ben.id
    known = street.anna.peer.book.members.get(member)
    assert known is not None
    for number in range(limits.LETTER_DEVICES_MAX):
        made = street.world.add(street.ben.member)
        said = certify(street.ben.member, DeviceId(made.device.public), f"device {number}", street.world.millis())
        street.world.say(made, said)
        street.world.link(made, street.anna)
    settle(street.world, 60)

    sent = street.writes()

    note = street.anna.peer.post.box.get(sent)
    assert note is not None
    assert len(note.devices) == limits.LETTER_DEVICES_MAX // 2 + 1


def test_unasked_answers_change_nothing() -> None:
    street = Street()
    street.away(street.ben)
    street.away(street.carla)
    sent = street.writes()
    street.back(street.carla)
    note = street.anna.peer.post.box.get(sent)
    assert note is not None

    street.world.show(street.carla, street.anna, wire.Answers(((sent, 1), (bytes(32), 1), (sent, 250))))
    settle(street.world)

    after = street.anna.peer.post.box.get(sent)
    assert after == replace(note, holders=(NeighbourId(street.carla.neighbour),))


def test_who_waits_for_friends_word_to_count_is_not_written_to_and_writes_as_nobody() -> None:
    place = Place()
    place.plans()
    for friend in (place.ben, place.carla):
        friend.say(place.word(), at=later(2 * DAY))
    laptop = place.device(at=2 * DAY)  # perhaps a thief's: Anna can still protest
    dora = peer_of(place.dora, place.anna, place.ben, place.carla, laptop)
    greet(dora, place.carla)
    start = later(2 * DAY + WAIT)

    def came(now: Millis) -> list[Note]:
        letter = Letter(place.dora.member, now, "It is me, Anna")
        sealed = letters.seal_letter(laptop.key, place.community, [place.dora.id], letter, now + DAY)
        frame = wire.encode(wire.Carry(sealed.data))
        effects = dora.handle(Received(frame, NeighbourId(place.carla.id)), now)
        return [each.note for each in effects if isinstance(each, KeepLetter)]

    def wrote(now: Millis) -> tuple[DeviceId, ...]:
        effects = dora.handle(Wrote(place.me, "For Anna alone"), now)
        return next(each.note.devices for each in effects if isinstance(each, KeepLetter))

    assert laptop.id not in wrote(Millis(start - 1))
    assert came(Millis(start - 1)) == []
    assert laptop.id in wrote(start)
    assert [note.partner for note in came(start)] == [place.me]


def test_who_signs_one_receipt_after_the_other_fills_no_memory() -> None:
    place = Place()
    anna = peer_of(place.anna, place.ben)
    greet(anna, place.ben)
    note = next(
        each.note for each in anna.handle(Wrote(place.ben.member, "Hello"), NOW) if isinstance(each, KeepLetter)
    )

    for at in range(500):
        said = letters.receipt(place.ben.key, place.community, note.id, NOW + at)
        anna.handle(Received(wire.encode(wire.Receipts((said.data,))), NeighbourId(place.ben.id)), NOW)

    assert anna.post.remembers(NeighbourId(place.ben.id)) == 1
