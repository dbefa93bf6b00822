"""A sale: a thing for the community's credit, which nobody issues and which is 0 for all together."""

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Commitment, Deliver, Receive
from ruil.protocol.shapes.sale import sale
from tests.shapes.neighbours import Street


def test_a_thing_is_paid_in_parts_over_links_that_turn_the_order_round() -> None:
    street = Street("Anna", "Ben", "Carla", "Dora")
    anna, ben, carla, dora = street.world.nodes

    # Ben buys a table of Anna's for 300 minutes. He is bound once both have signed, and so is she.
    table = Commitment(anna.id, ben.id, "transfer", "table", 1, "piece", street.days(9))
    bought = street.says(ben, sale(table, 300, street.days(2)))
    street.says(anna, Accept(), bought)
    assert dora.peer.book.credit.promised(ben.id, street.days(0)) == 300

    # He pays a third while the street is parted, the rest when it is whole. Anna's node confirms credit by itself.
    street.cut_off(ben, carla)
    street.says(ben, Deliver(1, 100), bought)
    assert street.balances(carla) == {}  # only both halves count
    street.together_again()
    street.says(ben, Deliver(1, 200), bought)
    given = street.says(anna, Deliver(0, 1), bought)
    street.says(ben, Receive(given, 1), bought)

    assert street.agreement(dora, bought).state is State.COMPLETED
    assert street.balances(dora) == {"Anna": 300, "Ben": -300}
    street.everybody_reads_the_same()


def test_nobody_buys_beyond_what_the_charter_lends_them() -> None:
    street = Street("Anna", "Ben", seed=2)
    anna, ben = street.world.nodes
    table = Commitment(anna.id, ben.id, "transfer", "table", 1, "piece", street.days(9))
    limit = anna.peer.book.members.charter
    assert limit is not None

    offered = street.says(anna, sale(table, limit.credit_limit + 1, street.days(2)))

    assert "you can spend" in street.refusal(ben, Accept(), offered)
    street.wait(3)
    assert street.agreement(anna, offered).state is State.LAPSED
    street.nothing_is_open()
