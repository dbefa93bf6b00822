"""Lately: a newcomer sees what is open near before the history has come, believes none of it, and is not fooled."""

import pytest
from msgspec.structs import replace

from ruil.protocol import limits, wire
from ruil.protocol.bodies import Listing, Profile, Renew, Withdraw
from ruil.protocol.entry import Entry
from ruil.protocol.events import Blame, Effect, Keep, Lost, Recall, Recalled, Received, Restored, Send, Show, Tell
from ruil.protocol.ids import DeviceId, Millis, NeighbourId
from ruil.protocol.log import Log
from ruil.protocol.members import certify
from ruil.protocol.peer import Peer
from ruil.simulations import village as simulated
from ruil.simulations.village import settle
from ruil.simulations.world import Node
from tests.protocol.actors import T0, Device, Village, key, later, loaves
from tests.protocol.test_peer import NOW, blames, greet, peer_of

HERE, NEXT_TOWN, ABROAD = 0x86196952FFFFFFF, 0x861969507FFFFFF, 0x862A1072FFFFFFF


def hear(peer: Peer, neighbour: Device, frame: wire.Frame, now: Millis = NOW) -> list[Effect]:
    return peer.handle(Received(wire.encode(frame), NeighbourId(neighbour.id)), now)


def heads(*logs: Device, more: int = 0) -> wire.Heads:
    """What somebody says who has these logs, each longer than it is by `more`."""
    told = tuple((each.id, each.log.size + more, each.log.head[:8]) for each in logs)
    return wire.Heads(b"epoch 09", 7, told)


def lately(*shown: Entry) -> wire.Lately:
    return wire.Lately(shown[0].device, tuple(each.data for each in shown))


class Street:
    """Zoe has just come in by an invitation of Anna, who has a long log and whom she hears; so has Ben, of whom she has
    heard nothing yet, and who offers bread."""

    def __init__(self, *, long: bool = False) -> None:
        """`long`: Anna's log really is; else she only says so."""
        self.village = Village()
        self.anna = self.village.founder
        if long:
            for number in range(limits.LATELY_BEHIND):
                self.anna.say(Profile(f"Anna, for the {number}. time"))
        self.ben = self.village.joins(self.anna, "ben")
        self.bread = self.ben.say(loaves())
        self.zoe = self.village.enters(self.anna, "zoe")
        self.peer = peer_of(self.zoe)
        greet(self.peer, self.anna)
        self.asked = hear(self.peer, self.anna, heads(self.anna, self.ben, more=0 if long else 1_000))

    @property
    def seen(self) -> list[Entry]:
        return [each.entry for each in self.peer.lately.all(NOW)]


def test_who_is_far_behind_asks_what_is_open_before_asking_for_the_history() -> None:
    street = Street()

    sent = [effect.frame for effect in street.asked if isinstance(effect, Send)]

    assert [type(frame) for frame in sent] == [wire.Look, wire.Want]


def test_who_is_not_far_behind_just_reads() -> None:
    village = Village()
    zoe = village.enters(village.founder, "zoe")
    peer = peer_of(zoe)
    greet(peer, village.founder)

    effects = hear(peer, village.founder, heads(village.founder))

    assert not any(isinstance(effect, Send) and isinstance(effect.frame, wire.Look) for effect in effects)


def test_what_is_shown_is_seen_and_is_no_fact() -> None:
    street = Street()
    before = street.peer.book.digest()

    told = hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread))

    assert told == [Tell("lately", street.ben.id)]
    assert street.seen == [street.bread]
    assert street.peer.book.digest() == before
    assert street.peer.book.listings.get(street.bread.id) is None


def test_nobody_is_shown_as_a_member_by_a_key_that_they_made_up() -> None:
    street = Street()
    own, made_up = key("eve's computer"), key("eve")
    eve = Device(own, made_up, street.village.community, Log(DeviceId(own.public)))
    eve.say(certify(made_up, eve.id, "laptop", T0, street.ben.member))  # one that took the place of Ben's, it says
    eve.say(Profile("Ben"))
    eve.say(loaves())

    told = hear(street.peer, street.anna, lately(*eve.entries))

    assert (street.seen, blames(told)) == ([], [])  # of a member who did change their key an honest neighbour shows it


def test_the_logs_of_who_is_shown_are_wanted_before_all_others() -> None:
    street = Street()
    hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread))
    others = [street.village.joins(street.anna, f"neighbour {number}") for number in range(40)]

    # Anna's and Ben's were asked for at once; the answer is cut off, and after a while all is asked for again.
    street.peer.handle(Lost(NeighbourId(street.anna.id)), NOW)
    greet(street.peer, street.anna)
    effects = hear(street.peer, street.anna, heads(*others, street.ben, more=200))

    (want,) = [each.frame for each in effects if isinstance(each, Send) and isinstance(each.frame, wire.Want)]
    assert street.ben.id in [device for device, _, _ in want.ranges][:2]


def test_it_is_shown_no_more_once_its_log_has_come() -> None:
    street = Street()
    hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread))

    hear(street.peer, street.anna, wire.Entries(street.ben.id, tuple(each.data for each in street.ben.entries)))

    assert street.seen == []
    assert street.peer.book.listings.get(street.bread.id) is not None


def test_another_entry_at_its_place_in_the_log_is_a_fork_and_proved() -> None:
    street = Street()
    twin = street.ben.twin()
    twin.entries.pop()
    twin.log = peer_of(twin).book.logs[twin.id]
    other = twin.say(loaves(9))
    hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread))

    effects = hear(street.peer, street.anna, wire.Entries(street.ben.id, tuple(each.data for each in twin.entries)))
    assert Recall(street.ben.id, other.seq) in effects
    effects = street.peer.handle(Recalled(other), NOW)

    assert any(isinstance(effect, Keep) for effect in effects)
    assert street.peer.book.logs[street.ben.id].cut == other.seq


def test_logs_that_nobody_has_are_shown_no_more_when_all_is_here_and_who_showed_them_is_blamed() -> None:
    street = Street(long=True)
    mallory = street.village.device("somebody made up")
    false = mallory.say(loaves())
    hear(street.peer, street.anna, lately(mallory.entries[0], false))
    assert street.seen == [false]

    effects: list[Effect] = []
    for log in (street.anna, street.ben):
        for part in wire.entries(log.id, [entry.data for entry in log.entries]):
            effects += hear(street.peer, street.anna, part)

    assert street.seen == []
    assert blames(effects) == ["listings in logs that it does not have"]


def test_who_promises_a_history_that_never_comes_is_believed_for_an_hour() -> None:
    street = Street()
    hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread))

    assert street.peer.lately.all(NOW + limits.LATELY_KEEP_MS - 1) != []
    assert street.peer.lately.all(NOW + limits.LATELY_KEEP_MS) == []


def test_listings_nobody_asked_for_are_refused() -> None:
    street = Street()
    greet(street.peer, street.ben)

    effects = hear(street.peer, street.ben, lately(street.ben.entries[0], street.bread))

    assert blames(effects) == ["listings that nobody asked for"]
    assert street.seen == []


def test_what_comes_too_late_is_no_offence_and_is_not_shown() -> None:
    street = Street()

    late = Millis(NOW + limits.LATELY_WAIT_MS)
    effects = hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread), late)

    assert blames(effects) == []
    assert street.seen == []


def test_something_that_is_no_listing_is_refused_and_nothing_of_it_is_shown() -> None:
    street = Street()

    effects = hear(street.peer, street.anna, lately(street.ben.entries[0], street.ben.entries[1], street.bread))

    assert [type(effect) for effect in effects] == [Blame]
    assert street.seen == []


def test_a_listing_that_its_author_did_not_sign_is_refused() -> None:
    street = Street()
    forged = replace(street.bread, data=street.bread.data[:-1] + b"\x00")

    effects = hear(street.peer, street.anna, lately(street.ben.entries[0], forged))

    assert [type(effect) for effect in effects] == [Blame]
    assert street.seen == []


def test_more_than_the_most_listings_are_not_held_and_more_frames_are_refused() -> None:
    street = Street()
    shops = [street.village.device(f"shop {number}") for number in range(limits.LATELY_MAX // 32 + 1)]
    frames = [lately(shop.entries[0], *(shop.say(loaves()) for _ in range(32))) for shop in shops]

    for frame in frames:
        hear(street.peer, street.anna, frame)
    last: list[Effect] = []
    for _ in range(limits.LATELY_MAX - len(frames) + 1):
        last = hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread))

    assert len(street.seen) == limits.LATELY_MAX
    assert blames(last) == [f"more than {limits.LATELY_MAX} logs are shown"]


# What is shown to others


def answers(peer: Peer, neighbour: Device, cell: int = 0, now: Millis = NOW) -> list[tuple[DeviceId, tuple[int, ...]]]:
    return [
        place
        for effect in hear(peer, neighbour, wire.Look(cell), now)
        if isinstance(effect, Show)
        for place in effect.places
    ]


def test_more_than_the_most_bytes_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    street = Street()
    longs = [street.ben.say(replace(loaves(number + 1), text="x" * 5_000)) for number in range(3)]
    monkeypatch.setattr("ruil.protocol.lately.LATELY_BYTES_MAX", sum(len(each.data) for each in longs[:2]))

    hear(street.peer, street.anna, lately(street.ben.entries[0], *longs))
    assert street.seen == longs[:2]

    for entry in street.ben.entries:
        hear(street.peer, street.anna, wire.Entries(street.ben.id, (entry.data,)))
    assert street.seen == []
    carla = street.village.joins(street.ben, "carla")
    hear(street.peer, street.anna, lately(carla.entries[0], offer := carla.say(loaves())))
    assert street.seen == [offer]


def test_a_listing_whose_time_has_not_come_is_not_shown() -> None:
    street = Street()
    early = street.ben.say(loaves(), at=Millis(NOW + limits.FUTURE_MS_MAX + 1))

    hear(street.peer, street.anna, lately(street.ben.entries[0], early))

    assert street.seen == []


def test_the_nearest_are_shown_first_each_with_its_certificate_profile_and_renewal() -> None:
    village = Village()
    anna = village.founder
    ben, carla, dora = (village.joins(anna, name) for name in ("ben", "carla", "dora"))
    far = ben.say(replace(loaves(), cell=ABROAD))
    near = carla.say(replace(loaves(), cell=HERE))
    carla.say(Profile("Carla"))
    renewed = carla.say(Renew(later(9 * limits.DAY)), near)
    gone = dora.say(replace(loaves(), cell=HERE))
    dora.say(Withdraw(), gone)
    dora.say(Listing("offer", "bread", "Yesterday's", 1, "loaf", Millis(T0 + 1)))
    between = dora.say(replace(loaves(), cell=NEXT_TOWN))
    peer = peer_of(anna, ben, carla, dora)
    greet(peer, ben)

    shown = answers(peer, ben, HERE)

    assert shown == [
        (carla.id, (0, near.seq, near.seq + 1, renewed.seq)),
        (dora.id, (0, between.seq)),
        (ben.id, (0, far.seq)),
    ]
    assert answers(peer, ben, HERE) == [], "once a minute is enough"
    assert answers(peer, ben, HERE, Millis(NOW + limits.LATELY_EVERY_MS)) == shown


def test_who_may_not_read_is_shown_nothing() -> None:
    village = Village()
    anna = village.founder
    anna.say(loaves())
    stranger = village.device("stranger")
    peer = peer_of(anna)
    greet(peer, stranger)

    assert answers(peer, stranger) == []


def test_of_one_author_and_in_all_only_so_many_are_shown() -> None:
    village = Village()
    anna = village.founder
    shops = [village.joins(anna, f"shop {number}") for number in range(limits.LATELY_MAX // 40 + 1)]
    for shop in shops:
        for _ in range(40):
            shop.say(loaves())
    peer = peer_of(anna, *shops)
    greet(peer, shops[0])

    shown = answers(peer, shops[0])

    assert max(len(seqs) for _, seqs in shown) == 1 + limits.LATELY_OF_ONE_MAX
    assert sum(len(seqs) - 1 for _, seqs in shown) <= limits.LATELY_MAX


def test_what_is_shown_fits_in_so_many_bytes() -> None:
    village = Village()
    long = village.founder.say(Listing("offer", "bread", "Loaf", 1, "loaf", later(limits.DAY), text="x" * 8_000))
    logs = [(village.founder.id, [long.data] * 20)] * 100

    shown = list(wire.lately(logs))

    assert sum(len(data) for frame in shown for data in frame.entries) <= limits.LATELY_BYTES_MAX
    assert all(len(wire.encode(frame)) < limits.FRAME_BYTES_MAX for frame in shown)
    assert len(shown) > 10


# Together


def test_a_newcomer_on_a_slow_line_sees_what_is_open_long_before_the_history() -> None:
    world = simulated.found(21)
    anna = world.nodes[0]
    for number in range(limits.LATELY_BEHIND):
        world.say(anna, Profile(f"Anna, for the {number}. time"))
    world.say(anna, Listing("offer", "bread", "Loaf", 1, "loaf", world.millis() + limits.DAY))
    seen: list[int] = []
    whole: list[int] = []

    def watch(node: Node, _effect: object, now: int) -> None:
        if node is not anna:
            if node.peer.lately.all(world.millis()):
                seen.append(now)
            if any(True for _ in node.peer.book.listings.all()):
                whole.append(now)

    world.watchers.append(watch)
    world.links.bytes_per_second = 20_000
    begun = world.now
    zoe = simulated.join(world, anna)
    settle(world, 120)

    assert seen[0] - begun < 2_000_000_000 < 5_000_000_000 < whole[0] - begun
    assert not zoe.peer.lately
    assert world.blamed == {}
    assert zoe.peer.book.digest() == anna.peer.book.digest()


def test_a_restarted_peer_has_nothing_of_what_was_shown() -> None:
    street = Street()
    hear(street.peer, street.anna, lately(street.ben.entries[0], street.bread))

    again = Peer(street.zoe.community, street.zoe.key, b"epoch 02")
    for entry in street.zoe.entries:
        again.handle(Restored(entry), NOW)

    assert again.lately.all(NOW) == []
