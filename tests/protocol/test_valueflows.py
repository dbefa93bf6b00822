"""Valueflows: what a community says is there in the common vocabulary, and comes back as it was."""

import contextlib
import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ruil.protocol import bodies, limits
from ruil.protocol.attestations import rating_seal
from ruil.protocol.bodies import (
    Accept,
    Action,
    Bid,
    Cancel,
    Close,
    Commitment,
    Consent,
    Correct,
    Debt,
    Decline,
    Deliver,
    Dispute,
    Extend,
    Join,
    Lapse,
    Listing,
    Mediate,
    Open,
    Profile,
    Propose,
    Rate,
    Receive,
    Renew,
    Reply,
    Role,
    Settle,
    Slot,
    Step,
    Term,
    Vote,
    Want,
    Withdraw,
    encode,
)
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import CommunityId, EntryId, MemberId
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.revocations import revoke
from ruil.protocol.shapes.group_buy import group_buy
from ruil.protocol.successions import plan, succeed
from ruil.protocol.valueflows import graph, listings, proposals, sourced, written_by
from ruil.protocol.valueflows.vocabulary import CONTEXT, entry_iri, member_iri
from tests.protocol.actors import Device, Village, bread, key, later, loaves, parties, pays, seat

HERE = CommunityId(bytes(32))
NOW = later(DAY)
MARKET = "https://market.example/proposals/bike"

# What comes out ----------------------------------------


def nodes(document: Any) -> dict[str, Any]:
    """Every node of a document by its id, those inside others too."""
    found: dict[str, Any] = {}

    def look(value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                look(each)
        elif isinstance(value, dict):
            if "type" in value and "id" in value:
                found[value["id"]] = value
            for each in value.values():
                look(each)

    look(document["@graph"])
    return found


def of_type(document: Any, name: str) -> list[Any]:
    return [node for node in nodes(document).values() if name == node["type"] or name in node["type"]]


def quantity(node: Any) -> int:
    return int(node.get("resourceQuantity", node.get("effortQuantity"))["hasNumericalValue"])


@dataclass
class Sale:
    """Anna sells Ben two loaves for 60 parts of an hour."""

    village: Village
    anna: Device
    ben: Device
    proposal: Entry

    def graph(self) -> Any:
        return graph(self.village.book(self.anna, self.ben), NOW)


@pytest.fixture
def sale() -> Sale:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    proposal = ben.say(Propose(parties(anna, ben), (bread(anna, ben), pays(ben, anna, 60)), later(DAY)))
    anna.say(Accept(), proposal)
    ben.say(Close((anna.entries[-1].id,)), proposal)
    return Sale(village, anna, ben, proposal)


def test_only_what_both_sides_said_is_an_event(sale: Sale) -> None:
    delivery = sale.anna.say(Deliver(0, 2), sale.proposal)

    before = sale.graph()
    sale.ben.say(Receive(delivery.id, 1), sale.proposal)
    after = sale.graph()

    assert of_type(before, "EconomicEvent") == []
    assert [quantity(half) for half in of_type(before, "ruil:Delivery")] == [2]
    assert [quantity(event) for event in of_type(after, "EconomicEvent")] == [1]


def test_who_gave_already_has_a_claim_on_what_was_promised_for_it(sale: Sale) -> None:
    delivery = sale.anna.say(Deliver(0, 1), sale.proposal)
    assert of_type(sale.graph(), "Claim") == []

    sale.ben.say(Receive(delivery.id, 1), sale.proposal)

    (claim,) = of_type(sale.graph(), "Claim")
    assert (claim["provider"], claim["receiver"]) == (member_iri(sale.ben.member), member_iri(sale.anna.member))
    assert (quantity(claim), claim["triggeredBy"]) == (60, entry_iri(delivery.id))


def test_credit_that_was_paid_is_owed_by_one_and_to_another_and_together_nothing(sale: Sale) -> None:
    payment = sale.ben.say(Deliver(1, 60), sale.proposal)
    sale.anna.say(Receive(payment.id, 60), sale.proposal)

    owed = [claim for claim in of_type(sale.graph(), "Claim") if claim["id"].endswith("#balance")]

    here = f"urn:ruil:community:{sale.village.community.hex()}"
    assert sum(quantity(claim) * (1 if claim["provider"] == here else -1) for claim in owed) == 0
    assert {(claim["provider"], quantity(claim)) for claim in owed} == {(here, 60), (member_iri(sale.ben.member), 60)}


def test_a_correction_is_an_event_that_corrects_another(sale: Sale) -> None:
    delivery = sale.anna.say(Deliver(0, 2), sale.proposal)
    sale.ben.say(Receive(delivery.id, 2), sale.proposal)
    for device in (sale.anna, sale.ben):
        device.say(Correct(delivery.id, 1), sale.proposal)

    first, correction = of_type(sale.graph(), "EconomicEvent")

    assert correction["corrects"] == first["id"]
    assert (quantity(first), quantity(correction)) == (2, -1)


def test_what_was_joined_with_satisfies_the_intents_of_the_open_places() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    offer = anna.say(group_buy(anna.member, "Sack of flour", "sack", 90, later(3 * DAY), later(DAY)))
    join = ben.say(Join(0, 2), offer)
    open_ = graph(village.book(anna, ben), NOW)
    anna.say(Close(seats=(seat(ben, join),)), offer)

    closed = graph(village.book(anna, ben), NOW)

    assert of_type(open_, "Agreement") == []
    intents = {node["id"] for node in of_type(open_, "Intent")}
    promises = of_type(closed, "Commitment")
    assert [quantity(promise) for promise in promises] == [2, 180]
    assert {iri for promise in promises for iri in promise["satisfies"]} == intents


# The row of the table in docs/spec/valueflows.md that each kind has: where its id, or what it said, is found.
ROWS: dict[type[bodies.Body], str] = {
    bodies.Certificate: "Person",
    bodies.Found: "Organization",
    bodies.Enter: "Person",
    bodies.Admit: "Person",
    bodies.Profile: "Person",
    bodies.Revoke: "Person",
    Consent: "Person",
    bodies.Block: "Person",
    bodies.Follow: "Person",
    bodies.Heir: "Person",
    bodies.Succeed: "Person",
    bodies.Protest: "Person",
    Listing: "Proposal",
    Renew: "Proposal",
    Withdraw: "Proposal",
    Bid: "ruil:Bid",
    Propose: "ruil:Propose",
    Accept: "Accept",
    Decline: "Reject",
    Join: "Join",
    Close: "ruil:Close",
    Lapse: "ruil:Lapse",
    Cancel: "ruil:Cancel",
    Vote: "ruil:Vote",
    Extend: "ruil:Extend",
    Settle: "ruil:Settle",
    Dispute: "ruil:Dispute",
    Mediate: "ruil:Mediate",
    Reply: "ruil:Reply",
    Deliver: "EconomicEvent",
    Receive: "EconomicEvent",
    Correct: "EconomicEvent",
    Rate: "ruil:Rate",
    Open: "ruil:Attestation",
}


def whole_book() -> tuple[Book, list[Device]]:
    """A Book in which every kind of entry stands."""
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    phone = village.device("ben", "phone")
    phone.say(Profile("Ben", "Bakes on Fridays.", 0x861F18B27FFFFFF))
    ben.say(revoke(ben.owner, village.community, phone.id, 2))
    loaf, old = anna.say(loaves()), anna.say(loaves(1))
    anna.say(Renew(later(20 * DAY)), loaf)
    anna.say(Withdraw(), old)
    wall = Listing("need", "garden", "A wall", 1, "wall", later(9 * DAY), bids_until=later(DAY))
    ben.say(Bid(bytes(32)), anna.say(wall))

    def propose(*promises: Commitment) -> Entry:
        return ben.say(Propose(parties(anna, ben), promises, later(DAY)))

    trade = propose(bread(anna, ben, 2, listing=loaf), pays(ben, anna, 60))
    accepted = anna.say(Accept(), trade)
    ben.say(Close((accepted.id,)), trade)
    for giver, taker, number, amount in ((anna, ben, 0, 2), (ben, anna, 1, 60)):
        delivery = giver.say(Deliver(number, amount), trade)
        taker.say(Receive(delivery.id, amount), trade)
    for device in (anna, ben):
        device.say(Correct(delivery.id, 30), trade)
    nonce = bytes(16)
    for device, about in ((anna, ben), (ben, anna)):
        sealed = device.say(Rate(about.member, rating_seal(trade.id, about.member, True, "", nonce)), trade)
        device.say(Open(sealed.id, True, "", nonce), sealed)
    anna.say(Decline("not today"), propose(bread(anna, ben)))
    ben.say(Cancel(), propose(bread(anna, ben)))
    ben.say(Lapse(), propose(bread(anna, ben)), at=later(2 * DAY))
    offer = anna.say(group_buy(anna.member, "Sack of flour", "sack", 90, later(9 * DAY), later(3 * DAY)))
    join = ben.say(Join(0, 2), offer)
    ben.say(Vote(join.id), offer)
    anna.say(Close(seats=(seat(ben, join),)), offer)
    ben.say(Consent(later(9 * DAY), 60))
    broken = propose(bread(anna, ben), pays(ben, anna, 60))
    anna.say(Close((anna.say(Accept(), broken).id,)), broken)
    anna.say(Extend(later(9 * DAY)), broken)
    anna.say(Dispute("stale"), broken)
    anna.say(Mediate((1, 30)), broken)
    for device in (anna, ben):
        device.say(Settle((1, 30)), broken)
    anna.say(Reply("Next time, then."), broken)
    anna.say(bodies.Block(ben.member, "the cake was stale"))
    ben.say(bodies.Follow(anna.member))
    ben.say(Propose(parties(ben), (), later(5 * DAY), motion=bodies.Motion(ben.member, "host")), at=later(2 * DAY))
    anna.say(plan(anna.owner, village.community, key("recovery").public, 2, 7))
    word = succeed(key("recovery"), village.community, anna.member, anna.member, key("new").public)
    ben.say(word)
    anna.say(bodies.Protest(anna.member, anna.member, word.key))
    return village.book(anna, ben, phone), [anna, ben, phone]


def test_every_kind_of_entry_appears_where_the_table_says() -> None:
    book, _ = whole_book()
    assert {type(record.body) for record in book.records.values()} | {bodies.Revoke} == set(bodies.NUMBER)

    document = graph(book, NOW)

    for record in book.records.values():
        kind = type(record.body)
        shown = json.dumps(of_type(document, ROWS[kind]))
        if kind is bodies.Found:
            assert book.community.hex() in shown
        elif kind in (bodies.Certificate, bodies.Enter, bodies.Revoke):
            assert record.device.hex() in shown
        elif kind is bodies.Admit:
            assert f'"ruil:invitedBy": "{member_iri(record.member)}"' in shown
        elif isinstance(record.body, Profile):
            assert record.body.about in shown
        else:
            assert record.id.hex() in shown, kind
    assert set(ROWS) == set(bodies.NUMBER)


def test_the_events_of_a_promise_together_are_what_was_received_of_it() -> None:
    book, _ = whole_book()
    document = graph(book, NOW)

    for agreement in book.agreements.all():
        for index, received in enumerate(agreement.received):
            promise = f"urn:ruil:agreement:{agreement.id.hex()}#commitment-{index}"
            came = [event for event in of_type(document, "EconomicEvent") if event["fulfills"] == promise]
            assert sum(quantity(event) for event in came) == received
    assert [agreement.state.value for agreement in book.agreements.all()].count("settled") == 1


def test_a_debt_that_a_clearing_set_off_is_an_event_of_the_debt() -> None:
    village = Village()
    anna = village.founder
    circle = [anna, village.joins(anna, "ben"), village.joins(anna, "carla")]
    debts = []
    for debtor, creditor in zip(circle, [*circle[1:], anna], strict=True):
        trade = debtor.say(
            Propose(parties(debtor, creditor), (pays(debtor, creditor, 60), bread(creditor, debtor)), later(DAY))
        )
        debtor.say(Close((creditor.say(Accept(), trade).id,)), trade)
        debts.append(
            Commitment(debtor.member, creditor.member, "transfer", "credit", 60, "credit", later(3 * DAY),
                       clears=Debt(trade.id, 0))
        )  # fmt: skip
    clearing = anna.say(Propose(parties(*circle), tuple(debts), later(DAY)))
    signed = sorted(device.say(Accept(), clearing).id for device in circle[1:])
    anna.say(Close(tuple(signed)), clearing)

    document = graph(village.book(*circle), NOW)

    events = of_type(document, "EconomicEvent")
    assert [(quantity(event), event["ruil:clearing"]) for event in events] == [(60, entry_iri(clearing.id))] * 3
    cleared = {promise["ruil:clears"] for promise in of_type(document, "Commitment") if "ruil:clears" in promise}
    assert {event["fulfills"] for event in events} == cleared


def test_the_table_of_the_spec_has_a_row_for_every_kind() -> None:
    page = (Path(__file__).parents[2] / "docs" / "spec" / "valueflows.md").read_text(encoding="utf-8")

    missing = [body.__name__ for body in bodies.NUMBER if f"`{body.__name__}`" not in page]
    assert missing == []


def test_the_same_book_gives_the_same_document_whatever_came_first() -> None:
    book, devices = whole_book()
    other = Book(book.community)
    for device in reversed(devices):
        for entry in device.entries:
            other.apply(entry)

    assert json.dumps(graph(other, NOW)) == json.dumps(graph(book, NOW))


def test_every_word_of_a_document_is_explained_by_its_context() -> None:
    book, _ = whole_book()

    unexplained = set()

    def look(value: Any) -> None:
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                unexplained.update(key for key in each if key not in CONTEXT and not key.startswith("ruil:"))
                words = each.get("type", [])
                for word in words if isinstance(words, list) else [words]:
                    unexplained.update({word} if word not in CONTEXT and not word.startswith("ruil:") else set())
                for inside in each.values():
                    look(inside)

    look(graph(book, NOW)["@graph"])
    assert unexplained == set()


def test_what_names_another_thing_is_a_reference_not_text() -> None:
    book, _ = whole_book()

    text = set()

    def look(key: str, value: Any) -> None:
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                for inner, inside in each.items():
                    look(inner, inside)
            elif str(each).startswith("urn:ruil:") and key not in ("id", "hasUnit"):
                meaning = CONTEXT.get(key)
                text.update(() if isinstance(meaning, dict) and meaning["@type"] == "@id" else {key})

    look("@graph", graph(book, NOW)["@graph"])
    assert text == set()


def test_a_listing_that_was_taken_back_is_finished_and_not_read_again() -> None:
    village = Village()
    kept, withdrawn = village.founder.say(loaves(1)), village.founder.say(loaves(2))
    village.founder.say(Withdraw(), withdrawn)

    document = graph(village.book(village.founder), NOW)

    finished = {node["id"]: node["finished"] for node in of_type(document, "Intent")}
    assert finished == {f"{entry_iri(kept.id)}#primary": False, f"{entry_iri(withdrawn.id)}#primary": True}
    assert [found.id for found in listings(document, NOW, village.community)] == [entry_iri(kept.id)]


# There and back ----------------------------------------


def expanded(document: Any) -> Any:
    """A document of ours as a JSON-LD processor expands it: no context, every name in full, every value in a list."""

    def iri(term: str) -> str:
        meaning = CONTEXT.get(term, term)
        meaning = meaning["@id"] if isinstance(meaning, dict) else meaning
        prefix, colon, rest = meaning.partition(":")
        return CONTEXT[prefix] + rest if colon and prefix in CONTEXT else meaning

    def value(term: str, given: Any) -> Any:
        kind = CONTEXT[term].get("@type") if isinstance(CONTEXT.get(term), dict) else None
        if isinstance(given, dict):
            return node(given)
        if kind == "@id":
            return {"@id": given}
        return {"@id": iri(given)} if kind == "@vocab" else {"@value": given}

    def node(given: Any) -> Any:
        made: dict[str, Any] = {}
        for term, each in given.items():
            values = each if isinstance(each, list) else [each]
            if term == "id":
                made["@id"] = each
            elif term == "type":
                made["@type"] = [iri(word) for word in values]
            elif isinstance(CONTEXT.get(term), dict) and CONTEXT[term].get("@container") == "@list":
                made[iri(term)] = [{"@list": [value(term, inside) for inside in values]}]
            else:
                made[iri(term)] = [value(term, inside) for inside in values]
        return made

    return [node(each) for each in document["@graph"]]


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=24)
name = words.filter(lambda text: bool(text) and not text.isspace())
unit = st.one_of(st.sampled_from(["one", "hour", "loaf", "credit", "om2:one", "vf", "id", "100 g"]), name)
amount = st.one_of(st.integers(1, 9), st.integers(1, limits.QUANTITY_MAX))
day = st.integers(1, 90).map(lambda days: later(days * DAY + days))
cell = st.sampled_from([None, 0x861F18B27FFFFFF])
action = st.sampled_from(get_args(Action))
wants = st.builds(
    Want, st.one_of(st.sampled_from(["nothing", "credit"]), name), amount, unit, st.one_of(st.just(""), words)
)
bodies_listed = st.builds(
    Listing,
    st.sampled_from(get_args(Role)),
    name,
    name,
    amount,
    unit,
    day,
    action,
    words,
    st.lists(name, max_size=3).map(tuple),
    st.sampled_from([None, later(0)]),
    cell,
    st.lists(wants, max_size=4).map(tuple),
)  # fmt: skip
ways = st.lists(st.builds(bodies.Option, name, st.integers(0, 500)), max_size=3, unique_by=lambda each: each.what)
in_ways = st.builds(
    lambda body, options: replace(body, options=tuple(options)) if body.role == "offer" else body, bodies_listed, ways
)
some_bid_for = in_ways.map(
    lambda body: replace(body, bids_until=later(HOUR)) if (body.role, len(body.title) % 2) == ("need", 1) else body
)


@given(st.lists(some_bid_for, min_size=1, max_size=3))
def test_listings_come_back_as_they_were(posted: list[Listing]) -> None:
    village = Village()
    entries = [village.founder.say(body) for body in posted]

    document = json.loads(json.dumps(graph(village.book(village.founder), NOW)))

    for form in (document, expanded(document)):
        found = listings(form, NOW, village.community)
        said = zip(entries, posted, strict=True)
        assert {each.id: encode(each.body) for each in found} == {
            entry_iri(entry.id): encode(body) for entry, body in said
        }
        assert all(written_by(each, village.founder.member) for each in found)


ANNA, BEN, CARLA = (MemberId(bytes([letter]) * 32) for letter in b"abc")
about = st.sampled_from([None, EntryId(b"e" * 32)])
begins = st.sampled_from([None, later(0)])
people = st.permutations([ANNA, BEN, CARLA])
promises = st.builds(
    lambda who, does, what, many, *rest: Commitment(who[0], who[1], does, what, many, *rest, least=many // 2),
    people,
    action,
    name,
    amount,
    unit,
    day,
    begins,
    about,
)
steps = st.lists(st.integers(2, 10**6), max_size=3, unique=True).map(lambda totals: (1, *sorted(totals)))
prices = st.one_of(
    st.builds(lambda each: {"each": each}, amount),
    st.builds(lambda total, voted: {"total": total, "voted": voted, "least": 1}, amount, st.booleans()),
    st.builds(lambda totals, each: {"steps": tuple(Step(total, each) for total in totals)}, steps, amount),
)
terms = st.builds(
    lambda gives, who, does, what, of, due, price, starts, listing: Term(
        gives and not price.get("voted"), who, does, what, of, due, begins=starts, listing=listing, **price
    ),
    st.booleans(), st.sampled_from([ANNA, BEN, CARLA]), action, name, unit, day, prices, begins, about,
)  # fmt: skip
slots = st.builds(
    lambda role, brings, least, more, low, most: Slot(role, tuple(brings), least, least + more, low, max(low, most)),
    name, st.lists(terms, min_size=1, max_size=3), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), amount,
)  # fmt: skip


@given(st.lists(promises, max_size=3), st.lists(slots, max_size=2), about, words)
def test_proposals_come_back_as_they_were(
    given: list[Commitment], places: list[Slot], replaces: EntryId | None, text: str
) -> None:
    village = Village()
    anna = village.founder
    renamed = {ANNA: anna.member, BEN: BEN, CARLA: CARLA}
    promised = tuple(
        Commitment(renamed[MemberId(each.provider)], renamed[MemberId(each.receiver)], *_rest(each)) for each in given
    )
    opened = tuple(_with(slot, renamed) for slot in places)
    everybody = tuple(sorted(renamed.values()))
    if not promised and not opened:
        return
    body = Propose(everybody, promised, later(DAY), replaces, text, opened)
    anna.say(body)

    document = json.loads(json.dumps(graph(village.book(anna), NOW)))

    for form in (document, expanded(document)):
        assert [found.body for found in proposals(form, NOW, village.community)] == [body]


def _rest(given: Commitment) -> tuple[Any, ...]:
    return (given.action, given.what, given.quantity, given.unit, given.due, given.begins, given.listing, given.least)


def _with(slot: Slot, renamed: dict[MemberId, MemberId]) -> Slot:
    made = tuple(replace(each, other=renamed[MemberId(each.other)]) for each in slot.terms)
    return replace(slot, terms=made)


def test_promises_that_rest_on_others_and_mediators_come_back_as_they_were() -> None:
    village = Village()
    anna = village.founder
    me, due = anna.member, later(2 * DAY)
    hire = Commitment(me, BEN, "use", "Van", 3, "day", due, begins=later(0))
    pay = Commitment(BEN, me, "transfer", "credit", 90, "credit", due, per=0)
    stands_in = Commitment(CARLA, me, "transfer", "credit", 90, "credit", due, covers=1)
    debt = Commitment(me, BEN, "transfer", "credit", 9, "credit", due, clears=Debt(EntryId(b"e" * 32), 3))
    back = Commitment(BEN, me, "transfer", "credit", 9, "credit", due, clears=Debt(EntryId(b"f" * 32), 0))
    all_, two = tuple(sorted((me, BEN, CARLA))), tuple(sorted((me, BEN)))
    dora, emil = MemberId(b"d" * 32), MemberId(b"m" * 32)
    bodies_ = [
        Propose(two, (hire, pay), later(DAY), mediator=dora, backup=emil, mediation_days=7, binding=True),
        Propose(all_, (hire, Commitment(*_ends(pay), *_rest(pay)), stands_in), later(DAY), mediator=dora),
        Propose(two, (debt, back), later(DAY)),
    ]
    for body in bodies_:
        anna.say(body)

    document = graph(village.book(anna), NOW)

    read_back = {encode(found.body) for found in proposals(expanded(document), NOW, village.community)}
    assert read_back == {encode(body) for body in bodies_}


def _ends(given: Commitment) -> tuple[MemberId, MemberId]:
    return MemberId(given.provider), MemberId(given.receiver)


# FEP-0837 ----------------------------------------


def bike(**changes: Any) -> Any:
    """A used bike for 30 of another place's money, as FEP-0837 has it: a context that is not there, terms in short."""
    return {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            {
                "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
                "vf": "https://w3id.org/valueflows/ont/vf#",
                "Proposal": "vf:Proposal",
                "publishes": "vf:publishes",
                "hasUnit": "om2:hasUnit",
            },
        ],
        "type": "Proposal",
        "id": MARKET,
        "purpose": "offer",
        "attributedTo": "https://market.example/users/alice",
        "name": "Used bike",
        "content": "<p>Blue &amp; rusty</p><p>15 years</p>",
        "location": {"type": "Place", "longitude": 4.9, "latitude": 52.37},
        "publishes": {
            "type": "Intent",
            "id": f"{MARKET}#primary",
            "action": "transfer",
            "resourceConformsTo": "https://www.wikidata.org/wiki/Q11442",
            "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
        },
        "reciprocal": {
            "type": "Intent",
            "id": f"{MARKET}#reciprocal",
            "action": "transfer",
            "resourceConformsTo": "https://www.wikidata.org/wiki/Q4917",
            "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "30"},
        },
        "unitBased": False,
        "to": "https://www.w3.org/ns/activitystreams#Public",
        **changes,
    }


def bike_with(key: str, **changes: Any) -> Any:
    made = bike()
    return {**made, key: {**made[key], **changes}}


def read(document: Any) -> Listing:
    (found,) = listings(document, NOW, HERE)
    return found.body


def test_a_proposal_of_the_federated_marketplace_is_a_listing() -> None:
    (found,) = listings(bike(), NOW, HERE)

    assert found.body == Listing(
        "offer", "q11442", "Used bike", 1, "one", later(DAY + limits.LISTING_MS_DEFAULT), text="Blue & rusty\n15 years",
        wants=(Want("q4917", 30, "one", "What it is: https://www.wikidata.org/wiki/Q4917"),),
    )  # fmt: skip
    assert (found.id, found.author, found.place) == (MARKET, "https://market.example/users/alice", (52.37, 4.9))


def test_a_listing_of_somebody_else_says_whose_it_is() -> None:
    (found,) = listings(bike(), NOW, HERE)

    posted = sourced(found, "alice of market.example")

    assert posted.text.splitlines() == [
        "Blue & rusty",
        "15 years",
        "",
        f"Listed elsewhere by alice of market.example: {MARKET}",
        "What it is: https://www.wikidata.org/wiki/Q11442",
    ]


def test_whose_it_is_stands_on_one_line_whatever_the_name() -> None:
    (found,) = listings(bike(id="urn:x:one\ntwo"), NOW, HERE)

    assert "Listed elsewhere by Al Ice: urn:x:one two" in sourced(found, "Al\nIce").text.splitlines()


def test_a_text_without_room_to_say_whose_it_is_is_refused() -> None:
    (found,) = listings(bike(content="c" * (limits.TEXT_CHARS_MAX - 9)), NOW, HERE)

    with pytest.raises(Refused, match="no room to say whose listing it is"):
        sourced(found, "alice")


def test_without_anything_in_return_it_is_a_gift() -> None:
    given = bike()
    del given["reciprocal"]

    assert read(given).wants == (Want("nothing"),)


def test_what_is_not_based_on_units_is_sold_in_lots() -> None:
    apples = bike_with("publishes", resourceQuantity={"hasUnit": "kilogram", "hasNumericalValue": "10"})
    apples["publishes"]["availableQuantity"] = {"hasUnit": "kilogram", "hasNumericalValue": 30}

    listing = read(apples)

    assert (listing.quantity, listing.unit, listing.wants[0].quantity) == (3, "10 kilogram", 30)


def test_what_is_based_on_units_has_a_price_for_one() -> None:
    apples = bike_with("publishes", resourceQuantity={"hasUnit": "kilogram", "hasNumericalValue": "10"})
    apples["unitBased"] = True

    listing = read(apples)

    assert (listing.quantity, listing.unit, listing.wants[0].quantity) == (10, "kilogram", 3)


def test_prefixes_full_names_values_and_lists_are_read_alike() -> None:
    vf = "https://w3id.org/valueflows/ont/vf#"
    om2 = "http://www.ontology-of-units-of-measure.org/resource/om-2/"
    measured = {f"{om2}hasUnit": {"@id": f"{om2}kilogram"}, f"{om2}hasNumericalValue": [{"@value": "4"}]}
    document = {
        "@context": {"values": vf, "called": "https://www.w3.org/ns/activitystreams#name"},
        "@graph": [
            {"@id": "urn:x:p", "@type": [f"{vf}Proposal"], "values:purpose": {"@id": f"{vf}request"},
             "called": [{"@value": "Apples", "@language": "en"}], "values:publishes": {"@id": "urn:x:i"},
             "values:unitBased": [{"@value": True}]},
            {"@id": "urn:x:i", "values:action": {"@id": "values:transfer"}, "values:resourceQuantity": measured},
        ],
    }  # fmt: skip

    listing = read(document)

    assert (listing.role, listing.title, listing.quantity, listing.unit) == ("need", "Apples", 4, "kilogram")


REFUSED = [
    (bike_with("publishes", action="produce"), "its action is produce"),
    (bike_with("publishes", action=None), "its action is not given"),
    (bike_with("publishes", resourceQuantity={"hasNumericalValue": "1"}), "a quantity without a unit"),
    (bike_with("publishes", resourceQuantity={"hasUnit": "one"}), "it does not say how much"),
    (bike_with("publishes", resourceQuantity={"hasUnit": "one", "hasNumericalValue": "0"}), "it does not say how much"),
    (bike_with("publishes", resourceQuantity={"hasUnit": "one", "hasNumericalValue": "0.5"}), "0.5 one can not be"),
    (bike_with("publishes", resourceQuantity={"hasUnit": "one", "hasNumericalValue": "1e99999999"}), "'1e99999999' is"),
    (bike_with("publishes", resourceQuantity={"hasUnit": "one", "hasNumericalValue": float("nan")}), "'nan' is not a"),
    (
        bike_with("publishes", resourceQuantity={"hasUnit": "one", "hasNumericalValue": True}),
        "'True' is not a quantity",
    ),
    (bike_with("reciprocal", resourceQuantity={"hasUnit": "credit", "hasNumericalValue": "1"}), "an amount of credit"),
    (bike_with("publishes", resourceQuantity={"hasUnit": "u" * 25, "hasNumericalValue": "1"}), "unit has 25"),
    (
        bike_with("publishes", availableQuantity={"hasUnit": "pair", "hasNumericalValue": "2"}),
        "it is offered by the one, but counted in pair",
    ),
    (
        bike_with("publishes", resourceQuantity={"hasUnit": "kilogram of apples", "hasNumericalValue": "1000000"}),
        "it comes in lots of 1000000 kilogram of apples",
    ),
    (bike(content="<br>" * 8_001), "its text has 32004 characters"),
    (bike(purpose="wish"), "its purpose is wish"),
    (bike(hasEnd="soon"), "'soon' is not a time"),
    (bike(hasEnd="1969-12-31"), "'1969-12-31' is a time before 1970"),
    (bike(name="n" * 121), "its name has 121 characters"),
    (bike(content="c" * 8_001), "text has 8001 characters"),
    (bike(reciprocal=[bike()["reciprocal"]] * 2), "it asks for 2 things together"),
    (bike(publishes=[]), "it publishes 0 things"),
    (bike(location={"latitude": "north", "longitude": 4}), "'north' is not a latitude"),
    (bike(location={"ruil:cell": "881f1d48b7fffff"}), "the place is a cell of resolution 8, finer than allowed"),
    (bike(location={"ruil:cell": "home"}), "'home' is not an H3 cell"),
]


@pytest.mark.parametrize(("document", "sentence"), REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_what_a_listing_can_not_hold_is_refused_with_a_sentence(document: Any, sentence: str) -> None:
    with pytest.raises(Refused) as why:
        listings(document, NOW, HERE)

    assert str(why.value).startswith(f"{MARKET}: {sentence}")


@pytest.mark.parametrize("document", [None, 1, "text", [], {}, {"@graph": []}, {"@graph": [1, None, [2]]}])
def test_a_document_without_a_proposal_is_refused(document: Any) -> None:
    for reader in (listings, proposals):
        with pytest.raises(Refused, match=r"no JSON-LD document|holds no proposal"):
            reader(document, NOW, HERE)


def test_a_document_nests_no_deeper_than_it_may() -> None:
    def nested(deep: int) -> Any:
        value: Any = "here"
        for _ in range(deep):
            value = {"urn:x:in": value}
        return {**bike(), "urn:x:in": value}

    assert len(listings(nested(limits.LINKED_NESTING_MAX - 2), NOW, HERE)) == 1
    for deep in (limits.LINKED_NESTING_MAX, 100_000):
        with pytest.raises(Refused, match=f"nests deeper than {limits.LINKED_NESTING_MAX}"):
            listings(nested(deep), NOW, HERE)


def test_a_document_holds_no_more_things_than_it_may() -> None:
    there = 6  # the proposal, its place, two intents and their quantities

    for more, reads in ((limits.LINKED_NODES_MAX - there, True), (limits.LINKED_NODES_MAX - there + 1, False)):
        document = [bike(), *({"id": f"urn:x:{number}"} for number in range(more))]
        if reads:
            assert len(listings(document, NOW, HERE)) == 1
        else:
            with pytest.raises(Refused, match=f"more than {limits.LINKED_NODES_MAX} things"):
                listings(document, NOW, HERE)


def test_a_name_elsewhere_never_becomes_credit_here() -> None:
    posing = bike_with("reciprocal", resourceConformsTo="https://market.example/credit")

    assert read(posing).wants[0].kind == "other"


def test_a_term_that_the_context_gives_another_meaning_is_not_ours() -> None:
    document = bike()
    document["@context"] = {"publishes": "https://press.example/publishes"}

    with pytest.raises(Refused, match="it publishes 0 things"):
        listings(document, NOW, HERE)


@pytest.mark.parametrize("vocabulary", ["https://schema.org/", "urn:x:"])
def test_a_vocabulary_that_is_not_ours_says_nothing(vocabulary: str) -> None:
    with pytest.raises(Refused, match="holds no proposal"):
        listings(bike(**{"@context": {"@vocab": vocabulary}}), NOW, HERE)


def test_a_name_in_full_is_no_prefix() -> None:
    vf = "https://w3id.org/valueflows/ont/vf#"
    document = {**bike(), "@context": {"https": "urn:x:"}, f"{vf}publishes": bike()["publishes"]}
    del document["publishes"]

    assert read(document).title == "Used bike"


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(MARKET)),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(
        ["@context", "@graph", "@id", "id", "type", "@value", "@list", "hasUnit", "action", "x"]), inside, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@given(st.lists(st.sampled_from(sorted(bike())), max_size=3), json_values, st.booleans())
def test_no_document_gets_more_than_a_refusal(keys: list[str], value: Any, inside: bool) -> None:
    document = copy.deepcopy(bike())
    for each in keys:
        if inside and isinstance(document[each], dict) and document[each]:
            document[each][sorted(document[each])[0]] = value
        else:
            document[each] = value

    for reader in (listings, proposals):
        with contextlib.suppress(Refused):
            reader(document, NOW, HERE)


# An answer: Offer(Agreement) ----------------------------------------


def answer(village: Village, ben: Device, loaves_: int, parts: int, *, unit: str = "loaf", **changes: Any) -> Any:
    """Ben's FEP-0837 answer to Anna's bread, in one document with it."""
    document = graph(village.book(village.founder, ben), NOW)
    (listed,) = [node for node in of_type(document, "Proposal") if node["type"] == "Proposal"]
    credit = f"urn:ruil:community:{village.community.hex()}:credit"

    def promise(intent: Any, unit: str, many: int) -> Any:
        measure = {"hasUnit": unit, "hasNumericalValue": str(many)}
        return {"type": "Commitment", "satisfies": intent["id"], "resourceQuantity": measure}

    offer = {
        "type": "as:Offer",
        "id": "urn:x:offer",
        "actor": member_iri(ben.member),
        "object": {
            "type": "Agreement",
            "stipulates": promise(listed["publishes"], unit, loaves_),
            "stipulatesReciprocal": promise(listed["reciprocal"], credit, parts),
        },
        **changes,
    }
    return {"@context": document["@context"], "@graph": [listed, offer]}


@pytest.fixture
def baker() -> tuple[Village, Device, Entry]:
    village = Village()
    ben = village.joins(village.founder, "ben")
    body = Listing("offer", "bread", "Sourdough loaf", 4, "loaf", later(7 * DAY), wants=(Want("credit", 30, "credit"),))
    return village, ben, village.founder.say(body)


def test_an_offer_of_an_agreement_is_a_proposal(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, listing = baker

    (found,) = proposals(answer(village, ben, 2, 60), NOW, village.community)

    anna, due = village.founder, later(15 * DAY)
    assert found.body == Propose(
        parties(anna, ben),
        (
            Commitment(anna.member, ben.member, "transfer", "Sourdough loaf", 2, "loaf", due, None, listing.id),
            Commitment(ben.member, anna.member, "transfer", "credit", 60, "credit", due),
        ),
        later(4 * DAY),
    )


def test_an_offer_that_changes_the_price_is_refused(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, _ = baker

    with pytest.raises(Refused, match="not one whole multiple"):
        proposals(answer(village, ben, 2, 59), NOW, village.community)


def test_an_offer_in_another_unit_is_refused(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, _ = baker

    with pytest.raises(Refused, match="it promises kilogram, and the proposal speaks of loaf"):
        proposals(answer(village, ben, 2, 60, unit="kilogram"), NOW, village.community)


def test_an_offer_that_promises_nothing_in_return_is_refused(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, _ = baker
    document = answer(village, ben, 2, 60)
    del document["@graph"][1]["object"]["stipulatesReciprocal"]

    with pytest.raises(Refused, match="promises nothing of the other"):
        proposals(document, NOW, village.community)


def test_what_is_not_unit_based_is_taken_whole(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, _ = baker
    one, two = answer(village, ben, 1, 30), answer(village, ben, 2, 60)
    for document in (one, two):
        document["@graph"][0]["unitBased"] = False

    (found,) = proposals(one, NOW, village.community)

    assert [each.quantity for each in found.body.commitments] == [1, 30]
    with pytest.raises(Refused, match="to be taken whole"):
        proposals(two, NOW, village.community)


def test_an_offer_about_two_proposals_is_refused(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, _ = baker
    document = answer(village, ben, 2, 60)
    listed, offer = document["@graph"]
    other = {**listed, "id": "urn:x:other", "reciprocal": {**listed["reciprocal"], "id": "urn:x:other#reciprocal"}}
    offer["object"]["stipulatesReciprocal"]["satisfies"] = "urn:x:other#reciprocal"

    with pytest.raises(Refused, match="several proposals at once"):
        proposals({**document, "@graph": [listed, other, offer]}, NOW, village.community)


def test_who_answers_a_request_is_the_one_who_gives(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, _ = baker
    document = answer(village, ben, 2, 60)
    document["@graph"][0]["purpose"] = "request"

    (found,) = proposals(document, NOW, village.community)

    assert [each.provider for each in found.body.commitments] == [ben.member, village.founder.member]


def test_an_offer_by_somebody_from_elsewhere_is_refused(baker: tuple[Village, Device, Entry]) -> None:
    village, ben, _ = baker
    document = answer(village, ben, 2, 60, actor="https://market.example/users/bob")

    with pytest.raises(Refused, match="is no member here"):
        proposals(document, NOW, village.community)
