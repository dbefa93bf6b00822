"""An organisation: a shop that several people act for, each in a role that everybody sees to."""

from ruil.protocol import organisations, wire
from ruil.protocol.agreement import State
from ruil.protocol.bodies import CREDIT, Accept, Body, Commitment, Deliver, HeldAs, Listing, Profile, Propose, Receive
from ruil.protocol.entry import Entry, seal
from ruil.protocol.ids import DeviceId, EntryId, Reference
from ruil.protocol.revocations import revoke
from ruil.simulations.world import Node
from tests.shapes.neighbours import Street


def acts_for(street: Street, shop: Node, person: Node, role: HeldAs) -> Node:
    """A device that the shop grants to somebody: it begins with the shop's word and theirs, and has neighbours."""
    till = street.world.add(shop.member)
    device = DeviceId(till.device.public)
    word = organisations.sign_as_holder(person.member, street.world.community, device)
    held = (person.id, role, word)
    granted = organisations.certify(shop.member, street.world.community, device, role, street.world.millis(), held)
    street.world.say(till, granted)
    for other in (shop, person, street.world.nodes[0]):
        street.world.link(till, other)
    street.settle()
    return till


def sale(street: Street, shop: Node, buyer: Node, bread: EntryId, loaves: int) -> Propose:
    """So many loaves from the shop's shelf, for 30 credit each."""
    due = street.days(6)
    gives = Commitment(shop.id, buyer.id, "transfer", "bread", loaves, "loaf", due, listing=bread)
    pays = Commitment(buyer.id, shop.id, "transfer", "credit", 30 * loaves, CREDIT, due, per=0)
    return Propose(tuple(sorted((shop.id, buyer.id))), (gives, pays), street.days(2))


def with_another_program(street: Street, node: Node, body: Body, about: EntryId) -> Entry:
    """What somebody's device would say next if its program let them, shown to all its neighbours."""
    book, device = node.peer.book, DeviceId(node.device.public)
    log, named = book.logs[device], book.records[about]
    said = seal(
        node.device,
        street.world.community,
        body,
        seq=log.size,
        at=street.world.millis(),
        root=log.range.root(),
        salt=bytes(16),
        reference=Reference(named.device, named.seq, about),
    )
    for other in street.world.nodes:
        if other.number in node.neighbours:
            street.world.show(node, other, wire.Push(device, said.data))
    street.settle()
    return said


def test_a_shop_sells_bread_by_the_hands_of_those_who_act_for_it() -> None:
    street = Street("Anna", "Bakery", "Ben", "Carla", "Dora")
    anna, bakery, ben, carla, dora = street.world.nodes
    street.says(bakery, Profile("Bakery", organisation=True))

    # Dora keeps the bakery's own profile. Ben becomes its trader and Carla its hand, each on a device of their own.
    bens = acts_for(street, bakery, ben, "trader")
    carlas = acts_for(street, bakery, carla, "hand")
    assert {node.peer.book.members.who(bens.peer.device) for node in street.world.nodes} == {"Bakery (Ben, trader)"}

    # Ben lists the morning's bread. Anna asks for four loaves, while Carla's till is cut off with Dora.
    bread = street.says(bens, Listing("offer", "bread", "Sourdough", 10, "loaf", street.days(9)))
    street.cut_off(carlas, dora)
    sold = street.says(anna, sale(street, bakery, anna, bread, 4))
    street.says(bens, Accept(), sold)
    assert street.agreement(anna, sold).state is State.AGREED
    assert carlas.peer.book.agreements.get(sold) is None

    # When the till is back Carla hands over what Ben agreed on. Anna confirms, which pays; Ben's node notes the pay.
    street.together_again()
    given = street.says(carlas, Deliver(0, 4), sold)
    street.says(anna, Receive(given, 4), sold)
    street.says(anna, Deliver(1, 120), sold)
    assert street.agreement(dora, sold).state is State.COMPLETED
    assert street.balances(dora) == {"Anna": -120, "Bakery": 120}

    # Her own node does not let a hand agree, and says whom to ask.
    asked = street.says(dora, sale(street, bakery, dora, bread, 3))
    assert street.refusal(carlas, Accept(), asked).endswith("this is for a trader or a keeper")

    # Nor does anybody else's, when she has a program that would: nobody keeps it, and nothing was agreed.
    said = with_another_program(street, carlas, Accept(), asked)
    assert all(said.id not in node.peer.book.records for node in street.world.nodes)
    assert street.world.blamed["Accept by a device held as hand: it takes a trader"] >= 3
    assert {street.agreement(node, asked).state for node in street.world.nodes} == {State.PROPOSED}
    street.everybody_reads_the_same()
    street.nothing_is_open()


def test_who_leaves_is_revoked_and_what_they_agreed_before_stands() -> None:
    street = Street("Anna", "Bakery", "Ben", "Carla", seed=2)
    anna, bakery, ben, carla = street.world.nodes
    bens = acts_for(street, bakery, ben, "trader")
    bread = street.says(bens, Listing("offer", "bread", "Sourdough", 10, "loaf", street.days(9)))
    sold = street.says(anna, sale(street, bakery, anna, bread, 2))
    street.says(bens, Accept(), sold)

    # Ben leaves. The keeper takes his device's voice away, which reaches nobody but his own other node.
    kept = bakery.peer.book.logs[bens.peer.device].size
    street.cut_off(bens, ben)
    street.says(bakery, revoke(bakery.member, street.world.community, bens.peer.device, kept))

    # He lists more in the shop's name, which his part of the street reads until it is whole again.
    more = street.says(bens, Listing("offer", "bread", "The last of it", 1, "loaf", street.days(9)))
    assert ben.peer.book.listings.get(more) is not None
    street.together_again()
    assert {node.peer.book.listings.get(more) for node in street.world.nodes} == {None}
    assert "was revoked" in street.refusal(bens, Accept(), sold)

    # What he agreed on before binds the bakery still: the keeper hands it over. His node, which signed, would have
    # confirmed the pay by itself; now the keeper's does.
    street.keep(sold, anna, bakery)
    assert street.agreement(carla, sold).state is State.COMPLETED
    assert street.balances(carla) == {"Anna": -60, "Bakery": 60}
    street.everybody_reads_the_same()
    street.nothing_is_open()
