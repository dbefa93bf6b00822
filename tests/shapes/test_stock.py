"""Stock: vegetables from the garden. What is left follows from what its owner has signed, and from nothing else."""

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Commitment, Deliver, Listing, Receive
from ruil.protocol.ids import EntryId
from ruil.protocol.shapes.gift import gift
from ruil.simulations.world import Node
from tests.shapes.neighbours import Street


def asks(street: Street, who: Node, giver: Node, beans: EntryId, quantity: int, days: float = 6) -> EntryId:
    """Somebody asks for so many bags of what was listed."""
    some = Commitment(giver.id, who.id, "transfer", "beans", quantity, "bag", street.days(days), listing=beans)
    return street.says(who, gift(some, street.days(min(2, days))))


def left(street: Street, seen_by: Node, beans: EntryId) -> int:
    return seen_by.peer.book.left(beans, street.days(0))


def test_what_is_left_is_the_same_for_all_and_is_never_promised_twice() -> None:
    street = Street("Anna", "Ben", "Carla", "Dora")
    anna, ben, carla, dora = street.world.nodes
    beans = street.says(anna, Listing("offer", "vegetables", "Beans", 10, "bag", street.days(20)))

    # Ben and Carla each ask for six of Anna's ten bags, on two sides of a parted street.
    street.cut_off(anna, ben)
    bens = asks(street, ben, anna, beans, 6)
    carlas = asks(street, carla, anna, beans, 6)
    street.says(anna, Accept(), bens)
    assert (left(street, ben, beans), left(street, dora, beans)) == (4, 10)

    # When it is whole again all read that four are left, and Anna's node will not promise six of them.
    street.together_again()
    assert {left(street, node, beans) for node in street.world.nodes} == {4}
    assert "4 bag are left" in street.refusal(anna, Accept(), carlas)

    # She hands Ben four of his six, of which three arrive. Nothing more comes, and what he did not get is free again.
    given = street.says(anna, Deliver(0, 4), bens)
    street.says(ben, Receive(given, 3), bens)
    street.wait(10)
    assert street.agreement(dora, bens).state_at(street.days(0)) is State.LAPSED
    assert {left(street, node, beans) for node in street.world.nodes} == {7}

    # Carla said nothing more either: what she had asked for held nothing, since Anna never signed it.
    assert street.agreement(dora, carlas).state is State.LAPSED
    street.everybody_reads_the_same()
    street.nothing_is_open()


def test_a_delivery_in_parts_completes_what_was_promised() -> None:
    street = Street("Anna", "Ben", seed=2)
    anna, ben = street.world.nodes
    beans = street.says(anna, Listing("offer", "vegetables", "Beans", 10, "bag", street.days(20)))
    agreed = asks(street, ben, anna, beans, 5)
    street.says(anna, Accept(), agreed)

    for bags in (2, 1, 2):
        given = street.says(anna, Deliver(0, bags), agreed)
        street.says(ben, Receive(given, bags), agreed)

    assert street.agreement(anna, agreed).state is State.COMPLETED
    assert left(street, ben, beans) == 5
