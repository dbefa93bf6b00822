"""The vectors of docs/spec/valueflows.md: what comes out and what is read, written by hand from the page's text."""

from typing import Any, Final

import base58

from tests.vectors.make_protocol import (
    ACCEPT,
    CELL_FINE,
    CLOSE,
    DAY,
    DELIVER,
    LISTING,
    PROFILE,
    PROPOSE,
    RECEIVE,
    T0,
    Case,
    Device,
    Said,
    Town,
    _case,
    _listing,
    _promise,
    _proposal,
)

JOIN: Final = 41
NOW: Final = T0 + DAY
T0_TEXT: Final = "2025-10-09T08:53:20.000Z"
BIKE: Final = "https://market.example/proposals/ddde9d6f"


def day(days: int) -> str:
    """So many days (below 22) after T0, as text."""
    return T0_TEXT.replace("-09T", f"-{9 + days:02d}T")


CONTEXT: Final[Case] = {
    "vf": "https://w3id.org/valueflows/ont/vf#",
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "as": "https://www.w3.org/ns/activitystreams#",
    "ruil": "urn:ruil:term:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id",
    "type": "@type",
    "Person": "vf:Person",
    "Organization": "vf:Organization",
    "ResourceSpecification": "vf:ResourceSpecification",
    "SpatialThing": "vf:SpatialThing",
    "Proposal": "vf:Proposal",
    "Intent": "vf:Intent",
    "Agreement": "vf:Agreement",
    "Commitment": "vf:Commitment",
    "EconomicEvent": "vf:EconomicEvent",
    "Claim": "vf:Claim",
    "name": "vf:name",
    "note": "vf:note",
    "resourceClassifiedAs": "vf:resourceClassifiedAs",
    "unitBased": "vf:unitBased",
    "finished": "vf:finished",
    "transfer": "vf:transfer",
    "use": "vf:use",
    "work": "vf:work",
    "deliverService": "vf:deliverService",
    "offer": "vf:offer",
    "request": "vf:request",
    "publishes": {"@id": "vf:publishes", "@type": "@id"},
    "reciprocal": {"@id": "vf:reciprocal", "@type": "@id"},
    "provider": {"@id": "vf:provider", "@type": "@id"},
    "receiver": {"@id": "vf:receiver", "@type": "@id"},
    "resourceConformsTo": {"@id": "vf:resourceConformsTo", "@type": "@id"},
    "resourceQuantity": {"@id": "vf:resourceQuantity", "@type": "@id"},
    "effortQuantity": {"@id": "vf:effortQuantity", "@type": "@id"},
    "availableQuantity": {"@id": "vf:availableQuantity", "@type": "@id"},
    "eligibleLocation": {"@id": "vf:eligibleLocation", "@type": "@id"},
    "primaryLocation": {"@id": "vf:primaryLocation", "@type": "@id"},
    "proposedTo": {"@id": "vf:proposedTo", "@type": "@id"},
    "inScopeOf": {"@id": "vf:inScopeOf", "@type": "@id"},
    "stipulates": {"@id": "vf:stipulates", "@type": "@id"},
    "stipulatesReciprocal": {"@id": "vf:stipulatesReciprocal", "@type": "@id"},
    "clauseOf": {"@id": "vf:clauseOf", "@type": "@id"},
    "reciprocalClauseOf": {"@id": "vf:reciprocalClauseOf", "@type": "@id"},
    "satisfies": {"@id": "vf:satisfies", "@type": "@id"},
    "fulfills": {"@id": "vf:fulfills", "@type": "@id"},
    "realizationOf": {"@id": "vf:realizationOf", "@type": "@id"},
    "reciprocalRealizationOf": {"@id": "vf:reciprocalRealizationOf", "@type": "@id"},
    "corrects": {"@id": "vf:corrects", "@type": "@id"},
    "triggeredBy": {"@id": "vf:triggeredBy", "@type": "@id"},
    "created": {"@id": "vf:created", "@type": "xsd:dateTime"},
    "due": {"@id": "vf:due", "@type": "xsd:dateTime"},
    "hasBeginning": {"@id": "vf:hasBeginning", "@type": "xsd:dateTime"},
    "hasEnd": {"@id": "vf:hasEnd", "@type": "xsd:dateTime"},
    "hasPointInTime": {"@id": "vf:hasPointInTime", "@type": "xsd:dateTime"},
    "action": {"@id": "vf:action", "@type": "@vocab"},
    "purpose": {"@id": "vf:purpose", "@type": "@vocab"},
    "hasUnit": "om2:hasUnit",
    "hasNumericalValue": "om2:hasNumericalValue",
    "Accept": "as:Accept",
    "Reject": "as:Reject",
    "Join": "as:Join",
    "content": "as:content",
    "attributedTo": {"@id": "as:attributedTo", "@type": "@id"},
    "to": {"@id": "as:to", "@type": "@id"},
    "actor": {"@id": "as:actor", "@type": "@id"},
    "object": {"@id": "as:object", "@type": "@id"},
    "result": {"@id": "as:result", "@type": "@id"},
    "published": {"@id": "as:published", "@type": "xsd:dateTime"},
    "ruil:slots": {"@id": "ruil:slots", "@container": "@list"},
    "ruil:terms": {"@id": "ruil:terms", "@container": "@list"},
    "ruil:steps": {"@id": "ruil:steps", "@container": "@list"},
    "ruil:options": {"@id": "ruil:options", "@container": "@list"},
    "ruil:invitedBy": {"@id": "ruil:invitedBy", "@type": "@id"},
    "ruil:listing": {"@id": "ruil:listing", "@type": "@id"},
    "ruil:replaces": {"@id": "ruil:replaces", "@type": "@id"},
    "ruil:renewals": {"@id": "ruil:renewals", "@type": "@id"},
    "ruil:withdrawnBy": {"@id": "ruil:withdrawnBy", "@type": "@id"},
    "ruil:answers": {"@id": "ruil:answers", "@type": "@id"},
    "ruil:receipt": {"@id": "ruil:receipt", "@type": "@id"},
    "ruil:about": {"@id": "ruil:about", "@type": "@id"},
    "ruil:agreement": {"@id": "ruil:agreement", "@type": "@id"},
    "ruil:by": {"@id": "ruil:by", "@type": "@id"},
    "ruil:proposal": {"@id": "ruil:proposal", "@type": "@id"},
    "ruil:mediator": {"@id": "ruil:mediator", "@type": "@id"},
    "ruil:backup": {"@id": "ruil:backup", "@type": "@id"},
    "ruil:clears": {"@id": "ruil:clears", "@type": "@id"},
    "ruil:settledBy": {"@id": "ruil:settledBy", "@type": "@id"},
    "ruil:openedBy": {"@id": "ruil:openedBy", "@type": "@id"},
    "ruil:clearing": {"@id": "ruil:clearing", "@type": "@id"},
}


def cases() -> dict[str, Case]:
    """Every vector, by its path under tests/vectors."""
    made = {"context": _case("The context, all of it in the document.", "valueflows-context", {"context": CONTEXT})}
    made |= {**_out(), **_trade(), **_together(), **_back(), **_marketplace(), **_refused(), **_answers()}
    return {f"valueflows/{name}.json": case for name, case in made.items()}


def who(member: bytes) -> str:
    return "urn:ruil:member:" + base58.b58encode(bytes.fromhex("002408011220") + member).decode()


def entry(said: Said) -> str:
    return f"urn:ruil:entry:{said.id.hex()}"


def agreement(said: Said) -> str:
    return f"urn:ruil:agreement:{said.id.hex()}"


def many(value: int, unit: str) -> Case:
    return {"hasUnit": unit, "hasNumericalValue": str(value)}


def here(town: Town) -> str:
    return f"urn:ruil:community:{town.community.hex()}"


def shown(town: Town, comment: str, *nodes: Case, **counts: int) -> Case:
    """The document of a town at NOW holds these nodes exactly, and so many of these types."""
    entries = [{"device": said.device, "data": said.data} for said in town.entries]
    expect = {"nodes": {node["id"]: node for node in nodes}, "counts": counts}
    return _case(comment, "valueflows-graph", expect, community=town.community, entries=entries, now=NOW)


def read(comment: str, expect: Any, document: Any, *, check: str = "listings", town: Town | None = None) -> Case:
    """What is read of a document: bodies by id, or the beginning of the refusal."""
    community = town.community if town else bytes(32)
    return _case(comment, f"valueflows-{check}", expect, document=document, now=NOW, community=community)


# Out ------------------------------------------------------------------------------------------------------------------


def bread(town: Town, anna: Device, said: Said, available: int = 4) -> tuple[Case, Case]:
    """The proposal of Anna's four loaves without what is wanted for them, and its intent."""
    intent = {
        "id": f"{entry(said)}#primary",
        "type": "Intent",
        "action": "transfer",
        "provider": who(anna.member),
        "resourceConformsTo": "urn:ruil:kind:bread",
        "resourceQuantity": many(1, "loaf"),
        "availableQuantity": many(available, "loaf"),
        "ruil:quantity": 4,
        "finished": False,
    }
    proposal = {
        "id": entry(said),
        "type": "Proposal",
        "purpose": "offer",
        "attributedTo": who(anna.member),
        "name": "Sourdough loaf",
        "published": T0_TEXT,
        "hasEnd": day(10),
        "unitBased": True,
        "to": here(town),
        "publishes": intent,
    }
    return proposal, intent


def _out() -> dict[str, Case]:
    town = Town().found()
    anna = town.anna
    credit = {"kind": "credit", "quantity": 30, "unit": "credit"}
    said = anna.say(LISTING, _listing(ends=T0 + 10 * DAY, text="Rye & wheat", wants=[credit], tags=["vegan"]))
    proposal, intent = bread(town, anna, said)
    intent["resourceClassifiedAs"] = ["vegan"]
    reciprocal = {
        "id": f"{entry(said)}#reciprocal",
        "type": "Intent",
        "action": "transfer",
        "receiver": who(anna.member),
        "resourceConformsTo": "urn:ruil:kind:credit",
        "resourceQuantity": many(30, f"{here(town)}:credit"),
    }
    more = {"note": "Rye & wheat", "content": "Rye &amp; wheat", "ruil:liked": 1, "reciprocal": reciprocal}
    kind = {"id": "urn:ruil:kind:bread", "type": "ResourceSpecification", "name": "bread"}
    offer = shown(town, "An offer: FEP-0837's form by itself.", {**proposal, **more}, kind, Proposal=1, Intent=2)

    town = Town().found()
    anna = town.anna
    wants: list[Case] = [{"kind": "apple pie", "quantity": 2, "unit": "big jar!"}, {"kind": "nothing"}]
    said = anna.say(
        LISTING, _listing(role="need", action="work", kind="garden", unit="hour", ends=T0 + 10 * DAY, wants=wants)
    )
    proposal, intent = bread(town, anna, said)
    del intent["provider"], intent["resourceQuantity"]
    intent |= {"action": "work", "receiver": who(anna.member), "resourceConformsTo": "urn:ruil:kind:garden"}
    intent |= {"effortQuantity": many(1, "hour"), "availableQuantity": many(4, "hour")}
    proposal["purpose"] = "request"
    jars = {
        "id": f"{entry(said)}#reciprocal",
        "type": "Intent",
        "action": "transfer",
        "provider": who(anna.member),
        "resourceConformsTo": "urn:ruil:kind:apple%20pie",
        "resourceQuantity": many(2, "urn:ruil:unit:big%20jar%21"),
    }
    need = shown(
        town,
        "A need with two alternatives: one intent in two proposals. A name with a space, a unit that is no plain name.",
        {**proposal, "ruil:liked": 1, "reciprocal": jars},
        {**proposal, "id": f"{entry(said)}#alternative-2", "ruil:liked": 2, "ruil:inReturn": "nothing"},
        Proposal=2,
        Intent=2,
    )
    town = Town().found()
    town.anna.say(PROFILE, {"name": "Bakery", "organisation": True})
    bakery = {
        "id": who(town.anna.member),
        "type": "Organization",
        "name": "Bakery",
        "inScopeOf": here(town),
        "ruil:standing": "founder",
        "ruil:devices": [town.anna.id.hex()],
    }
    organisation = shown(town, "A member that is an organisation.", bakery, Person=0)
    return {"offer": offer, "need-with-alternatives": need, "organisation": organisation}


def promised(iri: str, index: int, giver: bytes, taker: bytes, what: str, quantity: Case) -> Case:
    """What an intent and a commitment of one flow have in common."""
    return {
        "id": f"{iri}#commitment-{index}",
        "action": "transfer",
        "note": what,
        "provider": who(giver),
        "receiver": who(taker),
        "resourceQuantity": quantity,
        "due": day(5),
    }


def _trade() -> dict[str, Case]:
    made = {}
    town = Town().found()
    anna, ben = town.anna, town.join("Ben")
    listing = anna.say(LISTING, _listing(ends=T0 + 10 * DAY))
    pays = _promise(ben.member, anna.member, 60, what="credit", unit="credit")
    first = ben.say(PROPOSE, _proposal(_promise(anna.member, ben.member, listing=listing.id), pays, text="Please"))
    accepted = anna.say(ACCEPT, {}, ref=first)
    iri, bound = entry(first), agreement(first)
    credit = many(60, f"{here(town)}:credit")
    loaves = (0, anna.member, ben.member, "bread", many(2, "loaf"))
    payment = (1, ben.member, anna.member, "credit", credit)
    proposal = {
        "id": iri,
        "type": ["Proposal", "ruil:Propose"],
        "attributedTo": who(ben.member),
        "proposedTo": [who(anna.member)],
        "published": T0_TEXT,
        "hasEnd": day(1),
        "unitBased": False,
        "ruil:mediationDays": 14,
        "purpose": "request",
        "note": "Please",
        "ruil:state": "agreed",
        "publishes": [{**promised(iri, *loaves), "type": "Intent", "ruil:index": 0, "ruil:listing": entry(listing)}],
        "reciprocal": [{**promised(iri, *payment), "type": "Intent", "ruil:index": 1}],
    }
    bread_promise = {
        **promised(bound, *loaves),
        "type": "Commitment",
        "clauseOf": bound,
        "satisfies": [f"{iri}#commitment-0", f"{entry(listing)}#primary"],
        "resourceConformsTo": "urn:ruil:kind:bread",
        "finished": False,
    }
    payment_promise = {
        **promised(bound, *payment),
        "type": "Commitment",
        "reciprocalClauseOf": bound,
        "satisfies": [f"{iri}#commitment-1"],
        "finished": False,
    }
    agreed = {
        "id": bound,
        "type": "Agreement",
        "created": T0_TEXT,
        "ruil:state": "agreed",
        "ruil:proposal": iri,
        "stipulates": [bread_promise],
        "stipulatesReciprocal": [payment_promise],
    }
    yes = {"id": entry(accepted), "type": "Accept", "actor": who(anna.member), "object": iri, "published": T0_TEXT}
    made["sale"] = shown(
        town, "A sale, agreed: two loaves for an hour.", proposal, agreed, {**yes, "result": bound}, Claim=0
    )
    body = {
        "parties": sorted([anna.member, ben.member]),
        "commitments": [_promise(anna.member, ben.member, listing=listing.id), pays],
        "answer_by": T0 + DAY,
        "text": "Please",
    }
    document = {"@context": CONTEXT, "@graph": [proposal]}
    made["sale-back"] = read(
        "The proposal of that sale, read back.", {iri: body}, document, check="proposals", town=town
    )

    given = anna.say(DELIVER, {"commitment": 0, "quantity": 2}, ref=first)
    half = {key: each for key, each in promised(bound, *loaves).items() if key not in ("id", "due")}
    half |= {"id": entry(given), "fulfills": f"{bound}#commitment-0", "realizationOf": bound}
    made["half-delivered"] = shown(
        town,
        "Said to be handed over and not confirmed: no event, and no claim.",
        {**half, "type": "ruil:Delivery", "published": T0_TEXT},
        EconomicEvent=0,
        Claim=0,
    )
    got = ben.say(RECEIVE, {"delivery": given.id, "quantity": 1}, ref=first)
    event = {**half, "type": "EconomicEvent", "resourceQuantity": many(1, "loaf"), "hasPointInTime": T0_TEXT}
    claim = {
        **{key: each for key, each in promised(bound, *payment).items() if key != "id"},
        "id": f"{bound}#claim-1",
        "type": "Claim",
        "triggeredBy": entry(given),
        "ruil:agreement": bound,
        "finished": False,
    }
    made["received"] = shown(
        town,
        "One of them arrived: an event, and a claim on the payment.",
        {**event, "ruil:receipt": entry(got)},
        claim,
        EconomicEvent=1,
        Claim=1,
    )
    return made


def _together() -> dict[str, Case]:
    town = Town().found()
    anna, ben = town.anna, town.join("Ben")
    due = T0 + 5 * DAY
    gets = {"gives": False, "other": anna.member, "action": "transfer", "what": "Flour", "unit": "sack", "due": due}
    steps = [{"total": 1, "each": 90}, {"total": 2, "each": 80}]
    pays = {"gives": True, "other": anna.member, "action": "transfer", "what": "credit", "unit": "credit", "due": due}
    slot = {"role": "buyer", "terms": [{**gets, "each": 1}, {**pays, "steps": steps}], "least": 1, "most": 8}
    body = {"parties": [anna.member], "commitments": [], "answer_by": T0 + 2 * DAY, "slots": [slot]}
    first = anna.say(PROPOSE, body)
    join = ben.say(JOIN, {"slot": 0, "quantity": 3, "people": 1}, ref=first)
    iri, credit = entry(first), f"{here(town)}:credit"
    flour = {"action": "transfer", "note": "Flour", "due": day(5)}
    price = {"action": "transfer", "note": "credit", "due": day(5)}
    terms = [
        {"id": f"{iri}#slot-0-0", "type": "Intent", **flour, "provider": who(anna.member), "ruil:price": "each"},
        {"id": f"{iri}#slot-0-1", "type": "Intent", **price, "receiver": who(anna.member), "ruil:price": "steps"},
    ]
    terms[0]["resourceQuantity"] = many(1, "sack")
    terms[1]["resourceQuantity"] = many(90, credit)
    terms[1]["ruil:steps"] = [{"ruil:total": 1, "ruil:each": 90}, {"ruil:total": 2, "ruil:each": 80}]
    place = {"ruil:role": "buyer", "ruil:least": 1, "ruil:most": 8, "ruil:quantityLeast": 1, "ruil:totalLeast": 0}
    place |= {"ruil:quantityMost": 10**12, "ruil:totalMost": 10**12, "ruil:terms": terms}
    proposal = {
        "id": iri,
        "type": ["Proposal", "ruil:Propose"],
        "attributedTo": who(anna.member),
        "proposedTo": [],
        "published": T0_TEXT,
        "hasEnd": day(2),
        "unitBased": False,
        "ruil:mediationDays": 14,
        "purpose": "offer",
        "ruil:state": "proposed",
        "publishes": [f"{iri}#slot-0-0"],
        "reciprocal": [f"{iri}#slot-0-1"],
        "ruil:slots": [place],
    }
    said = {"id": entry(join), "type": "Join", "actor": who(ben.member), "object": iri, "published": T0_TEXT}
    said |= {"ruil:slot": 0, "ruil:quantity": 3, "ruil:people": 1, "ruil:total": 0, "ruil:rolls": False}
    made = {
        "group-buy-open": shown(
            town, "Flour for whoever joins; Ben would like three.", proposal, said, Intent=2, Commitment=0, Agreement=0
        )
    }
    anna.say(CLOSE, {"seats": [town.seat(join)]}, ref=first)
    bound = agreement(first)
    promises = [
        {**promised(bound, 0, anna.member, ben.member, "Flour", many(3, "sack")), "clauseOf": bound},
        {**promised(bound, 1, ben.member, anna.member, "credit", many(240, credit)), "reciprocalClauseOf": bound},
    ]
    for index, promise in enumerate(promises):
        promise |= {"type": "Commitment", "satisfies": [f"{iri}#slot-0-{index}"], "finished": False}
    agreed = {"id": bound, "type": "Agreement", "created": T0_TEXT, "ruil:state": "agreed", "ruil:proposal": iri}
    agreed |= {"stipulates": promises[:1], "stipulatesReciprocal": promises[1:]}
    made["group-buy-closed"] = shown(
        town,
        "Closed on Ben's three, at the price from two on: what he brought stands in the agreement.",
        agreed,
        {**proposal, "ruil:state": "agreed"},
        Intent=2,
        Commitment=2,
    )
    return made


# In -------------------------------------------------------------------------------------------------------------------


def bike(**changes: Any) -> Case:
    """A used bike for 30 of something, in FEP-0837's form."""
    context = ["https://www.w3.org/ns/activitystreams", {"vf": CONTEXT["vf"], "publishes": "vf:publishes"}]
    made = {
        "@context": context,
        "type": "Proposal",
        "id": BIKE,
        "purpose": "offer",
        "attributedTo": "https://market.example/users/alice",
        "name": "Used bike",
        "content": "<p>Blue, some rust</p>",
        "publishes": {
            "type": "Intent",
            "id": f"{BIKE}#primary",
            "action": "transfer",
            "resourceConformsTo": "https://www.wikidata.org/wiki/Q11442",
            "resourceQuantity": many(1, "one"),
        },
        "reciprocal": {
            "type": "Intent",
            "id": f"{BIKE}#reciprocal",
            "action": "transfer",
            "resourceConformsTo": "https://www.wikidata.org/wiki/Q4917",
            "resourceQuantity": many(30, "one"),
        },
        "unitBased": False,
        "to": "https://www.w3.org/ns/activitystreams#Public",
        **changes,
    }
    return {key: each for key, each in made.items() if each is not None}


def with_(key: str, **changes: Any) -> Case:
    made = bike()
    return {**made, key: {name: each for name, each in {**made[key], **changes}.items() if each is not None}}


READ: Final[Case] = {
    "role": "offer",
    "kind": "q11442",
    "title": "Used bike",
    "quantity": 1,
    "unit": "one",
    "ends": NOW + 30 * DAY,
    "text": "Blue, some rust",
    "wants": [{"kind": "q4917", "quantity": 30, "text": "What it is: https://www.wikidata.org/wiki/Q4917"}],
}


def _back() -> dict[str, Case]:
    town = Town().found()
    said = town.anna.say(LISTING, _listing(ends=T0 + 10 * DAY))
    proposal, _ = bread(town, town.anna, said, available=1)
    two = [
        {**proposal, "id": f"{entry(said)}#alternative-2", "ruil:liked": 2, "ruil:inReturn": "nothing"},
        {**proposal, "ruil:liked": 1, "reciprocal": {"action": "transfer", "resourceConformsTo": "urn:ruil:kind:pie",
                                                     "resourceQuantity": many(2, "slice")}},
    ]  # fmt: skip
    wants = [{"kind": "pie", "quantity": 2, "unit": "slice"}, {"kind": "nothing"}]
    return {
        "alternatives-back": read(
            "Two proposals of one intent are one listing, the most liked want first.",
            {entry(said): _listing(ends=T0 + 10 * DAY, wants=wants)},
            {"@context": CONTEXT, "@graph": two},
            town=town,
        )
    }


def _marketplace() -> dict[str, Case]:
    lots = with_("publishes", resourceQuantity=many(10, "kilogram"), availableQuantity=many(30, "kilogram"))
    gift = {key: each for key, each in READ.items() if key != "wants"}
    text = f"Blue, some rust\n\nListed elsewhere by alice: {BIKE}\nWhat it is: https://www.wikidata.org/wiki/Q11442"
    return {
        "fep-0837": read("A proposal of the federated marketplace; a context is not there.", {BIKE: READ}, bike()),
        "gift": read("Nothing in return.", {BIKE: {**gift, "wants": [{"kind": "nothing"}]}}, bike(reciprocal=None)),
        "lots": read("Ten kilogram at a time.", {BIKE: {**READ, "quantity": 3, "unit": "10 kilogram"}}, lots),
        "sourced": _case(
            "Posted by a member who did not write it.", "valueflows-sourced", {"body": {**READ, "text": text}},
            document=bike(), now=NOW, community=bytes(32), author="alice",
        ),
    }  # fmt: skip


def _refused() -> dict[str, Case]:
    def refused(comment: str, why: str, document: Case) -> Case:
        return read(comment, f"{BIKE}: {why}", document)

    press = {"publishes": "https://press.example/publishes"}
    jar = bike()["reciprocal"]
    credit = many(1, f"urn:ruil:community:{'ab' * 32}:credit")
    return {
        "another-meaning": refused("The context says that `publishes` is something else.", "it publishes 0 things",
                                   bike(**{"@context": press})),
        "both-in-return": refused("Two things for one bike.", "it asks for 2 things together",
                                  bike(reciprocal=[jar, {**jar, "id": f"{BIKE}#more"}])),
        "cell-too-fine": refused("A place of 0.7 km².", "the place is a cell of resolution 8",
                                 bike(eligibleLocation={"ruil:cell": f"{CELL_FINE:x}"})),
        "credit-elsewhere": refused("Credit of another community.", "an amount of credit that is not",
                                    with_("reciprocal", resourceQuantity=credit)),
        "half-a-unit": refused("Half a bike.", "0.5 one can not be held",
                               with_("publishes", resourceQuantity={**many(1, "one"), "hasNumericalValue": "0.5"})),
        "no-unit": refused("One of what?", "a quantity without a unit",
                           with_("publishes", resourceQuantity={"hasNumericalValue": "1"})),
        "unknown-action": refused("Nobody can promise to `produce`.", "its action is produce",
                                  with_("publishes", action="produce")),
    }  # fmt: skip


def _answers() -> dict[str, Case]:
    town = Town().found()
    anna, ben = town.anna, town.device("Ben")
    said = anna.say(LISTING, _listing(ends=T0 + 10 * DAY))
    proposal, intent = bread(town, anna, said)
    back = {"id": f"{entry(said)}#reciprocal", "action": "transfer", "resourceQuantity": many(3, "egg"), "note": "eggs"}

    def offer(eggs: int) -> Case:
        taken = {"type": "Commitment", "satisfies": intent["id"], "resourceQuantity": many(2, "loaf")}
        given = {"type": "Commitment", "satisfies": back["id"], "resourceQuantity": many(eggs, "egg")}
        object_ = {"type": "Agreement", "stipulates": taken, "stipulatesReciprocal": given}
        made = {"type": "as:Offer", "id": "urn:x:offer", "actor": who(ben.member), "object": object_}
        return {"@context": CONTEXT, "@graph": [{**proposal, "reciprocal": back}, made]}

    due = NOW + 14 * DAY
    body = {
        "parties": sorted([anna.member, ben.member]),
        "commitments": [
            _promise(anna.member, ben.member, 2, what="Sourdough loaf", due=due, listing=said.id),
            _promise(ben.member, anna.member, 6, what="eggs", unit="egg", due=due),
        ],
        "answer_by": NOW + 3 * DAY,
    }
    return {
        "offer-of-an-agreement": read("Ben's answer to Anna's bread, as FEP-0837 has it: two loaves, six eggs.",
                                      {"urn:x:offer": body}, offer(6), check="proposals", town=town),
        "offer-below-the-price": read("Five eggs for two loaves of three eggs each.",
                                      "urn:x:offer: the amounts are not one whole multiple", offer(5),
                                      check="proposals", town=town),
    }  # fmt: skip
