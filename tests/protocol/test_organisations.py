"""Organisations: several people act for one member, and everybody sees to it that each keeps to their role."""

import base64
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol import codec, grants, organisations
from ruil.protocol.bodies import (
    KINDS,
    NUMBER,
    Accept,
    Certificate,
    Close,
    Consent,
    Correct,
    Deliver,
    HeldAs,
    Listing,
    Motion,
    Profile,
    Propose,
    Rate,
    Receive,
    encode,
)
from ruil.protocol.book import Book
from ruil.protocol.drafts import check
from ruil.protocol.entry import forget, open_entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.exposure import exposure
from ruil.protocol.grants import Asking, Grant, open_asking, open_grant
from ruil.protocol.ids import DeviceId, EntryId, Millis
from ruil.protocol.limits import DAY, DEVICE_TEXT_CHARS_MAX
from ruil.protocol.log import Log, prove_fork
from ruil.protocol.members import Standing
from ruil.protocol.peer import Peer
from ruil.protocol.record import Record
from ruil.protocol.revocations import revoke
from ruil.protocol.snapshot import open_snapshot, take
from tests.protocol.actors import T0, Device, Village, admits, bread, key, later, loaves, parties, pays, read
from tests.protocol.test_peer import blames, greet, peer_of, push, stored

ROLES: tuple[HeldAs, ...] = ("hand", "trader", "keeper")


def held(village: Village, shop: Device, person: Device, role: HeldAs, name: str = "till") -> Device:
    """A device of the shop, held by a person, with its first entry."""
    own = key(f"device {name} of {role}")
    made = Device(own, shop.owner, village.community, Log(DeviceId(own.public)))
    signature = organisations.sign_as_holder(person.owner, village.community, made.id)
    made.say(
        organisations.certify(shop.owner, village.community, made.id, name, T0, (person.member, role, signature)), at=T0
    )
    return made


class Shop:
    """Anna founded the village; the bakery and Ben are members, and Ben holds a device of the bakery."""

    def __init__(self, role: HeldAs, *, limit: Literal["fixed", "earned"] = "fixed") -> None:
        self.village = Village(limit=limit)
        self.anna = self.village.founder
        self.shop, self.ben = self.village.joins(self.anna, "bakery"), self.village.joins(self.anna, "ben")
        self.till = held(self.village, self.shop, self.ben, role)

    def book(self, *more: Device) -> Book:
        return self.village.book(self.anna, self.shop, self.ben, self.till, *more)

    def refusal(self, book: Book, body: object, ref: EntryId | None = None) -> str:
        draft = Record(EntryId(bytes(32)), self.till.id, self.till.log.size, later(1), self.till.member, ref, body)  # type: ignore[arg-type]
        try:
            check(book, draft, later(1))
        except Refused as why:
            return str(why)
        return ""


# What a role may say ----------------------------------------


def test_each_role_may_say_what_the_one_before_may_and_more() -> None:
    may = [{kind for kind in KINDS if organisations.may(role, kind)} for role in ROLES]

    assert may[0] < may[1] < may[2] == KINDS.keys()
    assert may[0] == {NUMBER[body] for body in (Deliver, Receive, Correct)}
    assert {NUMBER[body] for body in (Listing, Propose, Accept, Rate, Consent)} <= may[1]


def test_what_has_no_kind_yet_is_a_keepers_or_a_traders_by_its_number() -> None:
    assert not organisations.may("hand", 19)
    assert organisations.may("trader", 19)
    assert not organisations.may("trader", 8)
    assert not organisations.may("trader", 50)


def test_a_hand_who_would_agree_is_told_whom_to_ask() -> None:
    shop = Shop("hand")
    shop.shop.say(Profile("Bakery"))
    asked = shop.ben.say(Propose(parties(shop.ben, shop.shop), (bread(shop.shop, shop.ben),), later(DAY)))
    book = shop.book()

    assert shop.refusal(book, Accept(), asked.id) == (
        "you act for Bakery as hand, who says what was handed over and what arrived: this is for a trader or a keeper"
    )
    assert shop.refusal(book, Profile("Ben's")).endswith("this is for a keeper")


def test_what_a_role_does_not_allow_is_refused_by_every_peer_and_read_by_none() -> None:
    shop = Shop("hand")
    neighbour = peer_of(shop.anna, shop.shop, shop.ben, shop.till)
    greet(neighbour, shop.ben)
    before = neighbour.book.digest()

    effects = push(neighbour, shop.till.sign(loaves()), shop.ben)

    assert blames(effects) == ["Listing by a device held as hand: it takes a trader"]
    assert (stored(effects), neighbour.book.digest()) == ([], before)


def test_a_lost_payload_hides_no_kind() -> None:
    shop = Shop("hand")
    said = shop.till.sign(loaves())

    with pytest.raises(Rejected, match="Listing by a device held as hand"):
        shop.book().apply(open_entry(forget(said.data), said.community, said.device))


def test_what_came_before_its_first_entry_is_judged_when_that_comes() -> None:
    shop = Shop("hand")
    shop.till.say(loaves())
    certificate, early = shop.till.entries
    book = shop.village.book(shop.anna, shop.shop, shop.ben)
    book.apply(early)

    applied = book.apply(certificate)

    assert [why for _, why in applied.rejected] == ["Listing by a device held as hand: it takes a trader"]
    assert list(book.listings.all()) == []


def test_a_revocation_counts_in_a_hands_log_though_it_can_not_stand_there() -> None:
    shop = Shop("hand")
    phone = shop.village.device("bakery", "phone")
    book = shop.book(phone)

    with pytest.raises(Rejected, match="Revoke by a device held as hand"):
        book.apply(shop.till.sign(revoke(shop.shop.owner, shop.village.community, phone.id, 1)))

    assert book.revoked(phone.id)


@pytest.mark.parametrize(
    ("role", "standing"), [("hand", Standing.UNKNOWN), ("trader", Standing.UNKNOWN), ("keeper", Standing.ADMITTED)]
)
def test_only_a_keeper_lets_anybody_in(role: HeldAs, standing: Standing) -> None:
    shop = Shop(role)
    guest = shop.village.enters(shop.till, "dora")
    if role == "keeper":
        admits(shop.till, guest)

    forwards, backwards = shop.book(guest), shop.village.book(guest, shop.till, shop.ben, shop.shop, shop.anna)

    assert {book.members.all()[guest.member].standing for book in (forwards, backwards)} == {standing}


# Who is named ----------------------------------------


def test_who_speaks_is_named_with_their_role() -> None:
    shop = Shop("trader")
    shop.shop.say(Profile("Bakery", organisation=True))
    shop.ben.say(Profile("Ben"))
    members = shop.book().members

    assert [members.who(device.id) for device in (shop.till, shop.shop, shop.ben)] == [
        "Bakery (Ben, trader)",
        "Bakery",
        "Ben",
    ]
    assert [(each.device, each.role) for each in members.people(shop.shop.member)] == [(shop.till.id, "trader")]


@given(st.permutations(range(3)), st.permutations(range(3)))
def test_an_organisation_is_one_in_whatever_order_it_is_read(one: list[int], other: list[int]) -> None:
    shop = Shop("trader")
    shop.shop.say(Profile("Bakery", organisation=True), at=later(5))
    shop.till.say(loaves(), at=later(6))
    phone = shop.village.device("bakery", "phone")
    phone.say(Profile("Bakery at the corner"), at=later(7))
    logs = [shop.shop, shop.till, phone]

    books = [shop.village.book(shop.anna, *(logs[number] for number in order), shop.ben) for order in (one, other)]

    assert len({book.digest() for book in books}) == 1
    assert all(book.members.all()[shop.shop.member].organisation for book in books)
    assert {book.members.name(shop.shop.member) for book in books} == {"Bakery at the corner"}


def test_a_log_that_forked_at_its_certificate_names_nobody() -> None:
    shop = Shop("trader")
    other = held(shop.village, shop.shop, shop.ben, "trader", name="till")
    signature = organisations.sign_as_holder(shop.ben.owner, shop.village.community, other.id)
    twin = Device(other.key, shop.shop.owner, shop.village.community, Log(other.id))
    twin.say(
        organisations.certify(
            shop.shop.owner, shop.village.community, other.id, "till", T0, (shop.ben.member, "keeper", signature)
        )
    )
    proof = prove_fork(shop.till.entries[0], twin.entries[0])
    late, early = shop.book(), Book(shop.village.community)

    late.freeze(proof)
    early.freeze(proof)
    read(early, *(entry for device in (shop.till, shop.ben, shop.shop, shop.anna) for entry in device.entries))

    assert late.digest() == early.digest()
    assert late.members.people(shop.shop.member) == []


def test_a_start_from_a_snapshot_knows_the_roles() -> None:
    shop = Shop("hand")
    again = open_snapshot(b"".join(take(shop.book()).parts()), shop.village.community)

    assert again.digest() == shop.book().digest()
    with pytest.raises(Rejected, match="held as hand"):
        again.apply(shop.till.sign(loaves()))


def test_certificates_and_profiles_without_it_are_as_they_were() -> None:
    plain = Village().founder.entries[0].body
    assert isinstance(plain, Certificate)

    assert codec.decode(encode(plain)).keys() == {"member", "device_name", "valid_from", "signature"}
    assert codec.decode(encode(Profile("Anna"))).keys() == {"name"}


@pytest.mark.parametrize("left_out", ["holder", "role", "holder_signature"])
def test_a_holder_a_role_and_their_word_belong_together(left_out: str) -> None:
    shop = Shop("hand")
    said = shop.till.entries[0].body
    assert isinstance(said, Certificate)
    fields = {name: getattr(said, name) for name in said.__struct_fields__}

    with pytest.raises(Refused, match="a holder, a role and the holder's signature, or none"):
        Certificate(**{**fields, left_out: None})


# A second device may read ----------------------------------------


@pytest.mark.parametrize(
    ("role", "why"), [("hand", "this is for a trader or a keeper"), ("trader", "this is for a keeper"), ("keeper", "")]
)
def test_a_keeper_alone_moves_something_for_an_organisation(role: HeldAs, why: str) -> None:
    shop = Shop(role)
    motion = Propose((shop.shop.member,), (), later(DAY), motion=Motion(shop.ben.member, "host"))

    assert shop.refusal(shop.book(), motion).rpartition(": ")[2] == why


def test_a_held_device_reads_with_its_card_and_is_read() -> None:
    shop = Shop("hand")
    neighbour = peer_of(shop.anna, shop.shop, shop.ben)

    greet(neighbour, shop.till)

    assert neighbour.readers == {shop.till.id}
    assert neighbour.book.logs[shop.till.id].size == 1


def test_a_device_of_an_organisation_that_nobody_let_in_reads_nothing() -> None:
    village = Village()
    shop, ben = village.device("bakery"), village.joins(village.founder, "ben")
    till = held(village, shop, ben, "keeper")
    neighbour: Peer = peer_of(village.founder, ben)

    greet(neighbour, till)

    assert neighbour.readers == frozenset()


# Kin ----------------------------------------


@pytest.mark.parametrize(("payer", "limit"), [("ben", 600), ("carla", 650)])
def test_what_its_own_people_pay_raises_no_limit_of_an_organisation(payer: str, limit: int) -> None:
    shop = Shop("hand", limit="earned")
    carla = shop.village.joins(shop.anna, "carla")
    who = {"ben": shop.ben, "carla": carla}[payer]
    asked = who.say(Propose(parties(who, shop.shop), (pays(who, shop.shop, 100),), later(DAY)))
    yes = shop.shop.say(Accept(), asked)
    who.say(Close((yes.id,)), asked)
    given = who.say(Deliver(0, 100), asked)
    shop.shop.say(Receive(given.id, 100), asked)

    book = shop.book(carla)

    assert exposure(book.members, book.agreements, book.credit, shop.shop.member, later(1)).limit == limit


# The two texts ----------------------------------------


def asking(*, expires: int = T0 // 1000 + 60) -> Asking:
    village = Village()
    ben, device = key("member ben"), DeviceId(key("a new device").public)
    signature = organisations.sign_as_holder(ben, village.community, device)
    return Asking(device, "Ben's phone", expires, ben.public, village.community, signature)  # type: ignore[arg-type]


def granted() -> Grant:
    asked = asking()
    assert asked.holder
    assert asked.community
    assert asked.holder_signature
    said = organisations.certify(
        key("member bakery"),
        asked.community,  # type: ignore[arg-type]
        asked.device,
        asked.name,
        Millis(T0),
        (asked.holder, "trader", asked.holder_signature),
    )
    return Grant(asked.device, asked.community, encode(said), "Bakery", T0 // 1000, ("192.168.1.5:4001",))


def test_both_texts_come_back_as_they_were() -> None:
    assert open_asking(asking().text) == asking()
    assert open_grant(granted().text) == granted()
    assert granted().certified.role == "trader"


TEXTS = [(asking().text, open_asking), (granted().text, open_grant)]


@given(st.sampled_from(TEXTS), st.data())
def test_a_mistyped_letter_of_a_text_is_noticed(both: tuple[str, object], data: st.DataObject) -> None:
    text, opens = both
    place = data.draw(st.integers(0, len(text) - 2))  # the last letter has bits that mean nothing
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda one: one != text[place]))

    with pytest.raises(Refused, match=r"this (request|grant) is damaged|this is not a (request|grant)"):
        opens(text[:place] + letter + text[place + 1 :])  # type: ignore[operator]


@given(st.text(max_size=300) | st.text(max_size=50).map("ask-".__add__) | st.text(max_size=50).map("grant-".__add__))
def test_what_is_no_such_text_is_refused_kindly(text: str) -> None:
    for opens, word in ((open_asking, "request"), (open_grant, "grant")):
        with pytest.raises(Refused, match=f"this (is not a )?{word}"):
            opens(text)


def test_a_text_is_not_read_beyond_its_limit() -> None:
    most = "ask-" + "a" * (DEVICE_TEXT_CHARS_MAX - 4)

    with pytest.raises(Refused, match="damaged"):
        open_asking(most)
    with pytest.raises(Refused, match="is not a request"):
        open_asking(most + "a")


def test_a_true_sum_around_nonsense_is_damaged_too() -> None:
    packed = b"\x01\xc0"
    whole = packed + grants.text_sum("grant-", packed)

    with pytest.raises(Refused, match="this grant is damaged"):
        open_grant("grant-" + base64.b32encode(whole).decode().rstrip("=").lower())
