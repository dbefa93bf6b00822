"""A gift: given or asked for, with nothing in return."""

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Commitment, Decline
from ruil.protocol.shapes.gift import gift
from tests.shapes.neighbours import Street


def test_a_gift_is_offered_across_a_partition_taken_and_handed_over() -> None:
    street = Street("Anna", "Ben", "Carla")
    anna, ben, carla = street.world.nodes

    # Anna has apples for Ben, and says so while his part of the street is cut off.
    street.cut_off(ben)
    apples = Commitment(anna.id, ben.id, "transfer", "apples", 5, "kg", street.days(5))
    offered = street.says(anna, gift(apples, street.days(2)))
    assert ben.peer.book.agreements.get(offered) is None

    # He finds it when the street is whole again, and takes it.
    street.together_again()
    street.says(ben, Accept(), offered)
    street.keep(offered, anna, ben)

    # Carla reads that it was given. Nobody's balance moved: a gift is no price of one.
    assert street.agreement(carla, offered).state is State.COMPLETED
    assert street.balances(carla) == {}
    street.everybody_reads_the_same()


def test_who_is_asked_for_a_gift_may_say_no_or_nothing() -> None:
    street = Street("Anna", "Ben", "Carla", seed=2)
    anna, ben, carla = street.world.nodes

    # Anna asks Ben and Carla each for seedlings. Ben declines; Carla says nothing.
    asked = [
        street.says(anna, gift(Commitment(each.id, anna.id, "transfer", "seedlings", 3, "pot", street.days(5)),
                               street.days(2)))
        for each in (ben, carla)
    ]  # fmt: skip
    street.says(ben, Decline("they froze"), asked[0])
    street.wait(3)

    assert street.agreement(anna, asked[0]).state is State.DECLINED
    assert street.agreement(ben, asked[1]).state is State.LAPSED
    street.nothing_is_open()
