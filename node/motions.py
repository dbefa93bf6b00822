"""Motions: what the members are asked to decide and how far it has come, as plain values for whoever shows it."""

from ruil.node.words import Plain, amount
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import Motion, Office
from ruil.protocol.book import Book
from ruil.protocol.charters import Charter, open_charter
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import MemberId, Millis, member_text

OFFICES: tuple[Office, ...] = ("host", "mediator")
_SAID = {
    "name": "its name",
    "credit_limit": "how far anybody's balance may go below zero",
    "invites": "who may invite",
    "limit": "whether a limit grows with what was earned",
    "earned_percent": "how much of what was earned counts",
    "earned_most": "the most that can be earned",
    "decide_percent": "how many have to say yes",
    "mediation": "what a mediator's word is in agreements made from then on",
    "lists": "whose block lists count for everybody",
}


def moves(book: Book, motion: Motion) -> str:
    """What a motion would change, in one sentence."""
    if motion.charter is not None:
        return "The charter is to say something else"
    assert motion.member is not None
    name = book.members.name(motion.member)
    if motion.office is not None:
        return f"{name} is to be {motion.office}" if motion.holds else f"{name} is to be {motion.office} no more"
    return f"{name} is to be let in again" if motion.holds else f"{name} is to be removed from this community"


def changes(book: Book, data: bytes, at: Millis) -> list[str]:
    """What another charter says that the one that held then does not."""
    held = book.members.charter_at(at)
    try:
        other = open_charter(data)
    except Rejected:
        return []
    if held is None:
        return []
    return [
        f"{words}: {_value(book, held, name)} becomes {_value(book, other, name)}"
        for name, words in _SAID.items()
        if getattr(held, name) != getattr(other, name)
    ]


def _value(book: Book, charter: Charter, name: str) -> str:
    value = getattr(charter, name)
    if name == "lists":
        return ", ".join(sorted(book.members.name(each) for each in value)) or "nobody's"
    if name in ("credit_limit", "earned_most"):
        return amount(book, value)
    return f"{value} %" if name.endswith("percent") else str(value)


def motion(book: Book, known: Agreement, me: MemberId) -> Plain | None:
    """A motion: what it is about, who said yes, and how many are needed. None for any other agreement."""
    asked, first = known.proposal.motion, book.records.get(known.id)
    if asked is None or first is None:
        return None
    yes = {each.member for each in known.votes.values()}
    return {
        "about": moves(book, asked),
        "member": member_text(asked.member) if asked.member is not None else None,
        "office": asked.office,
        "holds": asked.holds,
        "changes": changes(book, asked.charter, known.at) if asked.charter is not None else [],
        "yes": sorted(book.members.name(each) for each in yes),
        "mine": me in yes,
        "needed": book.members.needed(first),
        "carried": known.state is State.COMPLETED,
    }


def can(book: Book, known: Agreement, me: MemberId, now: Millis) -> list[str]:
    """What the viewer can do about a motion now."""
    asked = known.proposal.motion
    if known.state_at(now) is not State.PROPOSED or asked is None:
        return []
    belongs = book.members.belonged(me, known.at) and not (asked.office is None and asked.member == me)
    voted = any(each.member == me for each in known.votes.values())
    votes = ["yes"] if belongs and not voted and now <= known.answer_by else []
    return [*votes, *(["cancel"] if me == known.proposer else [])]
