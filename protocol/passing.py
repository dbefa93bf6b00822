"""Passing on: what a node may say about a key, and what it says by itself so that a friend's word has a date.

A member's word about their own key, or against a key that would take its place, is dated by those who repeat it. Who
traded with them does so without being asked, so that neither a thief nor a forgotten computer can date one back.
Spec: docs/spec/successions.md.
"""

from collections.abc import Iterator

from ruil.protocol.bodies import Heir, Protest, Succeed
from ruil.protocol.book import Book
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.limits import REPEATS_ENOUGH
from ruil.protocol.record import Record

Word = Heir | Succeed | Protest


def check(book: Book, draft: Record, body: Word) -> None:
    """Raises `Refused` when it would count for nothing, or somebody else has to say it."""
    name, mine = book.members.name(body.member), body.member == draft.member
    if isinstance(body, Heir):
        if not mine:
            raise Refused("a plan for somebody else's key")
        if (body.by or body.member) != book.successions.key_of(draft.member, draft.at):
            raise Refused("another key has taken the place of this one, which can plan nothing any more")
        return
    if isinstance(body, Succeed) and body.old != book.successions.key_of(body.member, draft.at):
        raise Refused(f"that is not the key that signs for {name} now: it was followed by another")
    if isinstance(body, Succeed) and not mine:
        if draft.member in book.successions.said(body):
            raise Refused("you have passed this on already")
        if body.by is None and body.member not in book.successions.said(body):
            raise Refused(f"{name} has not said so: that is for {name} to say first")
        heir = book.successions.plan(body.member, draft.at)
        if body.by is not None and (heir is None or heir.key != body.by):
            raise Refused(f"no plan of {name} names the recovery key that signed this: these are other shares")
    elif isinstance(body, Succeed) and draft.member in book.successions.said(body):
        raise Refused("you have said so already")
    elif isinstance(body, Succeed) and body.by is not None:
        raise Refused("others have to pass this on, not you: it says that your key is lost")
    elif isinstance(body, Protest):
        _protest(book, draft, body, mine=mine)


def _protest(book: Book, draft: Record, body: Protest, *, mine: bool) -> None:
    asked = [each for each in book.successions.options if (each.member, each.old, each.key) == named(body) and each.by]
    if not asked:
        raise Refused("nobody asks for such a key: there is nothing to protest against")
    if all(each.since is not None and each.since < draft.at for each in asked):
        raise Refused("that key signs already: the time to protest is over")
    if draft.member in book.successions.said(body):
        raise Refused("you have protested already" if mine else "you have passed this protest on already")
    word = book.records.get(draft.ref) if draft.ref is not None else None
    if not mine and (word is None or word.body != body or word.member != body.member):
        raise Refused("a protest is for the member to say first")


def named(body: Succeed | Protest) -> tuple[MemberId, bytes, bytes]:
    """Whose key, which, and by which other."""
    return body.member, body.old, body.key


def to_pass_on(book: Book, me: MemberId) -> Iterator[tuple[Succeed | Protest, EntryId | None]]:
    """The words of those whom we traded with, invited or were invited by that too few have passed on yet."""
    for word in book.successions.words:
        body = word.body
        assert isinstance(body, Succeed | Protest)
        said = book.successions.said(body)
        others = said - {body.member}
        if me in said or len(others) >= REPEATS_ENOUGH or word.id not in book.records:
            continue
        if _knows(book, me, body):
            yield body, word.id if isinstance(body, Protest) else None


def _knows(book: Book, me: MemberId, body: Succeed | Protest) -> bool:
    if isinstance(body, Protest) and any(
        me in each.passed_on and (each.member, each.old, each.key) == named(body) for each in book.successions.options
    ):
        return True
    mine, theirs = book.members.get(me), book.members.get(body.member)
    if mine is None or theirs is None:
        return False
    if theirs.id == mine.inviter or mine.id == theirs.inviter:
        return True
    shared = set(book.agreements.of_member.get(me, ())) & set(book.agreements.of_member.get(body.member, ()))
    return any((known := book.agreements.get(each)) is not None and known.agreed_at is not None for each in shared)
