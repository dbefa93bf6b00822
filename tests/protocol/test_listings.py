"""Listings: how long they stand and how much of them is left."""

import pytest

from ruil.protocol.bodies import Accept, Cancel, Close, Deliver, Listing, Propose, Receive, Renew, Withdraw
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import Millis
from ruil.protocol.limits import DAY, HOUR
from tests.protocol.actors import T0, Device, Village, bread, later, loaves, parties, read

SOON = later(HOUR)


class Street:
    """Anna and Ben, and Anna's offer of four loaves."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben = self.village.joins(self.anna, "ben")
        self.offer = self.anna.say(loaves(4))

    @property
    def book(self) -> Book:
        return self.village.book(self.anna, self.ben)

    def left(self, at: Millis = SOON) -> int:
        return self.book.left(self.offer.id, at)

    def proposes(self, who: Device, quantity: int) -> Entry:
        promise = bread(self.anna, self.ben, quantity, listing=self.offer)
        return who.say(Propose(parties(self.anna, self.ben), (promise,), later(DAY)))


def test_a_listing_stands_until_it_ends() -> None:
    street = Street()
    listed = street.book.listings.get(street.offer.id)

    assert listed is not None
    assert listed.open_at(later(7 * DAY - 1))
    assert not listed.open_at(later(7 * DAY))


def test_renewing_moves_the_end() -> None:
    street = Street()
    street.anna.say(Renew(T0 + 20 * DAY), street.offer)

    listed = street.book.listings.get(street.offer.id)

    assert listed is not None
    assert listed.open_at(later(19 * DAY))


def test_a_withdrawn_listing_is_over_for_good() -> None:
    street = Street()
    street.anna.say(Withdraw(), street.offer)
    street.anna.say(Renew(T0 + 20 * DAY), street.offer)

    listed = street.book.listings.get(street.offer.id)

    assert listed is not None
    assert not listed.open_at(SOON)


def test_nobody_else_renews_or_withdraws_a_listing() -> None:
    street = Street()
    street.ben.say(Withdraw(), street.offer)
    street.ben.say(Renew(T0 + 90 * DAY), street.offer)

    listed = street.book.listings.get(street.offer.id)

    assert listed is not None
    assert listed.open_at(SOON)
    assert listed.ends == T0 + 7 * DAY


def test_another_device_of_the_member_may() -> None:
    street = Street()
    phone = street.village.device("anna", "phone")
    phone.say(Withdraw(), street.offer)

    listed = street.village.book(phone, street.anna).listings.get(street.offer.id)

    assert listed is not None
    assert listed.withdrawn


def test_a_strangers_proposal_holds_nothing() -> None:
    street = Street()

    street.proposes(street.ben, 3)

    assert street.left() == 4


def test_the_owners_proposal_holds_until_it_must_be_answered() -> None:
    street = Street()

    street.proposes(street.anna, 3)

    assert street.left() == 1
    assert street.left(later(DAY + 1)) == 4


def test_the_owners_acceptance_holds() -> None:
    street = Street()
    proposal = street.proposes(street.ben, 3)

    street.anna.say(Accept(), proposal)

    assert street.left() == 1
    assert street.left(later(2 * DAY)) == 1


def test_what_was_cancelled_is_free_except_what_was_received() -> None:
    street = Street()
    proposal = street.proposes(street.ben, 3)
    street.anna.say(Accept(), proposal)
    street.ben.say(Close((street.anna.entries[-1].id,)), proposal)
    delivery = street.anna.say(Deliver(0, 1), proposal)
    street.ben.say(Receive(delivery.id, 1), proposal)

    for device in (street.anna, street.ben):
        device.say(Cancel(), proposal, at=later(2))

    assert street.left() == 3


def test_never_less_than_nothing_is_left() -> None:
    street = Street()

    for _ in range(3):
        street.anna.say(Accept(), street.proposes(street.ben, 3))

    assert street.left() == 0


def test_nothing_is_left_of_what_is_unknown() -> None:
    street = Street()

    assert street.village.book(street.ben).left(street.offer.id, T0) == 0


def test_a_need_is_filled_by_what_its_owner_receives() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    need = ben.say(loaves(5, role="need"))
    proposal = anna.say(Propose(parties(anna, ben), (bread(anna, ben, 2, listing=need),), later(DAY)))

    ben.say(Accept(), proposal)

    assert village.book(anna, ben).left(need.id, SOON) == 3


def test_a_withdrawal_that_comes_before_its_listing_is_not_lost() -> None:
    street = Street()
    phone = street.village.device("anna", "phone")
    phone.say(Withdraw(), street.offer)

    book = read(street.village.book(phone), *street.anna.entries)

    listed = book.listings.get(street.offer.id)
    assert listed is not None
    assert listed.withdrawn


CELL_FINE = 0x8A2A1072B59FFFF  # resolution 10
CELL_TOWN = 0x862A10727FFFFFF  # resolution 6


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": " "}, "a listing needs a kind"),
        ({"title": ""}, "title must be given"),
        ({"title": "bell \x07"}, "control character"),
        ({"title": "half \ud800"}, "control character"),
        ({"quantity": 0}, "a quantity of zero: say how much"),
        ({"begins": T0 + 7 * DAY}, "ends before it begins"),
        ({"cell": 7}, "is not an H3 cell"),
        ({"cell": CELL_FINE}, "finer than allowed"),
    ],
)
def test_a_listing_that_makes_no_sense_is_refused(change: dict[str, object], why: str) -> None:
    fields = {
        "role": "offer", "kind": "bread", "title": "Loaf", "quantity": 1, "unit": "loaf", "ends": T0 + 7 * DAY, **change
    }  # fmt: skip

    with pytest.raises(Refused, match=why):
        Listing(**fields)  # type: ignore[arg-type]


def test_a_cell_of_a_town_is_fine() -> None:
    assert Listing("offer", "bread", "Loaf", 1, "loaf", T0, cell=CELL_TOWN).cell == CELL_TOWN
