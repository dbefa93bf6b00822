"""A crowdfunding: credit, hours and boards for a shed, all or nothing, and nobody holds the pot.

Anna would like a shed. Ben and Carla pledge credit, Dora and Emil hours, Frida boards; Gustav never says a word. The
first time Frida is cut off, and one goal is missed.
"""

from ruil.protocol.agreement import State
from ruil.protocol.bodies import CREDIT, Join
from ruil.protocol.ids import EntryId
from ruil.protocol.shapes.crowdfund import Goal, crowdfund
from tests.shapes.neighbours import Street

CREDITS, HOURS, BOARDS = 0, 1, 2
SHED = (Goal(CREDIT, CREDIT, 300), Goal("building", "hour", 10, action="work"), Goal("boards", "piece", 6))


def test_a_shed_is_paid_for_built_and_boarded_by_many_or_by_nobody() -> None:
    street = Street("Anna", "Ben", "Carla", "Dora", "Emil", "Frida", "Gustav", seed=5)
    anna, ben, carla, dora, emil, frida, gustav = street.world.nodes

    # Anna needs 300 in credit, ten hours and six boards, within a day.
    first = street.says(anna, crowdfund(anna.id, SHED, street.days(9), street.days(1), text="A shed for us all"))

    # Anna can not fill her own goals, and nobody pledges what they do not have.
    assert "to yourself alone" in street.refusal(anna, Join(BOARDS, 6), first)
    assert "you can spend" in street.refusal(ben, Join(CREDITS, 601), first)

    # Everybody would stay for another round. Frida has the boards, but her network is down.
    street.cut_off(frida)
    for who, place, much in ((ben, CREDITS, 200), (carla, CREDITS, 100), (dora, HOURS, 6), (emil, HOURS, 4)):
        street.says(who, Join(place, much, rolls=True), first)
    street.says(frida, Join(BOARDS, 6), first)

    # The day is over, and there are no boards: all or nothing. Nobody owes anything.
    street.wait(1)
    street.together_again()
    assert street.agreement(gustav, first).state is State.LAPSED
    assert street.agreement(gustav, first).commitments == ()
    assert ben.peer.book.credit.promised(ben.id, street.days(0)) == 0

    # Anna asks again. Four of them are still in it; Frida joins anew.
    again = crowdfund(anna.id, SHED, street.days(9), street.days(1), replaces=first)
    second = street.says(anna, again)
    assert len(street.agreement(gustav, second).staying()) == 4
    street.says(frida, Join(BOARDS, 6), second)
    street.wait(1)

    # Now all goals are met, and each owes what they pledged, straight to Anna.
    assert street.owes(second, gustav) == {
        "Ben": ["200 credit to Anna"],
        "Carla": ["100 credit to Anna"],
        "Dora": ["6 hour to Anna"],
        "Emil": ["4 hour to Anna"],
        "Frida": ["6 piece to Anna"],
    }

    # It is all done, in whatever order they come.
    street.keep(second, frida, emil, anna)
    street.keep(second, carla, dora, ben, anna)
    assert street.agreement(gustav, second).state is State.COMPLETED
    assert street.balances(gustav) == {"Anna": 300, "Ben": -200, "Carla": -100}
    street.everybody_reads_the_same()
    street.nothing_is_open()


def test_of_two_rounds_that_anna_opens_only_one_can_hold_people_to_their_word() -> None:
    street = Street("Anna", "Ben", "Carla", seed=6)
    anna, ben, carla = street.world.nodes
    goal = (Goal(CREDIT, CREDIT, 100),)
    first = street.says(anna, crowdfund(anna.id, goal, street.days(9), street.days(1)))
    street.says(ben, Join(0, 60, rolls=True), first)

    def round_two() -> EntryId:
        return street.says(anna, crowdfund(anna.id, goal, street.days(9), street.days(2), replaces=first))

    one, other = round_two(), round_two()

    assert [join.member for join in street.agreement(carla, one).staying()] == [ben.id]
    assert street.agreement(carla, other).staying() == []
    street.everybody_reads_the_same()
