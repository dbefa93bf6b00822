"""A shirt as Ben wishes it: long, with blue buttons. What is missing of the wish is settled by itself."""

import pytest

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Commitment, Deliver, Option, Receive, Settle
from ruil.protocol.errors import Refused
from ruil.protocol.shapes.customise import customise
from tests.shapes.neighbours import Street


def test_every_wish_is_a_promise_and_one_that_fails_takes_no_other_along() -> None:
    street = Street("Anna", "Ben", "Carla")
    anna, ben, carla = street.world.nodes

    # Anna sews shirts for 120. Ben would have it long, which costs nothing more, and with blue buttons for 10.
    shirt = Commitment(anna.id, ben.id, "transfer", "shirt", 1, "piece", street.days(9))
    wishes = (Option("long"), Option("blue buttons", 10))
    agreed = street.says(ben, customise(shirt, 120, wishes, street.days(2)))
    street.says(anna, Accept(), agreed)
    assert street.owes(agreed, carla) == {
        "Anna": ["1 option to Ben", "1 option to Ben", "1 piece to Ben"],
        "Ben": ["130 credit to Anna"],
    }

    # The shirt comes while Carla is cut off, long, with white buttons: Ben confirms what came.
    street.cut_off(carla)
    for wish in (0, 1):
        given = street.says(anna, Deliver(wish, 1), agreed)
        street.says(ben, Receive(given, 1), agreed)
    street.together_again()

    # They settle on 120, and that is how it ends for all.
    for one in (anna, ben):
        street.says(one, Settle((1, 1, 0, 120)), agreed)
    assert street.agreement(carla, agreed).state is State.SETTLED
    assert street.balances(carla) == {"Anna": 120, "Ben": -120}
    street.everybody_reads_the_same()


def test_a_wish_that_nobody_answers_lapses() -> None:
    street = Street("Anna", "Ben", seed=2)
    anna, ben = street.world.nodes
    shirt = Commitment(anna.id, ben.id, "transfer", "shirt", 1, "piece", street.days(9))

    asked = street.says(ben, customise(shirt, 0, (Option("long"),), street.days(2)))
    street.wait(3)

    assert street.agreement(anna, asked).state is State.LAPSED
    street.nothing_is_open()


def test_a_wish_is_named_once_and_there_is_one() -> None:
    street = Street("Anna", "Ben", seed=3)
    anna, ben = street.world.nodes
    shirt = Commitment(anna.id, ben.id, "transfer", "shirt", 1, "piece", street.days(9))

    with pytest.raises(Refused, match="without an option"):
        customise(shirt, 120, (), street.days(2))
    with pytest.raises(Refused, match="named twice"):
        customise(shirt, 120, (Option("long"), Option("long")), street.days(2))
