"""Listings from a JSON-LD document: our own, FEP-0837's, or any other in the words of Valueflows.

Nothing is guessed: what a listing here can not hold is refused with a sentence. Spec: docs/spec/valueflows.md.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from html.parser import HTMLParser
from typing import Any, Final, Generic, TypeVar, cast, get_args

import msgspec

from ruil.protocol.bodies import CREDIT, NOTHING, Action, Body, Lent, Listing, Option, Role, Want
from ruil.protocol.errors import Refused
from ruil.protocol.ids import CommunityId, Millis
from ruil.protocol.limits import (
    KIND_CHARS_MAX,
    LISTING_MS_DEFAULT,
    TAGS_MAX,
    TEXT_CHARS_MAX,
    TITLE_CHARS_MAX,
    UNIT_CHARS_MAX,
)
from ruil.protocol.valueflows.linked import Linked, Node, integer, many, name, names, one, text
from ruil.protocol.valueflows.vocabulary import kind_of, member_iri, number_of, time_of, unit_of, whole

B = TypeVar("B", bound=Body)
T = TypeVar("T")

_ROLES: Final[dict[str, Role]] = {"offer": "offer", "request": "need"}
_ACTIONS: Final = get_args(Action)
_OTHER: Final = "other"  # the kind of what says none that fits


@dataclass(frozen=True, slots=True)
class Found(Generic[B]):
    """What a document says, as a member here could say it. `id` and `author` are the document's words for what it is
    and whose; `notes` what a body has no field for; `place` latitude and longitude, to be made coarse."""

    body: B
    id: str
    author: str
    notes: tuple[str, ...] = ()
    place: tuple[float, float] | None = None


def listings(document: Any, now: Millis, community: CommunityId) -> list[Found[Listing]]:
    """The listings that stand in a document, in its order. One that says no end stays for the usual time from `now`.
    Raises `Refused` when it holds none, or one that can not be read; credit must be `community`'s own."""
    linked = Linked(document)
    published: dict[str, list[Node]] = {}
    found = []
    for number, node in enumerate(linked.nodes):
        kinds = many(node, "type")
        if "ruil:Propose" in kinds or not ("Proposal" in kinds or "publishes" in node):
            continue
        found.append(node)
        intents = linked.things(node, "publishes")
        # One intent published several times, with something else in return each time: these are alternatives.
        key = text(intents[0], "id") if len(intents) == 1 else ""
        published.setdefault(key or f"number {number}", []).append(node)
    if not found:
        raise Refused("the document holds no proposal")
    read = [about(name(group[0]), partial(_listing, linked, group, now, community)) for group in published.values()]
    return [each for each in read if each is not None]


def sourced(found: Found[Listing], author: str) -> Listing:
    """A listing as somebody else than its author may post it: its text says whose it is, by `author`'s name, and where
    it stood. Raises `Refused` when that leaves too little room."""
    lines = [f"Listed elsewhere by {author}: {found.id or 'no address given'}", *found.notes]
    note = "\n".join(" ".join(line.split()) for line in lines)
    words = f"{found.body.text}\n\n{note}" if found.body.text else note
    if len(words) > TEXT_CHARS_MAX:
        raise Refused(f"the text has no room to say whose listing it is: at most {TEXT_CHARS_MAX} characters")
    return msgspec.structs.replace(found.body, text=words)


def about(what: str, read: Callable[[], T]) -> T:
    """What `read` gives; its refusal says about what it is."""
    try:
        return read()
    except Refused as why:
        raise Refused(f"{what[:200]}: {why}") from None


def _listing(linked: Linked, group: list[Node], now: Millis, community: CommunityId) -> Found[Listing] | None:
    group = sorted(group, key=lambda node: integer(node, "ruil:liked", 0))
    first = group[0]
    intents = linked.things(first, "publishes")
    if len(intents) != 1:
        raise Refused(f"it publishes {len(intents)} things; a listing is about one")
    (intent,) = intents
    if one(intent, "finished") is True:
        return None
    role = _ROLES.get(text(first, "purpose"))
    if role is None:
        raise Refused(f"its purpose is {text(first, 'purpose') or 'not given'}; a listing is an offer or a request")
    action = action_of(intent)
    quantity, unit, lot = _stock(linked, first, intent, community)
    kind, notes = _kind(linked, intent)
    tags, more = _tags(intent)
    wants = tuple(want for node in group for want in _wants(linked, node, lot, community))
    begins = time_of(one(first, "hasBeginning")) if "hasBeginning" in first else None
    ends = time_of(one(first, "hasEnd")) if "hasEnd" in first else Millis(now + LISTING_MS_DEFAULT)
    cell, place = _place(linked, first)
    body = Listing(
        role,
        kind,
        _title(first, kind),
        quantity,
        unit,
        ends,
        action,
        _words(first),
        tags,
        begins,
        cell,
        wants,
        _lent(first),
        time_of(one(first, "ruil:bidsUntil")) if "ruil:bidsUntil" in first else None,
        tuple(
            Option(text(each, "name"), integer(each, "ruil:adds", 0)) for each in linked.things(first, "ruil:options")
        ),
    )
    return Found(body, text(first, "id"), text(first, "attributedTo"), (*notes, *more), place)


def _lent(node: Node) -> Lent | None:
    said = text(node, "ruil:lent")
    found = next((each for each in get_args(Lent) if each == said), None)
    if said and found is None:
        raise Refused(f"it is lent {said[:60]}; here it is one of {', '.join(get_args(Lent))}")
    return found


def action_of(node: Node) -> Action:
    """What a flow does. Raises `Refused` for an action that nobody can promise here."""
    said = text(node, "action")
    found = next((each for each in _ACTIONS if each == said), None)
    if found is None:
        raise Refused(f"its action is {said[:60] or 'not given'}; here it is one of {', '.join(_ACTIONS)}")
    return cast(Action, found)  # the very object: msgspec leaves a default out of the bytes by identity


def measured(linked: Linked, node: Node, community: CommunityId, *, key: str = "") -> tuple[Fraction | None, str]:
    """The quantity of a flow, None when it says none, and its unit. Raises `Refused`."""
    keys = (key,) if key else ("resourceQuantity", "effortQuantity")
    given = [measure for each in keys for measure in linked.things(node, each)]
    if not given:
        raise Refused("a quantity without a unit: say of what, such as one, hour or kilogram")
    unit = unit_of(one(given[0], "hasUnit"), community)
    value = one(given[0], "hasNumericalValue")
    return (None if value is None else number_of(value)), unit


# How much ----------------------------------------


def _stock(linked: Linked, proposal: Node, intent: Node, community: CommunityId) -> tuple[int, str, Fraction]:
    """How many, of what unit, and how much one price is for. What is not based on units is sold in lots: a unit."""
    each, unit = measured(linked, intent, community)
    there = None
    if "availableQuantity" in intent:
        there, its_unit = measured(linked, intent, community, key="availableQuantity")
        if its_unit != unit:
            raise Refused(f"it is offered by the {unit}, but counted in {its_unit}")
    if each is None:
        each, proposal = (there or Fraction(0)), {"unitBased": True}
    if each == 0:
        raise Refused("it does not say how much: give a quantity of at least 1")
    total = integer(intent, "ruil:quantity", 0) or (each if there is None else there)
    if one(proposal, "unitBased") is True or each == 1:
        return whole(Fraction(total), unit), unit, each
    size = f"{whole(each, unit)} {unit}"
    if len(size) > UNIT_CHARS_MAX:
        raise Refused(f"it comes in lots of {size}, which is no unit of at most {UNIT_CHARS_MAX} characters")
    return whole(Fraction(total) / each, f"lots of {size}"), size, Fraction(1)


def _wants(linked: Linked, proposal: Node, lot: Fraction, community: CommunityId) -> Iterable[Want]:
    """What one Proposal would take in return. FEP-0837: without anything in return it is a gift."""
    wanted = linked.things(proposal, "reciprocal")
    if len(wanted) > 1:
        raise Refused(f"it asks for {len(wanted)} things together; a listing takes one of several instead")
    if wanted:
        action_of(wanted[0])
        each, unit = measured(linked, wanted[0], community)
        kind, notes = _kind(linked, wanted[0])
        if each is None:
            raise Refused("it does not say how much it asks for in return")
        line = text(wanted[0], "note") or "; ".join(notes)[:TITLE_CHARS_MAX]
        return (Want(kind, whole(each / lot, unit), unit, line),)
    if text(proposal, "ruil:inReturn") == "a proposal":
        return ()
    more = linked.things(proposal, "ruil:want")
    if not more:
        return (Want(NOTHING),)
    each, unit = measured(linked, more[0], community)
    return (Want(NOTHING, whole(each or Fraction(1), unit), unit, text(more[0], "note")),)


# What it is ----------------------------------------


def _kind(linked: Linked, flow: Node) -> tuple[str, tuple[str, ...]]:
    """The kind of a flow, and what else it is said to be. A name elsewhere never stands for credit or nothing here."""
    specs = linked.things(flow, "resourceConformsTo")
    if not specs:
        return _OTHER, ()
    iri = text(specs[0], "id")
    own = kind_of(iri)
    if own is not None:
        return own, ()
    last = iri.rstrip("/#").replace("#", "/").rpartition("/")[2]
    for given in (text(specs[0], "name"), last):
        kind = given.strip().lower()
        if kind and len(kind) <= KIND_CHARS_MAX and kind.isprintable() and kind not in (CREDIT, NOTHING):
            return kind, (f"What it is: {iri}",)
    return _OTHER, (f"What it is: {iri}",)


def _tags(intent: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    said = names(intent, "resourceClassifiedAs")
    fits = [each for each in said if 0 < len(each) <= KIND_CHARS_MAX][:TAGS_MAX]
    return tuple(fits), tuple(f"Classified as: {each}" for each in said if each and each not in fits)


def _title(proposal: Node, kind: str) -> str:
    given = text(proposal, "name") or kind
    if len(given.strip()) > TITLE_CHARS_MAX:
        raise Refused(f"its name has {len(given.strip())} characters; a title has at most {TITLE_CHARS_MAX}")
    return given


class _Words(HTMLParser):
    """The words of a piece of HTML, each paragraph on a line of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag in ("br", "p", "li", "div"):
            self.parts.append("\n")


def _words(proposal: Node) -> str:
    """`note` is plain text; `content`, which ActivityStreams has instead, is HTML."""
    if "note" in proposal:
        return text(proposal, "note")
    html = text(proposal, "content")
    if len(html) > 4 * TEXT_CHARS_MAX:
        raise Refused(f"its text has {len(html)} characters; at most {TEXT_CHARS_MAX} are allowed")
    words = _Words()
    words.feed(html)
    words.close()
    return "".join(words.parts).strip()


def _place(linked: Linked, proposal: Node) -> tuple[int | None, tuple[float, float] | None]:
    """Where it is: a cell of ours, or a latitude and longitude that is only passed on to be made coarse."""
    for node in (*linked.things(proposal, "eligibleLocation"), *linked.things(proposal, "location")):
        cell = text(node, "ruil:cell")
        if cell:
            try:
                return int(cell, 16), None
            except ValueError:
                raise Refused(f"{cell[:40]!r} is not an H3 cell") from None
        for north, east in (("latitude", "longitude"), ("lat", "long")):
            if north in node and east in node:
                return None, (_degrees(one(node, north), 90), _degrees(one(node, east), 180))
    return None, None


def _degrees(value: Any, most: int) -> float:
    try:
        degrees = float(value)
    except (TypeError, ValueError):
        raise Refused(f"{str(value)[:40]!r} is not a latitude or longitude") from None
    if not -most <= degrees <= most:
        raise Refused("a latitude is between -90 and 90, a longitude between -180 and 180")
    return degrees


def written_by(found: Found[Any], member: Any) -> bool:
    """Whether the document says that this member wrote it."""
    return found.author == member_iri(member)
