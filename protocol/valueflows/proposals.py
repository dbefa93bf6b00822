"""Proposals from a JSON-LD document: our own, and what FEP-0837 answers a listing with, an `Offer` of an Agreement.

Everybody in one must be a member here, for a promise needs somebody who can sign it. Spec: docs/spec/valueflows.md.
"""

from fractions import Fraction
from functools import partial
from typing import Any, Final

from ruil.protocol.bodies import Commitment, Propose, Slot, Step, Term
from ruil.protocol.errors import Refused
from ruil.protocol.ids import CommunityId, MemberId, Millis
from ruil.protocol.limits import ANSWER_MS_MAX, DAY, MEDIATION_DAYS_DEFAULT
from ruil.protocol.valueflows.linked import Linked, Node, integer, many, name, names, one, text
from ruil.protocol.valueflows.listings import Found, about, action_of, measured
from ruil.protocol.valueflows.vocabulary import debt_of, entry_of, member_of, time_of, whole

ANSWER_MS: Final = 3 * DAY  # FEP-0837 has no time to answer; three days, as at the command line
DUE_MS: Final = 14 * DAY  # nor one when a promise is due
assert ANSWER_MS <= ANSWER_MS_MAX


def proposals(document: Any, now: Millis, community: CommunityId) -> list[Found[Propose]]:
    """The proposals in a document, in its order: what a member could sign as it stands. Raises `Refused` when it holds
    none, or one that can not be read."""
    linked = Linked(document)
    found = [about(name(node), partial(_propose, linked, node, community)) for node in linked.of_type("ruil:Propose")]
    for node in linked.of_type("Offer"):
        for agreement in linked.things(node, "object"):
            if "Agreement" in many(agreement, "type"):
                found.append(about(name(node), partial(_offer, linked, node, agreement, now, community)))
    if not found:
        raise Refused("the document holds no proposal that somebody could sign")
    return found


# Our own ----------------------------------------


def _propose(linked: Linked, node: Node, community: CommunityId) -> Found[Propose]:
    named = [*names(node, "attributedTo"), *names(node, "proposedTo")]
    parties = tuple(sorted({member_of(each) for each in named}))
    intents = [*linked.things(node, "publishes"), *linked.things(node, "reciprocal")]
    promised = sorted(
        (intent for intent in intents if "ruil:index" in intent), key=lambda each: integer(each, "ruil:index", 0)
    )
    body = Propose(
        parties,
        tuple(_commitment(linked, intent, community) for intent in promised),
        _time(node, "hasEnd", "by when to answer"),
        entry_of(text(node, "ruil:replaces")),
        text(node, "note"),
        tuple(_slot(linked, slot, community) for slot in linked.things(node, "ruil:slots")),
        _member(node, "ruil:mediator"),
        _member(node, "ruil:backup"),
        integer(node, "ruil:mediationDays", MEDIATION_DAYS_DEFAULT),
        one(node, "ruil:binding") is True,
    )
    return Found(body, text(node, "id"), text(node, "attributedTo"))


def _member(node: Node, key: str) -> MemberId | None:
    return member_of(text(node, key)) if key in node else None


def _number(node: Node, key: str) -> int | None:
    return integer(node, key, 0) if key in node else None


def _time(node: Node, key: str, what: str) -> Millis:
    if key not in node:
        raise Refused(f"it does not say {what}")
    return time_of(one(node, key))


def _amount(linked: Linked, node: Node, community: CommunityId) -> tuple[int, str]:
    quantity, unit = measured(linked, node, community)
    if quantity is None:
        raise Refused("a promise without a quantity")
    return whole(quantity, unit), unit


def _commitment(linked: Linked, intent: Node, community: CommunityId) -> Commitment:
    quantity, unit = _amount(linked, intent, community)
    return Commitment(
        member_of(text(intent, "provider")),
        member_of(text(intent, "receiver")),
        action_of(intent),
        text(intent, "note"),
        quantity,
        unit,
        _time(intent, "due", "when it is due"),
        time_of(one(intent, "hasBeginning")) if "hasBeginning" in intent else None,
        entry_of(text(intent, "ruil:listing")),
        _number(intent, "ruil:least"),
        _number(intent, "ruil:per"),
        _number(intent, "ruil:covers"),
        debt_of(text(intent, "ruil:clears")),
    )


def _slot(linked: Linked, slot: Node, community: CommunityId) -> Slot:
    words = ("least", "most", "quantityLeast", "quantityMost", "totalLeast", "totalMost")
    terms = tuple(_term(linked, term, community) for term in linked.things(slot, "ruil:terms"))
    return Slot(text(slot, "ruil:role"), terms, *(integer(slot, f"ruil:{word}", -1) for word in words))


def _term(linked: Linked, term: Node, community: CommunityId) -> Term:
    quantity, unit = _amount(linked, term, community)
    gives = "receiver" in term
    rule = text(term, "ruil:price")
    if rule not in ("each", "steps", "split", "voted"):
        raise Refused("an open place without a price rule: each, steps, split or voted")
    steps = [
        Step(integer(step, "ruil:total", 0), integer(step, "ruil:each", 0))
        for step in linked.things(term, "ruil:steps")
    ]
    return Term(
        gives,
        member_of(text(term, "receiver" if gives else "provider")),
        action_of(term),
        text(term, "note"),
        unit,
        _time(term, "due", "when it is due"),
        quantity if rule == "each" else 0,
        tuple(steps),
        quantity if rule in ("split", "voted") else 0,
        rule == "voted",
        time_of(one(term, "hasBeginning")) if "hasBeginning" in term else None,
        entry_of(text(term, "ruil:listing")),
        _number(term, "ruil:least"),
        _number(term, "ruil:per"),
    )


# FEP-0837: Offer(Agreement) ----------------------------------------


def _offer(linked: Linked, offer: Node, agreement: Node, now: Millis, community: CommunityId) -> Found[Propose]:
    """An answer to a listing that stands in the same document. Its promises satisfy the listing's intents."""
    proposer = member_of(text(offer, "actor"))
    sides = []
    for word, key in (("stipulates", "publishes"), ("stipulatesReciprocal", "reciprocal")):
        for promise in linked.things(agreement, word):
            sides.append((key, promise, *_satisfied(linked, promise, key)))
    if not any(key == "publishes" for key, *_ in sides):
        raise Refused("an agreement that stipulates nothing")
    listing = sides[0][2]
    owner = member_of(text(listing, "attributedTo"))
    if any(about_ is not listing for _, _, about_, _ in sides):
        raise Refused("an agreement about several proposals at once")
    if linked.things(listing, "reciprocal") and not any(key == "reciprocal" for key, *_ in sides):
        raise Refused("it takes the one side of the proposal and promises nothing of the other")
    _check_amounts(linked, listing, [(promise, intent) for _, promise, _, intent in sides], community)
    due, answer_by = Millis(now + DUE_MS), Millis(now + ANSWER_MS)
    commitments = []
    for key, promise, _, intent in sides:
        owner_gives = (text(listing, "purpose") == "offer") == (key == "publishes")
        ends = (owner, proposer) if owner_gives else (proposer, owner)
        quantity, unit = _amount(linked, promise, community)
        what = text(intent, "note") or (text(listing, "name") if key == "publishes" else "") or unit
        about_ = entry_of(text(intent, "id")) if key == "publishes" else None
        by = time_of(one(promise, "due")) if "due" in promise else due
        commitments.append(Commitment(*ends, action_of(intent), what, quantity, unit, by, None, about_))
    parties = tuple(sorted({proposer, owner}))
    body = Propose(parties, tuple(commitments), answer_by, None, text(agreement, "note"))
    return Found(body, text(offer, "id"), text(offer, "actor"))


def _satisfied(linked: Linked, promise: Node, key: str) -> tuple[Node, Node]:
    """The proposal and the intent that a promise satisfies."""
    for intent in linked.things(promise, "satisfies"):
        for node in linked.nodes:
            if any(each is intent for each in linked.things(node, key)):
                return node, intent
    raise Refused("a promise that satisfies no intent of a proposal in this document")


def _check_amounts(linked: Linked, listing: Node, pairs: list[tuple[Node, Node]], community: CommunityId) -> None:
    """FEP-0837: the units are those of the proposal; the amounts too, or one multiple of them when it is unit based."""
    times: set[Fraction] = set()
    for promise, intent in pairs:
        (promised, unit), (asked, its_unit) = measured(linked, promise, community), measured(linked, intent, community)
        if unit != its_unit:
            raise Refused(f"it promises {unit}, and the proposal speaks of {its_unit}")
        if promised is not None and asked:
            times.add(promised / asked)
    if one(listing, "unitBased") is False and times != {Fraction(1)}:
        raise Refused("the amounts are not those of the proposal, which is to be taken whole")
    if one(listing, "unitBased") is True and (len(times) != 1 or next(iter(times)).denominator != 1):
        raise Refused("the amounts are not one whole multiple of those of the proposal")
