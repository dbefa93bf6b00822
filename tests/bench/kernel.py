"""The kernel's cost: agreements of mixed shapes, folded without signatures, and what an open one takes in memory."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Final

from ruil.protocol.agreements import Agreements
from ruil.protocol.ballots import NOTHING_AROUND
from ruil.protocol.bodies import CREDIT, Accept, Body, Close, Commitment, Deliver, Join, Propose, Receive, Seat, Step
from ruil.protocol.credit import Credit
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.listings import Listings
from ruil.protocol.record import Record
from ruil.protocol.shapes.charter import charter
from ruil.protocol.shapes.crowdfund import Goal, crowdfund
from ruil.protocol.shapes.gift import gift
from ruil.protocol.shapes.group_buy import group_buy
from ruil.protocol.shapes.ring import ring
from ruil.protocol.shapes.sale import sale
from ruil.protocol.shapes.swap import swap
from ruil.protocol.slots import Joined, brings
from ruil.simulations.collecting import no_collecting
from tests.bench.measure import cpu, figure

AGREEMENTS: Final = 100_000
OPEN: Final = 10_000
PER_SECOND: Final = 20_000
OPEN_BYTES: Final = 4_096
PEOPLE: Final = [MemberId(number.to_bytes(32, "big")) for number in range(1, 1_001)]


class Town:
    """Records as a Book hands them to the kernel, made beforehand; each agreement's people are others."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._seq = 0

    def tell(self, who: MemberId, body: Body, at: int, about: EntryId | None = None) -> EntryId:
        self._seq += 1
        id_ = EntryId(self._seq.to_bytes(32, "big"))
        self.records.append(Record(id_, DeviceId(who), self._seq, Millis(at), who, about, body))
        return id_

    def bound(self, made: Propose, at: int) -> EntryId:
        """Proposed, answered by all parties, or joined and closed."""
        id_ = self.tell(made.parties[0], made, at)
        answers = [self.tell(party, Accept(), at + 1, id_) for party in made.parties[1:]]
        self.tell(made.parties[0], Close(tuple(answers)), at + 2, id_)
        return id_

    def joined(self, made: Propose, at: int, joiners: list[tuple[MemberId, Join]]) -> tuple[EntryId, list[Joined]]:
        id_ = self.tell(made.parties[0], made, at)
        told = [(who, join, self.tell(who, join, at + 1, id_)) for who, join in joiners]
        # One entry has one number in all logs together, so its id says where it stands.
        came = [Joined(each, who, (at + 1, who, int.from_bytes(each, "big")), join) for who, join, each in told]
        seats = (Seat(each.position, each.member, each.body.slot, each.body.quantity) for each in came)
        self.tell(made.parties[0], Close(seats=tuple(seats)), at + 2, id_)
        return id_, came

    def kept(self, agreement: EntryId, commitments: tuple[Commitment, ...], at: int) -> None:
        for index, each in enumerate(commitments):
            given = self.tell(each.provider, Deliver(index, each.quantity), at, agreement)
            self.tell(each.receiver, Receive(given, each.quantity), at + 1, agreement)


def _shapes(anna: MemberId, ben: MemberId, carla: MemberId) -> tuple[Propose, ...]:
    due, by = Millis(3 * DAY), Millis(DAY)
    bread = Commitment(anna, ben, "transfer", "bread", 2, "loaf", due)
    work = Commitment(ben, anna, "work", "garden", 1, "hour", due)
    around = ((anna, ben), (ben, carla), (carla, anna))
    circle = [Commitment(one, two, "transfer", "a thing", 1, "piece", due) for one, two in around]
    lent = Commitment(anna, ben, "transfer", "credit", 30, CREDIT, due)
    back = [Commitment(ben, anna, "transfer", "credit", 15, CREDIT, Millis(due + day * DAY)) for day in (7, 14)]
    span = Commitment(anna, ben, "use", "a drill", 1, "piece", due, begins=Millis(due - HOUR))
    return (
        gift(bread, by),
        swap(bread, work, by),
        sale(bread, 60, by),
        ring(circle, by),
        Propose(tuple(sorted({anna, ben})), (lent, *back), by),
        gift(span, by),
        group_buy(anna, "flour", "sack", (Step(1, 9), Step(5, 6)), due, by, people=2),
        charter(anna, "a ride", 40, by, due, by, people=2),
        crowdfund(anna, (Goal("credit", CREDIT, 10), Goal("painting", "hour", 1)), due, by),
    )


def town(agreements: int, *, kept: bool) -> list[Record]:
    """The records of so many agreements; `kept`: all was delivered and received too."""
    made = Town()
    for number in range(agreements):
        anna, ben, carla, dora = (PEOPLE[(7 * number + 13 * step) % len(PEOPLE)] for step in range(4))
        shapes = _shapes(anna, ben, carla)
        proposal = shapes[number % len(shapes)]
        if not proposal.slots:
            id_, commitments = made.bound(proposal, number), proposal.commitments
        else:
            places = len(proposal.slots)
            joiners = [(who, Join(turn % places, 10)) for turn, who in enumerate((ben, carla, dora))]
            id_, joins = made.joined(proposal, number, joiners)
            commitments = brings(proposal.slots, joins)
        if kept:
            made.kept(id_, commitments, number + 10)
    return made.records


def read(records: list[Record]) -> Agreements:
    """All of it, as a Book would; each agreement folded, and the balances. Without looking for garbage, like each
    driver that folds a whole history: a start, a replay, a simulation."""
    with no_collecting():
        known = Agreements(Listings(), NOTHING_AROUND)
        credit = Credit(known)
        for record in records:
            known.add(record)
        credit.balances()
    return known


def kernel() -> Iterator[dict[str, object]]:
    """agreements of mixed shapes: folded per CPU second without signatures; memory of an open one"""
    records = town(AGREEMENTS, kept=True)
    gc.collect()
    gc.freeze()
    spent = cpu(lambda: read(records))
    per_second = len(records) / spent
    what = f"fold {AGREEMENTS:,} agreements of nine shapes, {len(records):,} entries"
    yield figure(what, per_second, "entries per CPU s", per_second / PER_SECOND, 1.0)
    each = _memory(town(OPEN, kept=False), read) / OPEN
    yield figure("memory of an open agreement", each, "bytes", each / OPEN_BYTES, 1.0, at_most=True)


def _memory(records: list[Record], work: Callable[[list[Record]], object]) -> int:
    """Bytes that what `work` returns takes, its records not counted: a Book holds those in any case."""
    gc.collect()
    tracemalloc.start()
    kept = work(records)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return taken
