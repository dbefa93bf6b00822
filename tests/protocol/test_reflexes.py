"""Reflexes: a node says what leaves nothing to decide, and a stranger's word makes it look at nothing."""

import pytest

from ruil.protocol import wire
from ruil.protocol.bodies import Accept, Body, Close, Decline, Deliver, Propose
from ruil.protocol.entry import Entry
from ruil.protocol.events import Effect, Met, Received, Restored, Store, Woke
from ruil.protocol.ids import DeviceId, NeighbourId
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.peer import STARTED, Peer
from ruil.protocol.reflexes import after, concerns
from tests.protocol.actors import T0, Device, Village, bread, later, parties

NOW = later(HOUR)


class Trade:
    """Anna's peer after a restart, before its first look round: she proposed, Ben accepted, and her node has yet to
    close. Carla is a member too, and no party."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben = self.village.joins(self.anna, "ben")
        self.carla = self.village.joins(self.anna, "carla")
        promised = Propose(parties(self.anna, self.ben), (bread(self.anna, self.ben),), T0 + DAY)
        self.proposal = self.anna.say(promised)
        self.accepted = self.ben.say(Accept(), self.proposal)
        self.peer = Peer(self.anna.community, self.anna.key, b"epoch 01")
        for device in (self.anna, self.ben, self.carla):
            for entry in device.entries:
                self.peer.handle(Restored(entry), NOW)
        tag = wire.hello_tag(self.anna.community, self.ben.id, self.anna.id)
        card = tuple(entry.data for entry in self.ben.entries[:2])
        self.peer.handle(Met(NeighbourId(self.ben.id)), NOW)
        self.receive(wire.Hello(tag, card, bytes(8), 0))

    def receive(self, frame: wire.Frame) -> list[Effect]:
        """Ben's node sends it."""
        return self.peer.handle(Received(wire.encode(frame), NeighbourId(DeviceId(self.ben.id))), NOW)

    def says(self, device: Device, body: Body) -> tuple[Entry, list[Effect]]:
        entry = device.say(body, self.proposal)
        return entry, self.receive(wire.Push(entry.device, entry.data))

    def concerns_anna(self, entry: Entry) -> bool:
        return concerns(self.peer.book, entry, self.anna.member, self.anna.key)


def said(effects: list[Effect], device: Device) -> list[type[Body]]:
    stored = [effect.entry for effect in effects if isinstance(effect, Store)]
    return [type(entry.body) for entry in stored if entry.device == device.id and entry.body is not None]


@pytest.mark.parametrize("body", [Accept(), Decline(), Deliver(0, 1)])
def test_what_somebody_says_of_an_agreement_of_others_makes_a_node_look_at_nothing(body: Body) -> None:
    # A stranger could name our longest agreement in each of thousands of entries, and every look folds it anew.
    trade = Trade()

    entry, effects = trade.says(trade.carla, body)

    assert said(effects, trade.carla) == [type(body)]
    assert said(effects, trade.anna) == []
    assert not trade.concerns_anna(entry)
    assert list(after(trade.peer.book, entry, trade.anna.member, trade.anna.key, NOW)) == []


def test_what_a_party_says_makes_the_proposers_node_do_what_is_due() -> None:
    trade = Trade()

    entry, effects = trade.says(trade.ben, Deliver(0, 1))

    assert trade.concerns_anna(trade.accepted)
    assert trade.concerns_anna(entry)
    assert said(effects, trade.anna) == [Close]


def test_what_was_due_while_a_node_was_away_is_said_when_it_starts() -> None:
    trade = Trade()

    effects = trade.peer.handle(Woke(STARTED), NOW)

    assert said(effects, trade.anna) == [Close]
