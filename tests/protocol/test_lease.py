"""The lease in the core: a device that may have been set back hears neighbours before it signs, and proof ends it."""

import pytest

from ruil.protocol import wire
from ruil.protocol.bodies import Accept, Profile, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.events import (
    Doubted,
    Drafted,
    Effect,
    Ended,
    Lost,
    Met,
    Received,
    Send,
    Tell,
    Vouched,
    Wake,
    Woke,
)
from ruil.protocol.ids import Millis, NeighbourId
from ruil.protocol.lease import LEASE
from ruil.protocol.limits import HOUR, LEASE_CLAIM_MS, LEASE_CLAIMS_MAX, LEASE_SETTLE_MS
from ruil.protocol.peer import JUDGE, STARTED, Peer
from tests.protocol.actors import Device, Village, bread, later, parties
from tests.protocol.test_peer import NOW, blames, greet, peer_of, push, stored

DOUBT = Doubted("this computer was started anew")
AFTER = Millis(NOW + LEASE_SETTLE_MS)
TOO_LATE = Millis(NOW + LEASE_CLAIM_MS)


class Street:
    """Anna's device said twenty things; her neighbours Ben and Carla hold them. `at` is Anna after a restart with the
    first so many of them."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben = self.village.joins(self.anna, "ben")
        self.carla = self.village.joins(self.anna, "carla")
        while self.anna.log.size < 20:
            self.anna.say(Profile(f"Anna {self.anna.log.size}"))

    def at(self, size: int, *neighbours: Device) -> Peer:
        young = self.anna.twin()
        young.entries = young.entries[:size]
        peer = peer_of(young, self.ben, self.carla)
        for neighbour in neighbours:
            greet(peer, neighbour)
        return peer

    def tells(self, peer: Peer, neighbour: Device, size: int, now: Millis = NOW) -> list[Effect]:
        """A neighbour tells so much of Anna's log, and shows nothing."""
        short = self.anna.entries[size - 1].id[:8] if size <= len(self.anna.entries) else bytes(8)
        heads = wire.Heads(b"epoch 02", 1, ((self.anna.id, size, short),))
        return peer.handle(Received(wire.encode(heads), NeighbourId(neighbour.id)), now)

    def shows(self, peer: Peer, neighbour: Device, seq: int) -> list[Effect]:
        return push(peer, self.anna.entries[seq], neighbour)


def told(effects: list[Effect]) -> list[str]:
    return [effect.topic for effect in effects if isinstance(effect, Tell)]


def says(peer: Peer, now: Millis = NOW) -> bool:
    """Whether a word of the member's is signed."""
    try:
        return bool(stored(peer.handle(Drafted(Profile("Anna anew")), now)))
    except Refused:
        return False


def test_nothing_is_doubted_unless_a_driver_doubts_it() -> None:
    street = Street()

    assert says(street.at(20))


def test_a_doubted_device_signs_nothing_and_says_why() -> None:
    street = Street()
    peer = street.at(20)

    assert told(peer.handle(DOUBT, NOW)) == ["held"]

    with pytest.raises(Refused, match="was started anew"):
        peer.handle(Drafted(Profile("Anna")), NOW)
    assert peer.held == DOUBT.why


def test_it_signs_again_once_a_neighbour_told_its_very_head_and_others_had_the_time_to_tell_more() -> None:
    street = Street()
    peer = street.at(20, street.ben)
    peer.handle(DOUBT, NOW)

    assert Wake(AFTER, LEASE) in street.tells(peer, street.ben, 20)

    assert not says(peer)
    assert "freed" in told(peer.handle(Woke(LEASE), AFTER))
    assert says(peer, AFTER)


@pytest.mark.parametrize("size", [1, 19])
def test_a_neighbour_that_lags_behind_settles_nothing(size: int) -> None:
    street = Street()
    peer = street.at(20, street.ben)
    peer.handle(DOUBT, NOW)

    street.tells(peer, street.ben, size)
    peer.handle(Woke(LEASE), later(2 * HOUR))

    assert not says(peer)


def test_a_neighbour_of_whom_nothing_is_known_yet_is_heard_once_it_may_read() -> None:
    street = Street()
    dora = street.village.joins(street.ben, "dora")
    peer = street.at(20)
    peer.handle(DOUBT, NOW)
    peer.handle(Met(NeighbourId(dora.id)), NOW)
    greet(peer, dora)
    street.tells(peer, dora, 20)
    assert not says(peer, AFTER)
    greet(peer, street.ben)

    for entry in (*street.ben.entries, *dora.entries):
        push(peer, entry, street.ben)

    assert "freed" in told(peer.handle(Woke(LEASE), AFTER))


def test_who_has_never_heard_of_anybody_has_nothing_to_wait_for() -> None:
    village = Village()
    peer = peer_of(village.founder)

    assert told(peer.handle(DOUBT, NOW)) == ["freed"]
    assert says(peer)


def test_neighbours_that_are_linked_already_are_asked_to_tell_all_again() -> None:
    street = Street()
    peer = street.at(20, street.ben)
    street.tells(peer, street.ben, 20)

    effects = peer.handle(DOUBT, NOW)

    (hello,) = [each.frame for each in effects if isinstance(each, Send)]
    assert isinstance(hello, wire.Hello)
    assert (hello.epoch, hello.cursor) == (bytes(8), 0)
    peer.handle(Woke(LEASE), AFTER)
    assert not says(peer, AFTER)  # what was told before the doubt counts for nothing


def test_the_member_can_vouch_for_it() -> None:
    street = Street()
    peer = street.at(20)
    peer.handle(DOUBT, NOW)

    assert "freed" in told(peer.handle(Vouched(), NOW))
    assert says(peer)


def test_what_a_node_says_by_itself_waits_as_well_and_is_not_forgotten() -> None:
    street = Street()
    anna, ben = street.anna, street.ben
    offered = anna.say(Propose(parties(anna, ben), (bread(anna, ben, due=later(HOUR * 48)),), later(24 * HOUR)))
    peer = street.at(len(anna.entries), ben)
    peer.handle(DOUBT, NOW)

    assert stored(push(peer, ben.say(Accept(), offered), ben)) == [ben.entries[-1]]  # no `Close` of ours
    assert stored(peer.handle(Woke(STARTED), NOW)) == stored(peer.handle(Woke(JUDGE), NOW)) == []

    freed = peer.handle(Vouched(), NOW)
    assert [entry.device for entry in stored(freed)] == [anna.id]


def test_what_we_said_and_know_is_no_news() -> None:
    street = Street()
    peer = street.at(20, street.ben)

    assert street.shows(peer, street.ben, 3) == street.shows(peer, street.ben, 19)

    assert says(peer)


@pytest.mark.parametrize("doubted", [False, True])
@pytest.mark.parametrize("seq", [5, 6, 19])
def test_an_entry_of_our_own_that_we_do_not_know_ends_the_device_for_good(doubted: bool, seq: int) -> None:
    street = Street()
    peer = street.at(5, street.ben, street.carla)
    if doubted:
        peer.handle(DOUBT, NOW)

    assert "ended" in told(street.shows(peer, street.ben, seq))

    for neighbour in (street.ben, street.carla):
        street.tells(peer, neighbour, 5)
    peer.handle(Vouched(), NOW)
    peer.handle(Woke(LEASE), later(2 * HOUR))
    assert peer.over
    assert not says(peer, later(2 * HOUR))
    with pytest.raises(Refused, match="set back"):
        peer.handle(Drafted(Profile("Anna")), NOW)


def test_a_fork_of_our_own_ends_the_device() -> None:
    street = Street()
    peer = street.at(20, street.ben)
    twin = street.anna.twin()
    rival = twin.say(Profile("Another Anna"))
    peer.handle(Drafted(Profile("Anna")), NOW)

    effects = push(peer, rival, street.ben)

    assert "ended" in told(effects)
    assert peer.over


def test_who_tells_more_of_our_log_is_asked_to_show_it_and_nothing_is_signed_meanwhile() -> None:
    street = Street()
    peer = street.at(20, street.ben)

    effects = street.tells(peer, street.ben, 1_000)

    assert Send(NeighbourId(street.ben.id), wire.Want(((street.anna.id, 20, 20),))) in effects
    assert Wake(TOO_LATE, LEASE) in effects
    assert not says(peer)


def test_a_claim_that_is_not_shown_in_time_is_blamed_and_holds_nobody_again() -> None:
    street = Street()
    peer = street.at(20, street.ben)
    street.tells(peer, street.ben, 1_000)
    peer.handle(Lost(NeighbourId(street.ben.id)), NOW)  # to go away and come back makes it no truer

    effects = peer.handle(Woke(LEASE), TOO_LATE)

    assert blames(effects) == ["claims more of our log than it shows"]
    assert not any(effect.grave for effect in effects if hasattr(effect, "grave"))
    assert "freed" in told(effects)
    assert says(peer, TOO_LATE)
    greet(peer, street.ben)
    street.tells(peer, street.ben, 2_000, TOO_LATE)
    assert says(peer, TOO_LATE)


def test_a_liar_who_tells_more_does_not_outweigh_a_neighbour_who_agrees() -> None:
    street = Street()
    peer = street.at(20, street.ben, street.carla)
    peer.handle(DOUBT, NOW)
    street.tells(peer, street.ben, 1_000)
    street.tells(peer, street.carla, 20)

    effects = peer.handle(Woke(LEASE), AFTER)
    assert not says(peer, AFTER)  # the claim still has time
    assert Wake(TOO_LATE, LEASE) in effects

    assert "freed" in told(peer.handle(Woke(LEASE), TOO_LATE))
    assert says(peer, TOO_LATE)


def test_a_liar_who_agrees_does_not_outweigh_a_neighbour_who_shows_more() -> None:
    street = Street()
    peer = street.at(5, street.ben, street.carla)
    peer.handle(DOUBT, NOW)
    street.tells(peer, street.ben, 5)
    street.tells(peer, street.carla, 20, Millis(AFTER - 1))

    peer.handle(Woke(LEASE), AFTER)
    street.shows(peer, street.carla, 5)

    assert peer.over


def test_many_liars_hold_a_device_for_a_bounded_time() -> None:
    street = Street()
    crowd = [street.village.joins(street.anna, f"guest {number}") for number in range(LEASE_CLAIMS_MAX + 1)]
    peer = peer_of(street.anna, street.ben, *crowd)
    now = NOW
    for liar in crowd[:-1]:
        greet(peer, liar)
        street.tells(peer, liar, 1_000, now)
        assert not says(peer, now)
        now = Millis(now + LEASE_CLAIM_MS)
        peer.handle(Woke(LEASE), now)
        assert peer.held == ""

    greet(peer, crowd[-1])
    street.tells(peer, crowd[-1], 1_000, now)

    assert says(peer, now)


def test_a_driver_that_knows_the_log_was_set_back_ends_the_device() -> None:
    street = Street()
    peer = street.at(20, street.ben)

    assert told(peer.handle(Ended("this folder is a copy"), NOW)) == ["ended"]

    assert peer.handle(Ended("again"), NOW) == []
    with pytest.raises(Refused, match="is a copy"):
        peer.handle(Drafted(Profile("Anna")), NOW)
    assert stored(push(peer, street.ben.say(Profile("Ben")), street.ben))  # and goes on hearing the others
