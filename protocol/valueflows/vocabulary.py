"""The words of Valueflows that we use, what our own things are called in it, and how times and quantities are written.

The context stands in the document, so that nothing has to be fetched to read one. Spec: docs/spec/valueflows.md.
"""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from ruil.protocol.bodies import CREDIT, Debt
from ruil.protocol.errors import Refused
from ruil.protocol.ids import CommunityId, EntryId, MemberId, Millis, member_from_text, member_text
from ruil.protocol.limits import QUANTITY_MAX, TIMESTAMP_MS_MAX

VF: Final = "https://w3id.org/valueflows/ont/vf#"
OM2: Final = "http://www.ontology-of-units-of-measure.org/resource/om-2/"
AS: Final = "https://www.w3.org/ns/activitystreams#"
RUIL: Final = "urn:ruil:term:"
# Where words of the same meaning stood before, or stand too: the vocabulary moved, and has units of its own since.
SPACES: Final = {VF: "", OM2: "", AS: "", RUIL: "ruil:", "https://w3id.org/valueflows#": ""}

_CLASSES: Final = (
    "Person", "Organization", "ResourceSpecification", "SpatialThing", "Proposal", "Intent", "Agreement", "Commitment",
    "EconomicEvent", "Claim",
)  # fmt: skip
_TEXTS: Final = ("name", "note", "resourceClassifiedAs", "unitBased", "finished")
_THINGS: Final = (
    "publishes", "reciprocal", "provider", "receiver", "resourceConformsTo", "resourceQuantity", "effortQuantity",
    "availableQuantity", "eligibleLocation", "primaryLocation", "proposedTo", "inScopeOf", "stipulates",
    "stipulatesReciprocal", "clauseOf", "reciprocalClauseOf", "satisfies", "fulfills", "realizationOf",
    "reciprocalRealizationOf", "corrects", "triggeredBy",
)  # fmt: skip
_TIMES: Final = ("created", "due", "hasBeginning", "hasEnd", "hasPointInTime")
_CHOICES: Final = ("transfer", "use", "work", "deliverService", "offer", "request")
_LISTS: Final = ("slots", "terms", "steps", "options")
_REFERENCES: Final = (
    "invitedBy", "listing", "replaces", "renewals", "withdrawnBy", "answers", "receipt", "about", "agreement", "by",
    "proposal", "mediator", "backup", "clears", "settledBy", "clearing", "openedBy",
)  # fmt: skip

CONTEXT: Final[dict[str, Any]] = {
    "vf": VF,
    "om2": OM2,
    "as": AS,
    "ruil": RUIL,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id",
    "type": "@type",
    **{word: f"vf:{word}" for word in (*_CLASSES, *_TEXTS, *_CHOICES)},
    **{word: {"@id": f"vf:{word}", "@type": "@id"} for word in _THINGS},
    **{word: {"@id": f"vf:{word}", "@type": "xsd:dateTime"} for word in _TIMES},
    **{word: {"@id": f"vf:{word}", "@type": "@vocab"} for word in ("action", "purpose")},
    "hasUnit": "om2:hasUnit",
    "hasNumericalValue": "om2:hasNumericalValue",
    **{word: f"as:{word}" for word in ("Accept", "Reject", "Join", "content")},
    **{word: {"@id": f"as:{word}", "@type": "@id"} for word in ("attributedTo", "to", "actor", "object", "result")},
    "published": {"@id": "as:published", "@type": "xsd:dateTime"},
    **{f"ruil:{word}": {"@id": f"ruil:{word}", "@container": "@list"} for word in _LISTS},
    **{f"ruil:{word}": {"@id": f"ruil:{word}", "@type": "@id"} for word in _REFERENCES},
}

# Names ----------------------------------------

_ENTRY: Final = "urn:ruil:entry:"
_MEMBER: Final = "urn:ruil:member:"
_KIND: Final = "urn:ruil:kind:"
_UNIT: Final = "urn:ruil:unit:"


def community_iri(community: CommunityId) -> str:
    return f"urn:ruil:community:{community.hex()}"


def member_iri(member: MemberId) -> str:
    return _MEMBER + member_text(member)


def entry_iri(entry: EntryId) -> str:
    return _ENTRY + entry.hex()


def agreement_iri(entry: EntryId) -> str:
    return f"urn:ruil:agreement:{entry.hex()}"


def kind_iri(kind: str) -> str:
    return _KIND + _escaped(kind)


def member_of(iri: str) -> MemberId:
    """The member of that name. Raises `Refused` when it is somebody from elsewhere."""
    if not iri.startswith(_MEMBER):
        raise Refused(f"{iri[:120]!r} is no member here: a promise needs a member on each side")
    return member_from_text(iri.removeprefix(_MEMBER))


def entry_of(iri: str) -> EntryId | None:
    """The entry a name of ours, or a part of it, points at; None for any other name."""
    text = iri.partition("#")[0].removeprefix(_ENTRY)
    if not iri.startswith(_ENTRY) or re.fullmatch("[0-9a-f]{64}", text) is None:
        return None
    return EntryId(bytes.fromhex(text))


def debt_of(iri: str) -> Debt | None:
    """The promise of another agreement that a name of ours points at; None for any other name."""
    found = re.fullmatch(r"urn:ruil:agreement:([0-9a-f]{64})#commitment-(\d{1,6})", iri)
    return Debt(EntryId(bytes.fromhex(found[1])), int(found[2])) if found else None


def kind_of(iri: str) -> str | None:
    """The kind a name of ours stands for; None for any other name."""
    return _plain(iri.removeprefix(_KIND)) if iri.startswith(_KIND) else None


def _escaped(text: str) -> str:
    """Text as a part of a URN: all but plain letters, digits and `-._~` by their UTF-8 bytes."""
    kept = re.compile(r"[A-Za-z0-9._~-]").fullmatch
    return "".join(each if kept(each) else "".join(f"%{byte:02X}" for byte in each.encode()) for each in text)


def _plain(text: str) -> str:
    try:
        parts = re.split("%([0-9A-Fa-f]{2})", text)
        return b"".join(bytes.fromhex(each) if at % 2 else each.encode() for at, each in enumerate(parts)).decode()
    except UnicodeDecodeError:
        raise Refused(f"{text[:120]!r} is not UTF-8 behind its % signs") from None


# Times and quantities ----------------------------------------

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"-?\d{1,20}(\.\d{1,20})?")  # bounded: of "1e999999999" only the refusal is cheap
_ONE: Final = "one"  # the very object that is a want's default: msgspec leaves it out of the bytes by identity
_UNIT_NAME: Final = re.compile(r"[^\W\d_](?:[ \w-]*\w)?")


def time_text(at: int) -> str:
    """A time in ms since 1970 as XML and JSON-LD write it, in UTC."""
    return (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of(text: Any) -> Millis:
    """The time in ms since 1970; without a zone it is UTC. Raises `Refused` when it is none of the years to 9999."""
    try:
        read = datetime.fromisoformat(text)
        at = ((read if read.tzinfo else read.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)
    except (TypeError, ValueError, OverflowError):
        raise Refused(f"{str(text)[:60]!r} is not a time: write 2026-05-01T12:00:00Z") from None
    if not 0 <= at <= TIMESTAMP_MS_MAX:
        raise Refused(f"{str(text)[:60]!r} is a time before 1970 or after 9999")
    return Millis(at)


def measure(quantity: int, unit: str, community: CommunityId) -> dict[str, str]:
    """A quantity as Valueflows has it. Credit is that of one community; a unit that is no plain name gets an IRI."""
    if unit == CREDIT:
        name = f"{community_iri(community)}:credit"
    else:
        name = unit if _UNIT_NAME.fullmatch(unit) else _UNIT + _escaped(unit)
    return {"hasUnit": name, "hasNumericalValue": str(quantity)}


def unit_of(name: Any, community: CommunityId) -> str:
    """Our unit behind `hasUnit`. Raises `Refused` for none, and for credit that is not this community's."""
    if not isinstance(name, str) or not name:
        raise Refused("a quantity without a unit: say of what, such as one, hour or kilogram")
    if name == f"{community_iri(community)}:credit":
        return CREDIT
    if name == CREDIT or re.fullmatch("urn:ruil:community:.*:credit", name):
        raise Refused("an amount of credit that is not this community's own: it can not be owed or earned here")
    unit = _plain(name.removeprefix(_UNIT)) if name.startswith(_UNIT) else name
    return _ONE if unit == _ONE else unit


def number_of(value: Any) -> Fraction:
    """The number behind `hasNumericalValue`. Raises `Refused` when it is none, or beyond what anybody owns."""
    text = str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    if _NUMBER.fullmatch(text) is None:
        raise Refused(f"{str(value)[:60]!r} is not a quantity: write a number, such as 4")
    number = Fraction(text)
    if not 0 <= number <= QUANTITY_MAX:
        raise Refused(f"a quantity of {text}; it must be between 0 and {QUANTITY_MAX}")
    return number


def whole(number: Fraction, unit: str) -> int:
    """The number, if the unit can hold it. Raises `Refused` for a part of one: quantities here are whole."""
    if number.denominator != 1:
        raise Refused(f"{float(number):g} {unit} can not be held: quantities are whole, so use a smaller unit")
    return int(number)
