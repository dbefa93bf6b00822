"""Villager: does everything an honest member does, in every shape of exchange there is.

They open group buys, charters, crowdfundings, calls and teams, join and leave what others opened, vote, lend tools by
the hour and credit for some days, let others draw credit, give in rings, and let their debts be set off. What they
begin is drawn as in honest.py.
"""

from collections.abc import Callable
from typing import Final

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import (
    CREDIT,
    Cancel,
    Commitment,
    Consent,
    Debt,
    Deliver,
    Join,
    Listing,
    Propose,
    Receive,
    Step,
    Vote,
)
from ruil.protocol.entry import Entry
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.members import Standing
from ruil.protocol.shapes.call import call
from ruil.protocol.shapes.charter import charter
from ruil.protocol.shapes.clearing import Owed, clearing
from ruil.protocol.shapes.crowdfund import Goal, crowdfund
from ruil.protocol.shapes.group_buy import group_buy
from ruil.protocol.shapes.ring import ring, without
from ruil.protocol.shapes.team import Part, team
from ruil.protocol.shapes.trust_line import trust_line
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.people.honest import Honest, Life
from ruil.simulations.world import Node, World

JOINS: Final = 0.25  # of the open proposals somebody hears of
VOTES: Final = 0.3
LEAVES: Final = 0.05


class Villager(Honest):
    """One member who takes part in everything."""

    def __init__(self, world: World, node: Node, life: Life) -> None:
        super().__init__(world, node, life)
        self._shapes: tuple[tuple[str, Callable[[], EntryId | None]], ...] = (
            ("group buy", self._group_buy),
            ("charter", self._charter),
            ("crowdfund", self._crowdfund),
            ("call", self._call),
            ("share", self._share),
            ("ring", self._ring),
            ("loan", self._loan),
            ("team", self._team),
            ("trust line", self._trust_line),
            ("clearing", self._clearing),
        )

    def visit(self) -> None:
        """Look at the listings as others do, or begin something that takes more than two."""
        if not self.node.up or self.chance.random() < 0.5:
            super().visit()
            return
        name, begin = self.chance.choice(self._shapes)
        made = begin()
        if made is not None:
            self.life.begun[made] = name

    # Beginning ----------------------------------------

    def _times(self) -> tuple[Millis, Millis]:
        """Until when something can be answered, and when it is due."""
        now = self.world.millis(self.node)
        answer_by = Millis(min(now + self.chance.randint(6, 48) * HOUR, self.life.ends_at))
        return answer_by, Millis(min(answer_by + self.chance.randint(1, 3) * DAY, self.life.ends_at))

    def _kind(self) -> str:
        return self.chance.choices(self.life.kinds, self.life.liked)[0]

    def _group_buy(self) -> EntryId | None:
        answer_by, due = self._times()
        steps = (Step(1, 9), Step(5, 6), Step(9, 4))
        people = self.chance.randint(1, 4)
        made = group_buy(self.node.id, self._kind(), "piece", steps, due, answer_by, people=people, quantity_most=12)
        return self._say(made)

    def _charter(self) -> EntryId | None:
        answer_by, due = self._times()
        people = self.chance.randint(1, 4)
        return self._say(charter(self.node.id, "a ride", 40, answer_by, due, answer_by, people=people, seats=6))

    def _crowdfund(self) -> EntryId | None:
        answer_by, due = self._times()
        goals = (Goal("credit", CREDIT, 20), Goal("painting", "hour", self.chance.randint(1, 3), 8, "work"))
        return self._say(crowdfund(self.node.id, goals, due, answer_by))

    def _call(self) -> EntryId | None:
        answer_by, due = self._times()
        return self._say(call(self.node.id, "an idea", 30, due, answer_by, most=5))

    def _share(self) -> EntryId | None:
        """Reserve something somebody lends for some hours; lend something if nothing is lent."""
        now, book = self.world.millis(self.node), self.node.peer.book
        lent = [
            each
            for each in book.listings.all()
            if each.body.action == "use" and each.member != self.node.id and each.open_at(now)
        ]
        if not lent or self.chance.random() < 0.3:
            ends = Millis(now + 30 * DAY)
            self._say(Listing("offer", self._kind(), "a tool", self.chance.randint(1, 2), "piece", ends, "use"))
            return None
        listed = self.chance.choice(sorted(lent, key=lambda each: each.id))
        answer_by = Millis(min(now + 6 * HOUR, self.life.ends_at))
        begins = Millis(answer_by + self.chance.randint(0, 12) * HOUR)
        ends = Millis(begins + self.chance.randint(1, 5) * HOUR)
        if ends > self.life.ends_at:
            return None
        span = Commitment(
            listed.member, self.node.id, "use", listed.body.title, 1, "piece", ends, begins=begins, listing=listed.id
        )
        return self._say(Propose(tuple(sorted({listed.member, self.node.id})), (span,), answer_by))

    def _others(self, number: int) -> list[MemberId]:
        """Some members one knows of, oneself not among them."""
        everybody = self.node.peer.book.members.all()
        known = sorted(
            each for each, member in everybody.items() if member.standing in (Standing.FOUNDER, Standing.ADMITTED)
        )
        known.remove(self.node.id)
        return self.chance.sample(known, min(number, len(known)))

    def _ring(self) -> EntryId | None:
        answer_by, due = self._times()
        around = [self.node.id, *self._others(self.chance.randint(2, 4))]
        if len(around) < 3:
            return None
        given = [
            Commitment(one, two, "transfer", self._kind(), 1, "piece", due)
            for one, two in zip(around, [*around[1:], around[0]], strict=True)
        ]
        return self._say(ring(given, answer_by))

    def _loan(self) -> EntryId | None:
        """Lend somebody credit, to be paid back in two parts."""
        answer_by, due = self._times()
        other = self._others(1)
        back = [Millis(due + days * DAY) for days in (2, 4)]
        if not other or back[-1] > self.life.ends_at:
            return None
        borrower = other[0]
        lent = Commitment(self.node.id, borrower, "transfer", "credit", 30, CREDIT, due)
        parts = [
            Commitment(borrower, self.node.id, "transfer", "credit", 15, CREDIT, day, begins=Millis(day - HOUR))
            for day in back
        ]
        return self._say(Propose(tuple(sorted({borrower, self.node.id})), (lent, *parts), answer_by))

    def _team(self) -> EntryId | None:
        """Ask for hands: painters paid by the hour, and a cook who does it for nothing."""
        answer_by, due = self._times()
        parts = (Part("painter", self.chance.randint(2, 10), pay=3), Part("cook", 4))
        return self._say(team(self.node.id, parts, due, answer_by))

    def _trust_line(self) -> EntryId | None:
        """Let somebody draw credit, to be given back three days after they could."""
        answer_by, due = self._times()
        other = self._others(1)
        back_by = Millis(due + 3 * DAY)
        if not other or back_by > self.life.ends_at:
            return None
        return self._say(trust_line(self.node.id, other[0], 30, due, back_by, answer_by))

    def _clearing(self) -> EntryId | None:
        """Consent to clearings; and propose one if there is a circle of debts we are in."""
        now, book = self.world.millis(self.node), self.node.peer.book
        if (said := book.credit.consent(self.node.id)) is None or said.at < now - 9 * DAY:
            self._say(Consent(Millis(now + 10 * DAY), 50))
        debts: dict[MemberId, list[Owed]] = {}
        for agreement in book.agreements.all():
            if agreement.state_at(now) is State.AGREED:
                for owed in _open_debts(agreement):
                    debts.setdefault(owed.debtor, []).append(owed)
        circle = _circle(debts, self.node.id)
        return self._say(clearing(circle, Millis(now + 6 * HOUR))) if circle else None

    # Taking part ----------------------------------------

    def hear(self, entry: Entry) -> None:
        """As others do; and what is open to all may be joined, or voted on."""
        super().hear(entry)
        body = entry.body
        if isinstance(body, Propose) and body.slots and self.node.id not in body.parties:
            if self.chance.random() < JOINS:
                self._later(lambda: self._join(entry.id))
            elif any(term.voted for slot in body.slots for term in slot.terms) and self.chance.random() < VOTES:
                self.world.at(self.world.now + self.chance.randint(1, 5) * HOUR * NS_PER_MS, self._vote, entry.id)

    def _vote(self, about: EntryId) -> None:
        known = self.node.peer.book.agreements.get(about)
        if self.node.up and known is not None and known.state is State.PROPOSED and known.joins:
            self._say(Vote(self.chance.choice(sorted(known.joins))), about)

    def _join(self, about: EntryId) -> None:
        known = self.node.peer.book.agreements.get(about)
        now = self.world.millis(self.node)
        if not self.node.up or known is None or known.state_at(now) is not State.PROPOSED or now > known.answer_by:
            return
        index = self.chance.randrange(len(known.proposal.slots))
        slot = known.proposal.slots[index]
        most = 1 if slot.quantity_most == 1 else 10 if slot.terms[0].unit == CREDIT else 3
        people = self.chance.choice((0, 0, 0, 2))
        joined = self._say(Join(index, self.chance.randint(1, most), people=people, rolls=True, text="Mine."), about)
        if joined and self.chance.random() < LEAVES:
            self._later(lambda: self._leave(about))

    def _leave(self, about: EntryId) -> None:
        known = self.node.peer.book.agreements.get(about)
        if self.node.up and known is not None and known.state is State.PROPOSED:
            self._say(Cancel("I can not come"), about)

    def look(self, about: EntryId) -> None:
        """As others do; and a ring that somebody left out of is mended by who began it."""
        super().look(about)
        known = self.node.peer.book.agreements.get(about)
        if known is None or not self.node.up:
            return
        if known.state is State.DECLINED and known.proposer == self.node.id and len(known.parties) > 3:
            self._mend(known)

    def _mend(self, known: Agreement) -> None:
        """Begin the ring again without who declined."""
        if known.id in self._answered:
            return
        self._answered.add(known.id)
        answer_by, _ = self._times()
        due = min(each.due for each in known.commitments)
        missing = sorted(known.missing())
        if missing and self.life.begun.get(known.id) == "ring" and answer_by < due:
            made = self._say(without(known.proposal, missing[0], answer_by))
            if made is not None:
                self.life.begun[made] = "ring"

    def keep(self, agreement: Agreement) -> None:
        """Deliver what may be delivered by now, look again when more may, and confirm what came."""
        now = self.world.millis(self.node)
        for index, commitment in enumerate(agreement.commitments):
            left = commitment.quantity - agreement.delivered[index]
            if commitment.provider != self.node.id or left <= 0:
                continue
            if commitment.begins is not None and commitment.begins > now:
                wait = (commitment.begins - now + self.chance.randint(0, HOUR // 2)) * NS_PER_MS
                self.world.at(self.world.now + wait, self.look, agreement.id)
            else:
                self._say(Deliver(index, left), agreement.id)
        for delivery in list(agreement.deliveries.values()):
            commitment = agreement.commitments[delivery.commitment]
            if commitment.receiver == self.node.id and commitment.unit != CREDIT and delivery.receipt is None:
                self._say(Receive(delivery.id, delivery.quantity), agreement.id)


def _open_debts(agreement: Agreement) -> list[Owed]:
    return [
        Owed(each.provider, each.receiver, each.quantity - agreement.delivered[index], Debt(agreement.id, index))
        for index, each in enumerate(agreement.commitments)
        if each.unit == CREDIT and each.clears is None and agreement.delivered[index] < each.quantity
    ]


def _circle(debts: dict[MemberId, list[Owed]], first: MemberId) -> list[Owed]:
    """A circle of at most five debts through `first`; empty when there is none."""
    paths: list[list[Owed]] = [[owed] for owed in debts.get(first, ())]
    for _ in range(4):
        longer: list[list[Owed]] = []
        for path in paths:
            if path[-1].creditor == first and len(path) > 1:
                return path
            inside = {owed.debtor for owed in path}
            longer += [
                [*path, owed]
                for owed in debts.get(path[-1].creditor, ())
                if owed.creditor == first or owed.creditor not in inside
            ]
        paths = longer[:1_000]
    return next((path for path in paths if path[-1].creditor == first), [])
