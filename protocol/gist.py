"""Gist: what stays of an entry when nobody needs its words any more, and which entries go first when room is short.

What is said stands in a log for ever, but the words of a listing that is over, or the box of an old rating, are read by
nobody. A node that is short of room keeps the header, which the log's proofs need, and the gist: the body without those
words. No fact hangs on what is dropped, so the Book is the same before and after. Spec: docs/spec/gist.md.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from ruil.protocol import cells
from ruil.protocol.bodies import Bid, Body, Listing, Profile, Propose, Rate
from ruil.protocol.book import Book
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.limits import FORGET_AFTER_MS, NEAR_LEVELS, RATING_BLIND_MS
from ruil.protocol.record import Record

_WORDS: Final[Mapping[type[Body], Mapping[str, object]]] = {
    Listing: {"text": "", "tags": ()},
    Profile: {"about": "", "tags": (), "can": (), "seeks": (), "speaks": ()},
    Propose: {"text": ""},
    Rate: {"box": b""},
    Bid: {"box": b""},
}


def gist(body: Body) -> Body | None:
    """The body without the words no fact hangs on; None when it has none."""
    words = _WORDS.get(type(body))
    if isinstance(body, Propose) and body.opens is not None:
        return None  # it fits the seal of its bid to the last word (bids.py)
    if words is None or all(getattr(body, name) == empty for name, empty in words.items()):
        return None
    return replace(body, **words)


def over(book: Book, record: Record, now: Millis) -> bool:
    """Whether what a record says was over a month ago, and nothing that goes on is about it."""
    body, then = record.body, now - FORGET_AFTER_MS
    if isinstance(body, Listing):
        listed = book.listings.get(record.id)
        going_on = (not each.state_at(now).ended for each in book.agreements.naming(record.id))
        return listed is not None and listed.ends < then and not any(going_on)
    if isinstance(body, Profile):
        who = book.members.get(record.member)
        return who is not None and who.said is not None and who.said.id != record.id
    if isinstance(body, Propose):
        known = book.agreements.get(record.id)
        return known is not None and known.ended_before(then)
    return isinstance(body, Rate | Bid) and record.at + RATING_BLIND_MS < then


class Circle:
    """Who is how close to a member: what is kept longest comes last."""

    def __init__(self, book: Book, me: MemberId) -> None:
        self._book = book
        self._me = me
        mine = (book.agreements.get(each) for each in book.agreements.of_member.get(me, ()))
        self._partners = {party for each in mine if each is not None for party in each.parties}
        self._cell = self._of(me)

    def _of(self, member: MemberId) -> int:
        known = self._book.members.get(member)
        profile = known.profile if known is not None else None
        return (profile.cell or 0) if profile is not None else 0

    def rank(self, record: Record) -> int | None:
        """0 for a stranger, 1 for who is near, 2 for a partner; None for ourselves, whose words are never dropped."""
        parties = record.body.parties if isinstance(record.body, Propose) else ()
        if record.member == self._me or self._me in parties:
            return None
        if record.member in self._partners:
            return 2
        cell = (record.body.cell if isinstance(record.body, Listing) else None) or self._of(record.member)
        return 1 if cells.shared(self._cell, cell) >= NEAR_LEVELS else 0
