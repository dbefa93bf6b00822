"""Honest: offers, looks around, proposes, answers, keeps their word, and says how it was.

A person acts on their own node and sees only its Book. What they begin is drawn beforehand; what others say to them
they answer some minutes later, when they look at their screen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.attestations import partners
from ruil.protocol.bodies import (
    CREDIT,
    NOTHING,
    Accept,
    Body,
    Commitment,
    Decline,
    Deliver,
    Listing,
    Propose,
    Receive,
    Role,
    Want,
)
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.events import Review
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import HOUR, MINUTE
from ruil.protocol.listings import Listed
from ruil.protocol.shapes.gift import gift
from ruil.protocol.shapes.sale import sale
from ruil.protocol.shapes.swap import swap
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.world import START_MS, Node, World

LOOK_MS: Final = (1 * MINUTE, 10 * MINUTE)  # how long until somebody sees that they were spoken to
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Life:
    """What all people of a run share: kinds of things with how much they are liked, and when acting ends (in ns)."""

    kinds: tuple[str, ...]
    liked: tuple[float, ...]
    begins: int
    ends: int
    refused: dict[str, int] = field(default_factory=dict)
    begun: dict[EntryId, str] = field(default_factory=dict)  # what was begun in a shape that has a name here

    @property
    def ends_at(self) -> int:
        """When acting ends, in ms since 1970."""
        return START_MS + self.ends // NS_PER_MS


class Honest:
    """One member who means what they sign."""

    def __init__(self, world: World, node: Node, life: Life) -> None:
        self.world = world
        self.node = node
        self.life = life
        self.chance = world.chance(f"person {node.number}")
        self._answered: set[EntryId] = set()
        self._rated: set[EntryId] = set()

    def plan(self, visits: int) -> None:
        """Choose when to begin something: early enough that it can come to its end."""
        span = (self.life.ends - self.life.begins) * 6 // 10
        for _ in range(visits):
            self.world.at(self.life.begins + int(self.chance.random() * span), self.visit)

    # Beginning something ----------------------------------------

    def visit(self) -> None:
        """Look at the listings; propose something, or post an offer or a need."""
        if not self.node.up:
            self._later(self.visit)
            return
        found = self._find() if self.chance.random() < 0.6 else None
        if found is None or not self._say(self._proposal(found)):
            self._say(self._listing())

    def _later(self, what: Callable[[], None]) -> None:
        at = self.world.now + self.chance.randint(*LOOK_MS) * NS_PER_MS
        if at < self.life.ends:
            self.world.at(at, what)

    def _listing(self) -> Listing:
        kind = self.chance.choices(self.life.kinds, self.life.liked)[0]
        role: Role = "offer" if self.chance.random() < 0.65 else "need"
        wants = (Want("credit", self.chance.choice((15, 30, 45, 60)), "minutes"), Want(NOTHING, 1, "piece"))
        fewer = wants[: self.chance.randint(1, 2)] if role == "offer" else ()
        ends = self.world.millis(self.node) + 30 * 24 * HOUR
        return Listing(
            role, kind, f"{kind} by member {self.node.number}", self.chance.randint(1, 4), "piece", ends, wants=fewer
        )

    def _find(self) -> Listed | None:
        """Something open by somebody else, of a kind we like: at most a few looks."""
        now, book = self.world.millis(self.node), self.node.peer.book
        open_now = [each for each in book.listings.all() if each.member != self.node.id and each.open_at(now)]
        open_now.sort(key=lambda each: each.id)
        for _ in range(TRIES):
            kind = self.chance.choices(self.life.kinds, self.life.liked)[0]
            fitting = [each for each in open_now if each.body.kind == kind]
            if fitting:
                listed = self.chance.choice(fitting)
                if book.left(listed.id, now) > 0:
                    return listed
        return None

    def _proposal(self, listed: Listed) -> Propose:
        now = self.world.millis(self.node)
        answer_by = Millis(min(now + 2 * HOUR, self.life.ends_at))
        due = Millis(min(answer_by + 3 * HOUR, self.life.ends_at))
        me, other, body = self.node.id, listed.member, listed.body
        giver, taker = (other, me) if body.role == "offer" else (me, other)
        thing = Commitment(giver, taker, "transfer", body.kind, 1, body.unit, due, listing=listed.id)
        way = self.chance.random()
        if way < 0.2 or (giver == me and way < 0.5):
            return gift(thing, answer_by)
        if way < 0.4:
            kind = self.chance.choices(self.life.kinds, self.life.liked)[0]
            return swap(thing, Commitment(taker, giver, "transfer", kind, 1, "piece", due), answer_by)
        price = body.wants[0].quantity if body.wants else 30
        return sale(thing, price, answer_by)

    # Answering ----------------------------------------

    def hear(self, entry: Entry) -> None:
        """An entry stands on our node: if it is about an agreement of ours, we shall look at it in some minutes."""
        body = entry.body
        if isinstance(body, Propose):
            about, ours = entry.id, self.node.id in body.parties
        elif entry.reference is not None:
            about = entry.reference.id
            ours = about in self.node.peer.book.agreements.of_member.get(self.node.id, ())
        else:
            return
        if ours:
            self._later(lambda: self.look(about))

    def look(self, about: EntryId) -> None:
        """Do what an agreement waits for from us."""
        if not self.node.up:
            self._later(lambda: self.look(about))
            return
        agreement = self.node.peer.book.agreements.get(about)
        if agreement is None:
            return
        state = agreement.state_at(self.world.millis(self.node))
        if state is State.PROPOSED and self.node.id in agreement.missing():
            self.answer(agreement)
        elif state is State.AGREED:
            self.keep(agreement)
        elif state is State.COMPLETED:
            self.rate(agreement)

    def answer(self, agreement: Agreement) -> None:
        """Accept most proposals; decline the others. Once."""
        if agreement.id in self._answered:
            return
        self._answered.add(agreement.id)
        accepts = self.chance.random() < 0.85
        if not accepts or not self._say(Accept(), agreement.id):
            self._say(Decline("not this time"), agreement.id)

    def keep(self, agreement: Agreement) -> None:
        """Deliver what we promised, and confirm what came. Credit that was paid to us the node confirms by itself."""
        for index, commitment in enumerate(agreement.commitments):
            open_still = commitment.quantity - agreement.delivered[index]
            if commitment.provider == self.node.id and open_still > 0:
                self._say(Deliver(index, open_still), agreement.id)
        for delivery in list(agreement.deliveries.values()):
            commitment = agreement.commitments[delivery.commitment]
            if commitment.receiver == self.node.id and commitment.unit != CREDIT and delivery.receipt is None:
                self._say(Receive(delivery.id, delivery.quantity), agreement.id)

    def rate(self, agreement: Agreement) -> None:
        """Say how it was, once."""
        if agreement.id in self._rated:
            return
        self._rated.add(agreement.id)
        for other in sorted(partners(agreement, self.node.id)):
            self._say(Review(other, good=self.chance.random() < 0.95), agreement.id)

    def _say(self, body: Body | Review, about: EntryId | None = None) -> EntryId | None:
        """Say it; None for a refusal, which is counted under its sentence without the numbers and names."""
        try:
            return self.world.say(self.node, body, about)
        except Refused as why:
            words = " ".join(str(why).split(":")[0].split()[:4])
            self.life.refused[words] = self.life.refused.get(words, 0) + 1
            return None
