"""Teams: some people do one thing together until a day, and are paid for what they did."""

import pytest

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Deliver, Join
from ruil.protocol.errors import Refused
from ruil.protocol.events import Review
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY
from ruil.protocol.shapes.team import Part, team
from tests.shapes.street import Street


class Painting(Street):
    """Anna has her shed painted: painters at 10 an hour, cooks who share 60. Ben, Carla and Dora join, Emil not."""

    def __init__(self) -> None:
        super().__init__("Ben", "Carla", "Dora", "Emil")
        _, self.ben, self.carla, self.dora, self.emil = self.people
        parts = (Part("painter", 30, pay=10, people_least=2), Part("cook", 3, share=60, unit="meal"))
        self.ends = Millis(self.now + 14 * DAY)
        self.team: EntryId = self.say(self.anna, team(self.anna.id, parts, self.ends, Millis(self.now + 2 * DAY)))

    def join(self) -> None:
        """All at one instant, each before they hear of the others; then the time to join is over."""
        for node, body in ((self.ben, Join(0, 20)), (self.carla, Join(0, 10)), (self.dora, Join(1, 2))):
            self.world.say(node, body, self.team)
        self.pass_days(2.1)

    def number(self, what: str, of: object) -> int:
        """Where a promise stands: what somebody does, or what they are paid."""
        known = self.known(self.team)
        return next(
            number
            for number, each in enumerate(known.commitments)
            if each.what == what and of in (each.provider, each.receiver)
        )

    def work(self, node: object, what: str, quantity: int, pay: int) -> None:
        """Somebody works, Anna says so, and pays for it."""
        assert hasattr(node, "id")
        self.hand_over(self.team, self.number(what, node.id), quantity)
        paying = self.number("credit", node.id)
        assert self.known(self.team).owing(paying) == pay
        if pay:
            self.hand_over(self.team, paying, pay)


def test_a_team_forms_works_is_paid_for_what_it_did_and_dissolves_by_itself() -> None:
    street = Painting()
    street.join()
    assert street.state(street.team) is State.AGREED
    assert len(street.known(street.team).parties) == 4

    # Ben paints twelve of his twenty hours; Carla all ten; Dora cooks one of two meals: half of the share.
    street.work(street.ben, "painter", 12, 120)
    street.work(street.carla, "painter", 10, 100)
    street.work(street.dora, "cook", 1, 30)
    assert street.balances() == [-250, 120, 100, 30, 0]

    # Nobody has to end it: when its day and the three to confirm have passed it is completed.
    street.pass_days(14)
    assert street.state(street.team) is State.AGREED
    street.pass_days(1)
    assert street.state(street.team) is State.COMPLETED
    assert street.one_book()

    # And she and each of them can say how it was; Emil, who was not in it, reads it. Ben and Carla promised each other
    # nothing: who only met in it could as well be made up for it.
    street.say(street.ben, Review(street.anna.id, good=True, words="Paid on the day."), street.team)
    street.say(street.anna, Review(street.ben.id, good=True), street.team)
    assert len(street.emil.peer.book.attestations.all()) == 2
    for who, about in ((street.emil, street.ben), (street.ben, street.carla)):
        with pytest.raises(Refused, match="promised each other something"):
            street.say(who, Review(about.id, good=True), street.team)


def test_work_that_was_not_paid_leaves_a_team_unfinished() -> None:
    street = Painting()
    street.join()
    street.hand_over(street.team, street.number("painter", street.ben.id), 5)
    assert street.known(street.team).waits_for(street.now)[street.anna.id] == "deliver credit"

    street.pass_days(16)

    assert street.state(street.team) is State.LAPSED


def test_with_too_few_painters_nobody_is_bound() -> None:
    street = Painting()
    street.say(street.ben, Join(0, 20), street.team)

    street.pass_days(3.1)

    assert street.state(street.team) is State.LAPSED
    assert street.balances() == [0, 0, 0, 0, 0]


def test_who_is_silent_holds_nobody_up() -> None:
    # Carla joined and never comes. What Ben did is paid, and the team ends completed all the same.
    street = Painting()
    street.join()
    street.world.crash(street.carla)
    street.work(street.ben, "painter", 12, 120)

    street.pass_days(16)

    assert street.known(street.team).state_at(street.now) is State.COMPLETED
    assert street.known(street.team).received[street.number("painter", street.carla.id)] == 0


def test_what_is_done_on_the_other_side_of_a_broken_network_counts_when_it_is_whole() -> None:
    street = Painting()
    street.join()
    street.part(street.ben)
    number = street.number("painter", street.ben.id)
    street.say(street.ben, Deliver(number, 8), street.team)
    assert street.known(street.team).delivered[number] == 0

    street.part()

    assert street.known(street.team).delivered[number] == 8
    assert street.one_book()


def test_a_role_may_be_unpaid_and_who_took_it_is_owed_nothing() -> None:
    street = Painting()
    until = Millis(street.now + 2 * DAY)
    free = street.say(street.anna, team(street.anna.id, (Part("cook", 4, unit="meal"),), street.ends, until))
    street.say(street.ben, Join(0, 3), free)
    street.pass_days(2.1)
    assert [each.what for each in street.known(free).commitments] == ["cook"]

    street.hand_over(free, 0, 3)
    street.pass_days(16)

    assert street.state(free) is State.COMPLETED
    assert street.balances() == [0, 0, 0, 0, 0]


def test_a_team_that_can_not_stand_is_refused() -> None:
    street = Painting()
    for refused, parts in (
        ("which roles", ()),
        ("name of its own", (Part("cook", 1), Part("cook", 2))),
        ("one of the two", (Part("cook", 1, pay=1, share=1),)),
    ):
        with pytest.raises(Refused, match=refused):
            team(street.anna.id, parts, street.ends, Millis(street.now + DAY))
