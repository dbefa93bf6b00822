"""Sharing: a cargo bike in the street, lent by the hour.

Anna has the bike. Ben and Carla would like to have it, Dirk never says a word; each of them has a node of their own.
"""

import copy

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Cancel, Deliver, Listing, Receive, Want
from ruil.protocol.entry import open_entry
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.log import Log
from ruil.protocol.reservations import Span, twice
from ruil.protocol.shapes.share import share
from ruil.protocol.turns import TAKEN
from ruil.protocol.wire import Push
from ruil.simulations.world import Node
from tests.protocol.actors import Device
from tests.shapes.neighbours import Street

PRICE = 30  # an hour, in minutes of the street's own credit


class Bike:
    """Anna's bike, and how the street speaks about it. Hours are those of the day after tomorrow."""

    def __init__(self) -> None:
        self.street = Street("Anna", "Ben", "Carla", "Dirk")
        self.anna, self.ben, self.carla, self.dirk = self.street.world.nodes
        self.noon = Millis(self.street.days(3) // DAY * DAY)
        wants = (Want("credit", PRICE, "credit"),)
        self.offer = Listing(
            "offer", "transport", "Cargo bike", 1, "bike", self.street.days(30), "use", wants=wants, lent="hourly"
        )
        self.id = self.street.says(self.anna, self.offer)

    def hour(self, number: int) -> Millis:
        return Millis(self.noon + number * HOUR)

    def asks(self, who: Node, begins: int, ends: int) -> EntryId:
        """Somebody asks Anna for some hours, for the price she named."""
        span = Span(self.hour(begins), self.hour(ends), 1)
        answer_by = self.street.days(1)
        return self.street.says(
            who, share(self.anna.id, who.id, self.id, "Cargo bike", "bike", span, answer_by, price=PRICE)
        )

    def free(self, seen_by: Node, begins: int, ends: int) -> int:
        now = self.street.world.millis()
        return seen_by.peer.book.free(self.id, self.hour(begins), self.hour(ends), now)

    def state(self, seen_by: Node, agreement: EntryId) -> State:
        return self.street.agreement(seen_by, agreement).state_at(self.street.world.millis())


def test_a_bike_is_lent_by_the_hour_and_is_free_again_when_it_comes_back() -> None:
    bike = Bike()
    street, anna, ben, carla, dirk = bike.street, bike.anna, bike.ben, bike.carla, bike.dirk

    # Ben asks for the bike from ten to two. As long as Anna has not answered, everybody may still ask.
    bens = bike.asks(ben, 10, 14)
    assert bike.free(dirk, 10, 14) == 1
    street.says(anna, Accept(), bens)
    assert bike.free(dirk, 10, 14) == 0
    assert street.owes(bens, dirk) == {"Anna": ["1 bike to Ben"], "Ben": ["120 credit to Anna"]}

    # Carla would have liked it at one. Her node knows better, and says when it is away; from two on it is hers.
    span = Span(bike.hour(13), bike.hour(16), 1)
    wish = share(anna.id, carla.id, bike.id, "Cargo bike", "bike", span, street.days(1))
    assert "is reserved between" in street.refusal(carla, wish, bike.id)
    carlas = bike.asks(carla, 14, 16)
    street.says(anna, Accept(), carlas)

    # Anna offers it to Dirk for the evening. He says nothing, and after a day it is free again.
    evening = Span(bike.hour(18), bike.hour(22), 1)
    dirks = street.says(anna, share(anna.id, dirk.id, bike.id, "Cargo bike", "bike", evening, street.days(1)))
    assert bike.free(ben, 18, 22) == 0
    street.wait(1.1)
    assert bike.state(ben, dirks) is State.LAPSED
    assert bike.free(ben, 18, 22) == 1

    # Carla finds a car instead. Both let it go, and the two hours are free in that moment.
    street.says(carla, Cancel("we found a car"), carlas)
    assert bike.free(dirk, 14, 16) == 0
    street.says(anna, Cancel(), carlas)
    assert (bike.state(dirk, carlas), bike.free(dirk, 14, 16)) == (State.CANCELLED, 1)

    # The day comes. Ben fetches the bike at ten and is back at noon. He says so and pays; the rest of his time is free.
    street.wait((bike.hour(10) - street.world.millis()) / DAY)
    street.says(anna, Deliver(0, 1), bens)
    assert bike.free(dirk, 12, 14) == 0
    street.wait(2 / 24)
    (handed,) = street.agreement(ben, bens).deliveries
    street.says(ben, Receive(handed, 1), bens)
    street.says(ben, Deliver(1, 4 * PRICE), bens)
    assert bike.state(dirk, bens) is State.COMPLETED
    assert bike.free(dirk, 13, 14) == 1
    assert street.balances(dirk) == {"Anna": 120, "Ben": -120}
    street.everybody_reads_the_same()
    street.nothing_is_open()


def test_two_ask_for_the_same_hours_while_the_network_is_parted() -> None:
    bike = Bike()
    street, anna, ben, carla = bike.street, bike.anna, bike.ben, bike.carla

    # Carla is cut off. She and Ben ask for hours that overlap, and neither can know it.
    street.cut_off(carla)
    bens, carlas = bike.asks(ben, 10, 14), bike.asks(carla, 12, 16)
    street.says(anna, Accept(), bens)

    # The network is whole again. Anna's node does not promise it twice; Carla sees it is taken, and asks for later.
    street.together_again()
    assert "is reserved between" in street.refusal(anna, Accept(), carlas)
    assert bike.free(carla, 12, 16) == 0
    later = bike.asks(carla, 14, 18)
    street.says(anna, Accept(), later)

    assert [bike.state(bike.dirk, each) for each in (bens, later)] == [State.AGREED, State.AGREED]
    street.wait(1.1)
    assert bike.state(bike.dirk, carlas) is State.LAPSED
    street.everybody_reads_the_same()


def changed(node: Node, street: Street) -> Device:
    """A node that was changed: it signs whatever its owner likes, in the log it has."""
    log: Log = copy.deepcopy(node.peer.book.logs[node.peer.device])
    return Device(node.device, node.member, street.world.community, log)


def test_an_owner_who_promises_it_twice_is_found_out_by_whoever_reads_both() -> None:
    bike = Bike()
    street, anna, ben, carla, dirk = bike.street, bike.anna, bike.ben, bike.carla, bike.dirk
    bens, carlas = bike.asks(ben, 10, 14), bike.asks(carla, 12, 16)
    asked = {entry.id: entry for node in (ben, carla) for entry in node.disk}

    # Anna's node was changed: it accepts both. While the network is parted it shows each what they like to hear, and
    # then it is gone.
    crook = changed(anna, street)
    now = street.world.millis()
    first = crook.say(Accept(), asked[bens], at=now)
    second = crook.say(Accept(), asked[carlas], at=Millis(now + 1))
    street.cut_off(anna, ben)
    street.world.show(anna, ben, Push(crook.id, first.data))
    street.settle(1)
    street.cut_off(anna, carla)
    street.world.show(anna, carla, Push(crook.id, second.data))
    street.settle(1)
    street.world.crash(anna)

    # Ben has it. Carla's node believes nothing yet: what Anna said before that is missing, so it waits for it.
    assert bike.state(ben, bens) is State.AGREED
    assert bike.state(carla, carlas) is State.PROPOSED

    # The network is whole again. In the same log Ben's yes comes before Carla's: the bike is his, for everybody.
    street.together_again()
    for node in (ben, carla, dirk):
        assert bike.state(node, bens) is State.AGREED
        assert bike.state(node, carlas) is State.PROPOSED
        assert street.agreement(node, carlas).out_of_turn == {second.id: TAKEN}

    # Dirk, who said nothing all along, holds the proof: two entries of one log that anybody can check without his Book.
    (found,) = twice(dirk.peer.book.agreements.reserved(bike.id))
    assert ([held.signature for held in found.first], found.then.signature) == ([first.id], second.id)
    proof = [entry for entry in dirk.disk if entry.id in (first.id, second.id)]
    opened = [open_entry(entry.data, street.world.community, crook.id) for entry in proof]
    assert [(type(entry.body), entry.reference and entry.reference.id) for entry in opened] == [
        (Accept, bens),
        (Accept, carlas),
    ]
    assert opened[0].seq < opened[1].seq

    # Carla is bound by nothing, and what Anna promised her lapses.
    assert carla.id in street.agreement(dirk, carlas).signed
    assert anna.id not in street.agreement(dirk, carlas).signed
    street.wait(1.1)
    assert bike.state(carla, carlas) is State.LAPSED
    assert len({node.peer.book.digest() for node in (ben, carla, dirk)}) == 1
