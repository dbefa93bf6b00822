"""A group buy: flour by the sack, cheaper for all when enough neighbours join.

Anna organises and Milo has the mill. Ben, Carla and Dora want flour, each on their own conditions; Emil never says a
word; Frida lives where the network is down for a day.
"""

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Cancel, Join, Step
from ruil.protocol.shapes.group_buy import group_buy
from tests.shapes.neighbours import Street

CHEAPER_FROM_FIVE = (Step(1, 200), Step(5, 150))


def test_neighbours_buy_flour_together_and_the_more_the_cheaper() -> None:
    street = Street("Anna", "Milo", "Ben", "Carla", "Dora", "Emil", "Frida")
    anna, milo, ben, carla, dora, emil, frida = street.world.nodes

    # Anna asks who would buy flour from Milo: 200 a sack, 150 from five sacks on, if three people come.
    flour = group_buy(
        milo.id, "flour", "sack", CHEAPER_FROM_FIVE, street.days(9), street.days(2), organiser=anna.id, people=3
    )
    buying = street.says(anna, flour)
    street.says(milo, Accept(), buying)

    # Ben takes two. Dora takes one if she pays no more than 150. Nobody is bound by that.
    street.says(ben, Join(0, 2), buying)
    street.says(dora, Join(0, 1, pays=150), buying)
    assert street.agreement(emil, buying).state is State.PROPOSED
    assert street.balances(ben) == {}

    # The network parts. Carla and Frida go on among themselves: two sacks, and one if at least four people come.
    street.cut_off(carla, frida)
    street.says(carla, Join(0, 2), buying)
    street.says(frida, Join(0, 1, people=4), buying)
    assert len(street.agreement(anna, buying).staying()) == 2
    street.together_again()
    assert len(street.agreement(anna, buying).staying()) == 4

    # When the two days are over Anna's node closes by itself. Six sacks: all pay 150, and all conditions hold.
    street.wait(2)
    assert street.agreement(emil, buying).state is State.AGREED
    assert street.owes(buying, emil) == {
        "Milo": ["1 sack to Dora", "1 sack to Frida", "2 sack to Ben", "2 sack to Carla"],
        "Ben": ["300 credit to Milo"],
        "Dora": ["150 credit to Milo"],
        "Carla": ["300 credit to Milo"],
        "Frida": ["150 credit to Milo"],
    }

    # Emil, who said nothing, is in nothing. It is too late for him now.
    assert emil.id not in street.agreement(emil, buying).parties
    assert "nobody can join it any more" in street.refusal(emil, Join(0, 1), buying)

    # Everything is handed over and paid for, and the agreement is over.
    street.keep(buying, milo, ben, carla, dora, frida)
    assert street.agreement(emil, buying).state is State.COMPLETED
    assert street.balances(emil) == {"Milo": 900, "Ben": -300, "Carla": -300, "Dora": -150, "Frida": -150}
    street.everybody_reads_the_same()
    street.nothing_is_open()


def test_when_too_few_come_nobody_is_bound_and_who_wants_stays_for_the_next_round() -> None:
    street = Street("Anna", "Ben", "Carla", "Dora", "Emil", seed=2)
    anna, ben, carla, dora, emil = street.world.nodes

    # Anna has honey, and sends for jars if six are wanted. Ben would stay for another round; Carla would not.
    jars = 6
    honey = group_buy(anna.id, "honey", "jar", 40, street.days(9), street.days(1), quantity=jars)
    first = street.says(anna, honey)
    street.says(ben, Join(0, 3, rolls=True), first)
    street.says(carla, Join(0, 2), first)

    # Five are not six. Anna's node says that it lapsed, and what was pledged is free at once.
    assert ben.peer.book.credit.promised(ben.id, street.days(0)) == 120
    street.wait(1)
    assert street.agreement(emil, first).state is State.LAPSED
    assert ben.peer.book.credit.promised(ben.id, street.days(0)) == 0

    # Another round. Ben, whose node is off, is still in it; Emil comes, and changes his mind, and Dora comes.
    street.world.crash(ben)
    again = group_buy(anna.id, "honey", "jar", 40, street.days(9), street.days(1), quantity=jars, replaces=first)
    second = street.says(anna, again)
    street.says(emil, Join(0, 9), second)
    street.says(emil, Cancel(), second)
    street.says(dora, Join(0, 3), second)
    street.wait(1)
    assert street.owes(second, carla) == {
        "Anna": ["3 jar to Ben", "3 jar to Dora"],
        "Ben": ["120 credit to Anna"],
        "Dora": ["120 credit to Anna"],
    }

    # Ben comes home, and finds what he is in.
    street.world.restart(ben)
    street.settle()
    street.keep(second, anna, ben, dora)
    assert street.agreement(ben, second).state is State.COMPLETED
    assert street.balances(emil) == {"Anna": 240, "Ben": -120, "Dora": -120}
    street.everybody_reads_the_same()
    street.nothing_is_open()
