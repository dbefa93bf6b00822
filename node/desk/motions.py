"""Motions at the desk: what the members are asked to decide, moving something, and saying yes."""

import msgspec

from ruil.node import clock, motions, views
from ruil.node.desk.agreements import known_now
from ruil.node.desk.desk import Desk, Named, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import Motion, Propose, Vote
from ruil.protocol.charters import charter_bytes
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY

ANSWER_DAYS_DEFAULT = 14


class Moving(msgspec.Struct):
    """How long the members can vote on it, and why it is moved."""

    answer_days: int = ANSWER_DAYS_DEFAULT
    text: str = ""


class MoveOffice(Moving, forbid_unknown_fields=True, kw_only=True):
    """That somebody has an office; `ends`: no more."""

    person: str
    office: str
    ends: bool = False


class MoveMembership(Moving, forbid_unknown_fields=True, kw_only=True):
    """That somebody belongs here no more; `returns`: that they do again."""

    person: str
    returns: bool = False


class MoveCharter(Moving, forbid_unknown_fields=True, kw_only=True):
    """That the charter says something else; what is not said stays. Amounts in the community's unit."""

    name: str = ""
    credit_limit: str = ""
    invites: str = ""
    limit: str = ""
    mediation: str = ""
    earned_percent: int | None = None
    earned_most: str = ""
    decide_percent: int | None = None
    lists: list[str] | None = None  # whose block lists count for everybody: all of them


async def move_office(desk: Desk, asked: MoveOffice) -> Plain:
    for office in motions.OFFICES:
        if office == asked.office:
            return await _move(desk, asked, Motion(desk.member(asked.person), office, not asked.ends))
    raise Refused(f"office: there is no {asked.office!r}; there are {' and '.join(motions.OFFICES)}")


async def move_membership(desk: Desk, asked: MoveMembership) -> Plain:
    return await _move(desk, asked, Motion(desk.member(asked.person), holds=asked.returns))


async def move_charter(desk: Desk, asked: MoveCharter) -> Plain:
    held = desk.book.members.charter
    if held is None:
        raise Refused("the charter has not arrived yet: wait until a neighbour is connected")
    changed: dict[str, object] = {
        "name": asked.name.strip() or held.name,
        "credit_limit": desk.parts(asked.credit_limit) if asked.credit_limit.strip() else held.credit_limit,
        "invites": _one_of("invites", asked.invites, ("members", "hosts", "founder")) or held.invites,
        "limit": _one_of("limit", asked.limit, ("fixed", "earned")) or held.limit,
        "mediation": _one_of("mediation", asked.mediation, ("advice", "binding")) or held.mediation,
        "earned_percent": held.earned_percent if asked.earned_percent is None else asked.earned_percent,
        "earned_most": desk.parts(asked.earned_most) if asked.earned_most.strip() else held.earned_most,
        "decide_percent": held.decide_percent if asked.decide_percent is None else asked.decide_percent,
    }
    if asked.lists is not None:
        changed["lists"] = tuple(sorted({desk.member(each) for each in asked.lists if each.strip()}))
    amended = msgspec.structs.replace(held, **changed)
    return await _move(desk, asked, Motion(charter=charter_bytes(amended)))


def _one_of(field: str, text: str, choices: tuple[str, ...]) -> str:
    if text and text not in choices:
        raise Refused(f"{field}: there is no {text!r}; there are {', '.join(choices)}")
    return text


async def _move(desk: Desk, asked: Moving, motion: Motion) -> Plain:
    answer_by = Millis(clock.now() + asked.answer_days * DAY)
    made = Propose((desk.me,), (), answer_by, text=asked.text, motion=motion)
    return known_now(desk, await desk.say(Drafted(made)))


async def yes(desk: Desk, asked: Named) -> Plain:
    known = desk.motion(asked.id)
    if any(each.member == desk.me for each in known.votes.values()):
        raise Refused("you have said yes to that already")
    await desk.say(Drafted(Vote(EntryId(known.id)), known.id))
    return known_now(desk, known.id)


async def all_motions(desk: Desk, _asked: Nothing) -> Plain:
    """What can be voted on, what ends first first; then what was decided, the latest first."""
    now = clock.now()
    open_ = [known for known in _known(desk) if not known.state_at(now).ended]
    carried = [known for known in _known(desk) if known.was_agreed()]
    open_.sort(key=lambda known: (known.answer_by, known.id))
    carried.sort(key=lambda known: (-(known.agreed_at or 0), known.id))
    return {
        "motions": [views.agreement(desk.book, known, desk.me, now) for known in open_],
        "decided": [views.agreement(desk.book, known, desk.me, now) for known in carried],
    }


def _known(desk: Desk) -> list[Agreement]:
    found = (desk.book.agreements.get(moved.first.id) for moved in desk.book.agreements.motions())
    return [each for each in found if each is not None]


VERBS: Verbs = {
    "move-office": (MoveOffice, move_office),
    "move-membership": (MoveMembership, move_membership),
    "move-charter": (MoveCharter, move_charter),
    "motions": (Nothing, all_motions),
    "yes": (Named, yes),
}
