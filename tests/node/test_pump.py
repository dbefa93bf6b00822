"""The pump: what a member says is on the disk before it is sent, and hours pass in a moment of trio's clock."""

from pathlib import Path

import apsw
import pytest
import trio

from ruil.node.errors import DiskRefused
from ruil.protocol import wire
from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Deliver, Profile, Propose, encode
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted, Restored
from ruil.protocol.limits import ASK_AGAIN_MS, DAY, FUTURE_MS_MAX, HEAL_EVERY_MS, HOUR, MINUTE, RANGES_MAX
from ruil.protocol.revocations import revoke
from tests.node.street import Street, frame_of, now, play, say_at_once, token_of
from tests.protocol.actors import bread, loaves, parties


def test_what_one_says_is_on_their_disk_before_it_stands_at_the_other(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        said = await made.anna.pump.say(Drafted(loaves(ends=now() + DAY)))

        assert made.anna.own_on_disk() == len(made.anna.device.entries) + 1
        await made.until(lambda: made.ben.pump.peer.book.listings.get(said) is not None)
        assert len(made.digests()) == 1
        assert made.anna.blamed + made.ben.blamed == []

    play(tmp_path, story)


def test_a_proposal_that_nobody_answers_is_ended_by_its_proposers_node_at_its_deadline(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna.device, made.ben.device
        begun = now()
        proposal = Propose(parties(anna, ben), (bread(anna, ben, due=begun + 3 * DAY),), begun + HOUR)
        said = await made.anna.pump.say(Drafted(proposal))

        await made.until(lambda: made.state(said) == [State.LAPSED, State.LAPSED])

        assert now() > begun + HOUR
        assert len(made.digests()) == 1

    play(tmp_path, story)


def test_an_agreement_is_closed_by_its_proposers_node_without_a_word_from_the_member(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna.device, made.ben.device
        proposal = Propose(parties(anna, ben), (bread(anna, ben, due=now() + 3 * DAY),), now() + DAY)
        said = await made.anna.pump.say(Drafted(proposal))
        await made.until(lambda: made.state(said)[1] is State.PROPOSED)

        await made.ben.pump.say(Drafted(Accept(), said))

        def closed() -> bool:
            known = made.ben.pump.peer.book.agreements.get(said)
            return known is not None and known.closed

        await made.until(closed)
        assert made.state(said) == [State.AGREED, State.AGREED]

    play(tmp_path, story)


def test_a_clock_that_is_set_back_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        before = await anna.pump.say(Drafted(loaves(1, ends=now() + DAY)))
        await made.until(lambda: len(made.digests()) == 1)

        anna.deaf.add(ben.device.id)  # what is sent gets lost
        said = await anna.pump.say(Drafted(loaves(2, ends=now() + DAY)))
        anna.deaf.clear()
        anna.behind = ben.behind = FUTURE_MS_MAX - MINUTE
        begun = now()
        await made.until(lambda: len(made.digests()) == 1)

        assert now() <= begun + 2 * HEAL_EVERY_MS
        times = [anna.pump.peer.book.records[each].at for each in (before, said)]
        assert times == sorted(times)
        assert anna.blamed + ben.blamed == []

    play(tmp_path, story)


def test_what_can_not_be_said_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        before = made.anna.own_on_disk()

        with pytest.raises(Refused, match="must name the entry"):
            await made.anna.pump.say(Drafted(Deliver(0, 1)))

        assert made.anna.own_on_disk() == before

    play(tmp_path, story)


def test_a_newcomer_who_forks_in_the_frame_they_enter_by_is_answered_once_and_proven(tmp_path: Path) -> None:
    # Their entrance makes Anna's node speak, their rival entry makes it read its store: both before anything is sent.
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        carla = made.village.enters(anna.device, "carla")
        rival = carla.twin().say(Profile("Carlotta"))
        said = (*carla.entries, carla.say(Profile("Carla")), rival)
        before = anna.own_on_disk()

        await anna.pump.receive(ben.device.id, frame_of(*said))
        await made.until(lambda: all(carla.id in house.pump.peer.book.forks for house in (anna, ben)))

        assert anna.own_on_disk() == before + 1
        assert anna.pump.peer.book.members.entrance_used(anna.device.id, token_of(carla))
        assert anna.store.proofs() == [anna.pump.peer.book.forks[carla.id].data]
        await anna.pump.say(Drafted(loaves(ends=now() + DAY)))  # it goes on

    play(tmp_path, story)


@pytest.mark.parametrize("room", [1, 2, 4])
def test_what_a_full_queue_dropped_is_compared_as_soon_as_there_is_room(tmp_path: Path, room: int) -> None:
    async def story(made: Street) -> None:
        begun = now()

        await say_at_once(made.anna, 20)
        dropped = made.anna.dropped
        await made.until(lambda: len(made.digests()) == 1)

        assert dropped > 0
        assert now() < begun + HEAL_EVERY_MS  # without this they would have compared notes by then
        assert made.anna.blamed + made.ben.blamed == []
        await made.ben.pump.say(Drafted(loaves(ends=now() + DAY)))  # neither takes the other for a stranger
        await made.until(lambda: len(made.digests()) == 1)

    play(tmp_path, story, room)


def test_two_who_drop_frames_at_once_are_not_busy_with_each_others_hellos_for_ever(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        async with trio.open_nursery() as nursery:
            for house in (made.anna, made.ben):
                nursery.start_soon(say_at_once, house, 30)
        dropped = [house.dropped for house in (made.anna, made.ben)]

        await made.until(lambda: len(made.digests()) == 1)
        before = now()
        with trio.move_on_at(trio.current_time() + HOUR / 1_000):
            await trio.sleep_forever()  # an hour passes in a moment only for who is idle

        assert min(dropped) > 0
        assert now() >= before + HOUR
        for house in (made.anna, made.ben):
            hellos = [frame for frame in house.sent if isinstance(frame, wire.Hello)]
            assert len(hellos) <= 1 + house.dropped

    play(tmp_path, story, room=2)


def test_a_neighbour_who_is_gone_is_greeted_no_more_until_they_are_back(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        anna.linked = ben.linked = False  # the network knows; that it said so is still to come
        await anna.pump.say(Drafted(loaves(1, ends=now() + DAY)))
        for house, other in ((anna, ben), (ben, anna)):
            await house.pump.lost(other.device.id)
        for number in range(2, 12):
            await anna.pump.say(Drafted(loaves(number, ends=now() + DAY)))

        assert anna.dropped == 1
        assert len(made.digests()) == 2
        await made.meet()
        await made.until(lambda: len(made.digests()) == 1)

    play(tmp_path, story)


def test_a_neighbour_who_asks_for_much_and_reads_nothing_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, community = made.anna, made.village.community
        carla = made.village.joins(made.anna.device, "carla")
        await anna.pump.receive(made.ben.device.id, frame_of(*carla.entries))
        anna.deaf.add(carla.id)
        await anna.pump.met(carla.id)
        tag = wire.hello_tag(community, carla.id, anna.device.id)
        card = tuple(entry.data for entry in carla.entries[:2])
        await anna.pump.receive(carla.id, wire.encode(wire.Hello(tag, card, bytes(8), 0)))
        await anna.pump.receive(carla.id, wire.encode(wire.Want(((anna.device.id, 0, 9),))))
        begun = now()

        await say_at_once(anna, 20)  # more than the road has room for: Ben has to ask for some of it
        await made.until(lambda: len(made.digests()) == 1)

        assert anna.dropped > 0
        assert now() < begun + HEAL_EVERY_MS

    play(tmp_path, story, room=4)


def test_all_that_one_want_may_ask_for_is_served(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        crowd = [made.village.device(f"member {number}") for number in range(RANGES_MAX)]
        for device in crowd:
            ben.store.append(device.entries)
            ben.pump.peer.handle(Restored(device.entries[0]), now())
        begun = now()

        await ben.pump.met(anna.device.id)  # and so they are told of
        await made.until(lambda: len(made.digests()) == 1)

        assert now() < begun + ASK_AGAIN_MS

    play(tmp_path, story)


def test_nobody_is_told_that_what_they_said_was_not_kept_when_it_was(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna = made.anna
        phone = made.village.device("anna", "phone")
        await anna.pump.receive(made.ben.device.id, frame_of(*phone.entries))
        await made.until(lambda: anna.store.read(phone.id, 0, 0) != [])
        before = anna.own_on_disk()
        other = apsw.Connection(str(anna.folder / "logs.sqlite"))
        other.execute("BEGIN IMMEDIATE")  # the proof that follows from it can not be kept beside

        await anna.pump.say(Drafted(revoke(anna.device.owner, made.village.community, phone.id, 1)))

        assert anna.own_on_disk() == before + 1
        await made.until(lambda: False)  # the node ends first

    with pytest.RaisesGroup(pytest.RaisesExc(DiskRefused), flatten_subgroups=True):
        play(tmp_path, story)


def test_who_dropped_the_words_of_an_entry_gives_what_is_before_it_and_is_not_blamed(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        carla = made.village.enters(anna.device, "carla")
        said = [carla.say(loaves(number)) for number in range(1, 9)]
        anna.store.append(carla.entries)
        for entry in carla.entries:
            anna.pump.peer.handle(Restored(entry), now())
        anna.store.forget([(carla.id, said[4].seq, encode(loaves(5)))])

        await anna.pump.met(ben.device.id)  # and so they are told of
        logs = ben.pump.peer.book.logs
        await made.until(lambda: carla.id in logs and logs[carla.id].size == said[4].seq)
        await made.meet()

        assert logs[carla.id].size == said[4].seq
        assert anna.blamed + ben.blamed == []

    play(tmp_path, story)


def push_of(entry: Entry) -> bytes:
    return wire.encode(wire.Push(entry.device, entry.data))


def test_while_it_is_calm_a_push_is_kept_and_passed_on_before_anybody_waits(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        carla = made.village.enters(anna.device, "carla")

        for entry in carla.entries[:1]:
            await trio.sleep(1)
            assert ben.pump.hear(anna.device.id, push_of(entry)) is None
            assert ben.store.read(carla.id, entry.seq, entry.seq) == [entry.data]

    play(tmp_path, story)


def test_what_comes_while_it_is_not_calm_waits_its_turn_and_nothing_is_lost(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        carla = made.village.enters(anna.device, "carla")
        said = [*carla.entries, *(carla.say(loaves(number)) for number in range(1, 200))]

        for entry in said:  # none of them leaves a moment to anybody else
            wait = ben.pump.hear(anna.device.id, push_of(entry))
            if wait is not None:
                await wait()
        await made.until(lambda: len(ben.store.read(carla.id, 0, 1_000)) == len(said))

        assert ben.store.read(carla.id, 0, 1_000) == [entry.data for entry in said]

    play(tmp_path, story)


def test_a_disk_that_refuses_what_was_handled_on_the_spot_ends_the_node(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        ben = made.ben
        carla = made.village.enters(made.anna.device, "carla")
        await trio.sleep(1)
        ben.store._logs.pragma("query_only", True)  # a disk that takes no more

        with pytest.raises(DiskRefused):
            ben.pump.hear(made.anna.device.id, push_of(carla.entries[0]))
        await made.until(lambda: False)  # the node ends first

    with pytest.RaisesGroup(pytest.RaisesExc(DiskRefused), flatten_subgroups=True):
        play(tmp_path, story)
