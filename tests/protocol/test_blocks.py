"""Blocks: a list hides somebody from who made it and who follows it, and takes nothing from anybody."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.bodies import Block, Body, Follow
from ruil.protocol.book import Book
from ruil.protocol.drafts import check
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.log import Log, prove_fork
from ruil.protocol.record import Record
from ruil.protocol.snapshot import open_snapshot, take
from tests.protocol.actors import Device, Village, later, loaves, read

SAID = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.booleans()), max_size=12)


class Street:
    """Anna founded the village; Ben and Carla belong."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.people = [self.anna, *(self.village.joins(self.anna, name) for name in ("ben", "carla"))]
        self.ben, self.carla = self.people[1:]

    def book(self) -> Book:
        return self.village.book(*self.people)

    def refusal(self, who: Device, body: Body) -> str:
        draft = Record(EntryId(bytes(32)), who.id, who.log.size, later(9), who.member, None, body)
        try:
            check(self.book(), draft, later(9))
        except Refused as why:
            return str(why)
        return ""


def told(sayings: list[tuple[int, int, bool, bool]]) -> Street:
    street = Street()
    for number, (who, whom, blocks, on) in enumerate(sayings):
        about = street.people[whom].member
        body = Block(about, "because" if on else "", lifted=not on) if blocks else Follow(about, follows=on)
        street.people[who].say(body, at=later(number // 2))
    return street


@given(SAID, st.randoms(use_true_random=False))
def test_every_order_of_arrival_hides_the_same_and_a_fork_takes_back_what_was_said(
    sayings: list[tuple[int, int, bool, bool]], chance: random.Random
) -> None:
    street = told(sayings)
    book = street.book()
    mixed = [entry for each in street.people for entry in each.entries]
    chance.shuffle(mixed)

    other = read(Book(street.village.community), *mixed)

    assert other.digest() == book.digest()
    for each in street.people:
        assert other.blocks.hidden(each.member) == book.blocks.hidden(each.member)
        assert each.member not in book.blocks.hidden(each.member)
    again = open_snapshot(b"".join(take(other).parts()), street.village.community)
    assert [again.blocks.about(each.member) for each in street.people] == [
        book.blocks.about(each.member) for each in street.people
    ]
    place = len(street.ben.entries) - 1
    twin = Device(street.ben.key, street.ben.owner, street.village.community, Log(street.ben.id))
    for entry in street.ben.entries[:2]:
        twin.take(entry)
    if place < 2:
        return
    other.freeze(prove_fork(street.ben.entries[2], twin.sign(loaves(), at=later(99))))
    street.ben.entries[2:] = []
    assert other.blocks.hidden(street.anna.member) == street.book().blocks.hidden(street.anna.member)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (lambda street: Block(street.anna.member, "me"), "you can not block yourself"),
        (lambda street: Follow(street.anna.member), "your own list counts anyway"),
        (lambda street: Block(street.ben.member, lifted=True), "you do not block"),
        (lambda street: Follow(street.ben.member, follows=False), "you do not follow"),
        (lambda street: Follow(street.carla.member), "already"),
        (lambda _: Block(MemberId(bytes(32)), "who"), "is no member of this community"),
    ],
)
def test_what_would_change_nothing_is_refused_to_who_would_say_it(body: object, why: str) -> None:
    street = Street()
    street.anna.say(Follow(street.carla.member))

    assert why in street.refusal(street.anna, body(street))  # type: ignore[operator]


def test_everybody_sees_on_whose_lists_somebody_is_and_why() -> None:
    street = Street()
    street.ben.say(Block(street.carla.member, "she never came"))

    (said,) = street.book().blocks.about(street.carla.member)

    assert (said.by, said.reason) == (street.ben.member, "she never came")
    assert said.entry == street.ben.entries[-1].id
    assert street.book().blocks.hidden(street.anna.member) == {}
