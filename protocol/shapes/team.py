"""Team: some people, each in a role, until an end date; paid by what they delivered. Spec: docs/spec/shapes.md."""

from collections.abc import Sequence

from msgspec import Struct

from ruil.protocol.bodies import CREDIT, Propose, Slot, Term
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import JOINS_MAX


class Part(Struct, frozen=True):
    """A role: what is done, at most `most` of `unit` in all, by so many people; for `pay` a unit, or for a share of
    `share` in proportion to what each takes on. Both in the smallest part of the community's unit; neither: unpaid."""

    role: str
    most: int
    pay: int = 0
    share: int = 0
    unit: str = "hour"
    people_least: int = 0
    people_most: int = JOINS_MAX


def team(
    client: MemberId,
    parts: Sequence[Part],
    ends: Millis,
    answer_by: Millis,
    *,
    organiser: MemberId | None = None,
    mediator: MemberId | None = None,
    backup: MemberId | None = None,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal to work for `client` until `ends`: who joins in a role says how much they take on, does what comes
    about of it, and is paid for that. It ends by itself, completed when all that was received was paid for. Raises
    `Refused` when the numbers can not stand."""
    if not parts:
        raise Refused("say which roles there are in the team")
    if len({part.role for part in parts}) < len(parts):
        raise Refused("each role needs a name of its own")
    slots = tuple(_slot(part, client, ends) for part in parts)
    parties = tuple(sorted({client, organiser or client}))
    return Propose(parties, (), answer_by, replaces, text, slots, mediator=mediator, backup=backup)


def _slot(part: Part, client: MemberId, ends: Millis) -> Slot:
    if part.pay and part.share:
        raise Refused("a role is paid by what is done, or by a share: one of the two")
    works = Term(True, client, "work", part.role, part.unit, ends, each=1, least=0)
    terms = [works]
    if part.pay or part.share:
        terms.append(Term(False, client, "transfer", "credit", CREDIT, ends, each=part.pay, total=part.share, per=0))
    return Slot(
        part.role, tuple(terms), part.people_least, part.people_most, quantity_most=part.most, total_most=part.most
    )
