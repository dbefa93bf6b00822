"""Two neighbours, from a typed listing to a standing somebody else can open. Read this first.

The same `Peer` that runs in a node is driven here by the simulator, so that the story takes no time.
"""

from ruil.protocol import reputation
from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Commitment, Deliver, Listing, Receive, Want
from ruil.protocol.events import Review
from ruil.protocol.ids import EntryId
from ruil.protocol.limits import DAY
from ruil.protocol.members import Standing
from ruil.protocol.shapes.sale import sale
from ruil.simulations import village
from ruil.simulations.village import settle
from ruil.simulations.world import Node


def delivery_of(node: Node, agreement: EntryId) -> EntryId:
    known = node.peer.book.agreements.get(agreement)
    assert known is not None
    return next(iter(known.deliveries))


def test_a_listing_becomes_a_trade_and_the_trade_a_standing() -> None:
    # Anna starts a community, and Ben and Carla come in with invitations.
    world = village.found(seed=1, name="Elm Street")
    anna = world.nodes[0]
    ben = village.join(world, anna, "Ben")
    carla = village.join(world, ben, "Carla")
    settle(world)
    for node in world.nodes:
        standings = [member.standing for member in node.peer.book.members.all().values()]
        assert sorted(standing.value for standing in standings) == ["founder", "member", "member"]
    assert ben.peer.book.members.all()[carla.id].inviter == ben.id

    # Anna offers bread for credit; Ben sees it.
    now = world.millis()
    bread = world.say(
        anna,
        Listing("offer", "bread", "Sourdough loaf", 4, "loaf", now + 7 * DAY, wants=(Want("credit", 60, "minutes"),)),
    )
    settle(world)
    assert [listed.body.title for listed in ben.peer.book.listings.all()] == ["Sourdough loaf"]

    # Ben proposes two loaves for two hours; Anna accepts; from then on two are left for others.
    loaves = Commitment(anna.id, ben.id, "transfer", "bread", 2, "loaf", now + 3 * DAY, listing=bread)
    trade = world.say(ben, sale(loaves, price=120, answer_by=now + DAY))
    settle(world)
    world.say(anna, Accept(), trade)
    settle(world)
    assert carla.peer.book.left(bread, world.millis()) == 2

    # Anna hands the loaves over, Ben confirms and pays; his credit is confirmed by itself.
    world.say(anna, Deliver(0, 2), trade)
    settle(world)
    world.say(ben, Receive(delivery_of(ben, trade), 2), trade)
    world.say(ben, Deliver(1, 120), trade)
    settle(world)
    known = carla.peer.book.agreements.get(trade)
    assert known is not None
    assert known.state is State.COMPLETED
    assert carla.peer.book.credit.balances() == {anna.id: 120, ben.id: -120}

    # Both rate; nobody sees a rating before both are in.
    world.say(ben, Review(anna.id, good=True, words="Still warm."), trade)
    settle(world)
    assert carla.peer.book.attestations.all() == ()
    world.say(anna, Review(ben.id, good=True), trade)
    settle(world)

    # Carla, who trades with Ben, asks about Anna: a standing, and the signed entries it rests on.
    attestations = carla.peer.book.attestations.all()
    assert len(attestations) == 2
    standing = reputation.standing(attestations, carla.id, anna.id, world.millis(), inviter=ben.id)
    assert standing.belief > 0
    assert [
        (carla.peer.book.records[row.entry].device, carla.peer.book.records[row.entry].seq) for row in standing.rows
    ] == [(ben.peer.device, ben.peer.book.logs[ben.peer.device].size - 1)]

    # All three read the same Book.
    assert len({node.peer.book.digest() for node in world.nodes}) == 1
    assert carla.peer.book.members.all()[carla.id].standing is Standing.ADMITTED
