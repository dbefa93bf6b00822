"""Credit at the desk: how one stands, every movement, what is set off in a circle, and who trusts whom how far."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ruil.node import clock, views
from ruil.node.desk.agreements import known_now
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol.agreement import when
from ruil.protocol.bodies import Consent
from ruil.protocol.circles import circle, open_debts
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.exposure import exposure, formula
from ruil.protocol.ids import MemberId, Millis, short
from ruil.protocol.limits import CLOSE_MS, CONSENT_DAYS_MAX, DAY
from ruil.protocol.lines import Line, draws
from ruil.protocol.shapes.clearing import Owed, clearing
from ruil.protocol.shapes.trust_line import open_line, trust_line
from ruil.protocol.statement import statement


class About(msgspec.Struct, forbid_unknown_fields=True):
    """About a member; about oneself when none is named."""

    person: str = ""


class Consenting(msgspec.Struct, forbid_unknown_fields=True):
    """For so many days, at most so much of one debt, in the community's unit; 0 takes it back."""

    most: str
    until_days: int = 30


class Clearing(msgspec.Struct, forbid_unknown_fields=True):
    """`ask`: also ask those who have not consented. `look`: only say what would be set off."""

    ask: bool = False
    look: bool = False
    answer_days: int = 3


class Trusting(msgspec.Struct, forbid_unknown_fields=True):
    """Let `person` draw `amount` for `days`; what was drawn is given back within `back_days` after that."""

    person: str
    amount: str
    days: int = 90
    back_days: int = 90
    answer_days: int = 7


class Paying(msgspec.Struct, forbid_unknown_fields=True):
    """A payment of `amount` to `person` over trust lines."""

    person: str
    amount: str


def _who(desk: Desk, person: str) -> MemberId:
    return desk.member(person) if person else desk.me


async def show_exposure(desk: Desk, asked: About) -> Plain:
    """What somebody owes, has promised and could come to owe, and what is left of their limit."""
    member = _who(desk, asked.person)
    book, charter = desk.book, desk.book.members.charter
    stands = exposure(book.members, book.agreements, book.credit, member, clock.now())
    numbers = {
        "balance": stands.balance,
        "owed": stands.owed,
        "asked": stands.asked,
        "could": stands.could,
        "coming": stands.coming,
        "limit": stands.limit,
        "left": stands.left,
    }
    texts = {f"{name}_text": views.amount(book, value) for name, value in numbers.items()}
    rule = formula(charter) if charter else ""
    said = book.credit.consent(member)
    held = said.body if said is not None and isinstance(said.body, Consent) else None
    stands_by = held is not None and held.until >= clock.now() and held.most > 0
    consented = {"most_text": views.amount(book, held.most), "until": held.until} if held and stands_by else None
    shown = {"name": _name(desk, member), **numbers, **texts, "limit_rule": rule, "consent": consented}
    return {"exposure": {**shown, "has_credit": charter is None or charter.has_credit}}


async def show_statement(desk: Desk, asked: About) -> Plain:
    member = _who(desk, asked.person)
    rows = statement(desk.book.agreements, desk.book.records, member)
    return {
        "statement": [
            {
                "at": row.at,
                "date": datetime.fromtimestamp(row.at / 1000, UTC).strftime("%Y-%m-%d"),
                "other": _name(desk, row.other),
                "amount": row.amount,
                "amount_text": views.amount(desk.book, row.amount),
                "words": row.words,
                "agreement": short(row.agreement),
                "id": row.agreement.hex(),
                "receipt": row.receipt.hex(),
                "balance": row.balance,
                "balance_text": views.amount(desk.book, row.balance),
            }
            for row in rows
        ],
        "name": _name(desk, member),
        "balance_text": views.amount(desk.book, desk.book.credit.balance(member)),
    }


def _name(desk: Desk, member: MemberId) -> str:
    return "you" if member == desk.me else desk.book.members.name(member)


async def consent(desk: Desk, asked: Consenting) -> Plain:
    if not 1 <= asked.until_days <= CONSENT_DAYS_MAX:
        raise Refused(f"until_days: a consent holds for 1 to {CONSENT_DAYS_MAX} days")
    most = desk.parts(asked.most)
    if most < 0:
        raise Refused("most: an amount of 0 or more; 0 takes your consent back")
    until = Millis(clock.now() + asked.until_days * DAY)
    await desk.say(Drafted(Consent(until, most)))
    return {"consent": {"most": views.amount(desk.book, most), "until": until, "until_text": when(until)}}


async def clear(desk: Desk, asked: Clearing) -> Plain:
    """Find a circle of debts through this member and propose to set it off."""
    now = clock.now()
    answer_by = Millis(now + asked.answer_days * DAY)
    debts = open_debts(desk.book.agreements, now, answer_by + CLOSE_MS)
    found = circle(debts, desk.me, _consents(desk, now))
    if not found and asked.ask:
        found = circle(debts, desk.me)
    if not found:
        others = " that all others have consented to: ask them too" if not asked.ask else ""
        raise Refused(f"there is no circle of debts through you{others}")
    if asked.look:
        return {"circle": [_debt(desk, owed) for owed in found], "sets_off": _least(desk, found)}
    return known_now(desk, await desk.say(Drafted(clearing(found, answer_by))))


def _debt(desk: Desk, owed: Owed) -> Plain:
    """One debt of a circle."""
    return {
        "debtor": _name(desk, owed.debtor),
        "creditor": _name(desk, owed.creditor),
        "amount_text": views.amount(desk.book, owed.amount),
        "agreement": short(owed.debt.agreement),
        "id": owed.debt.agreement.hex(),
    }


def _least(desk: Desk, found: Sequence[Owed]) -> str:
    return views.amount(desk.book, min(owed.amount for owed in found))


async def lines(desk: Desk, _asked: Nothing) -> Plain:
    """The trust lines this member gave and was given that are open: how much can still be drawn, and until when."""
    now, book = clock.now(), desk.book
    rows = []
    for id_ in book.agreements.of_member.get(desk.me, ()):
        known = book.agreements.get(id_)
        left = open_line(known, now) if known is not None else 0
        if known is None or left <= 0:
            continue
        line = known.commitments[0]
        gives = line.provider == desk.me
        rows.append(
            {
                "id": known.id.hex(),
                "short": short(known.id),
                "gives": gives,
                "with": book.members.name(line.receiver if gives else line.provider),
                "left": left,
                "left_text": views.amount(book, left),
                "whole_text": views.amount(book, line.quantity),
                "until": line.due,
                "until_text": when(line.due),
                "back_by_text": when(known.commitments[1].due),
            }
        )
    return {"lines": sorted(rows, key=lambda row: (not row["gives"], row["until"], row["id"]))}


def _consents(desk: Desk, now: Millis) -> dict[MemberId, int]:
    said = {member: desk.book.credit.consent(member) for member in desk.book.members.all()}
    return {
        member: record.body.most
        for member, record in said.items()
        if record is not None and isinstance(record.body, Consent) and record.body.until >= now
    }


async def trust(desk: Desk, asked: Trusting) -> Plain:
    now = clock.now()
    person, amount = desk.member(asked.person), desk.parts(asked.amount)
    if person == desk.me:
        raise Refused("person: a trust line is for somebody else")
    if amount < 1:
        raise Refused("amount: say how far you trust them, a number above 0")
    if not asked.days >= 1 or not asked.back_days >= 1:
        raise Refused("days: a trust line is open for a day at least, and so is the time to give back")
    until = Millis(now + asked.days * DAY)
    answer_by = Millis(min(until, now + asked.answer_days * DAY))
    made = trust_line(desk.me, person, amount, until, Millis(until + asked.back_days * DAY), answer_by)
    return known_now(desk, await desk.say(Drafted(made)))


async def path(desk: Desk, asked: Paying) -> Plain:
    """By which trust lines a payment could go, from who is paid back to this member. Says nothing in anybody's name."""
    now, person, amount = clock.now(), desk.member(asked.person), desk.parts(asked.amount)
    lines = [
        Line(known.commitments[0].provider, known.commitments[0].receiver, left, known.id)
        for known in desk.book.agreements.all()
        if (left := open_line(known, now)) > 0
    ]
    found = draws(lines, person, desk.me, amount)
    comes = sum(much for line, much in found if line.borrower == desk.me)
    comes -= sum(much for line, much in found if line.lender == desk.me)
    if not found or comes < amount:
        raise Refused(
            f"trust lines from {desk.book.members.name(person)} to you carry {views.amount(desk.book, comes)}"
            f" of {views.amount(desk.book, amount)}"
        )
    return {
        "path": [
            {
                "agreement": short(line.agreement),
                "lender": _name(desk, line.lender),
                "borrower": _name(desk, line.borrower),
                "amount": much,
                "amount_text": views.amount(desk.book, much),
            }
            for line, much in found
        ]
    }


VERBS: Verbs = {
    "exposure": (About, show_exposure),
    "statement": (About, show_statement),
    "consent": (Consenting, consent),
    "clear": (Clearing, clear),
    "lines": (Nothing, lines),
    "trust": (Trusting, trust),
    "path": (Paying, path),
}
