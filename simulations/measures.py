"""Measures of a run: what reached whom and when, how agreements ended, what a fork and a partition cost.

A `Watch` looks at every effect while time passes; `at_end` reads the Books once it stands still. All numbers are whole
or rounded, and follow from scenario and seed alone.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ruil.protocol.agreement import State
from ruil.protocol.entry import Entry
from ruil.protocol.events import Effect, Store, Tell
from ruil.protocol.ids import EntryId
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.people.forking import Forking
from ruil.simulations.world import Node, World

DAY_NS: Final = 86_400_000 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class _Reach:
    """Between two faults: who was up, and on which side of a partition."""

    up: frozenset[int]
    away: frozenset[int]

    def holds(self, one: int, other: int) -> bool:
        return other in self.up and (one in self.away) == (other in self.away)


@dataclass(slots=True)
class _Healing:
    """What honest members lacked when a partition ended, and when the last of it had come."""

    began: int
    missing: set[tuple[int, EntryId]]
    ended: int | None = None


@dataclass(slots=True)
class Watch:
    """Sees every effect from the moment it is made: entries said before are set-up and count for nothing."""

    world: World
    honest: frozenset[int]
    hear: Callable[[Node, Entry], None]
    born: dict[EntryId, tuple[int, int, _Reach]] = field(default_factory=dict)
    latency: Counter[int] = field(default_factory=Counter)
    proofs: dict[bytes, dict[int, int]] = field(default_factory=dict)
    healings: list[_Healing] = field(default_factory=list)
    reach: _Reach = _Reach(frozenset(), frozenset())
    bytes_before: int = 0

    def __post_init__(self) -> None:
        self.bytes_before = self.world.links.sent_bytes
        self.changed(frozenset())
        self.world.watchers.append(self)

    def __call__(self, node: Node, effect: Effect, now: int) -> None:
        """A watcher of the world."""
        if isinstance(effect, Store):
            self._stored(node, effect.entry, now)
        elif isinstance(effect, Tell) and effect.topic == "fork" and node.number in self.honest:
            self.proofs.setdefault(effect.about, {}).setdefault(node.number, now)

    def _stored(self, node: Node, entry: Entry, now: int) -> None:
        self.hear(node, entry)
        if entry.device == node.peer.device:
            if entry.id not in self.born:
                self.born[entry.id] = (now, node.number, self.reach)
            return
        if node.number not in self.honest:
            return
        born = self.born.get(entry.id)
        if born is not None and born[2].holds(born[1], node.number):
            self.latency[(now - born[0]) // NS_PER_MS] += 1
        for healing in self.healings:
            if healing.ended is None:
                healing.missing.discard((node.number, entry.id))
                if not healing.missing:
                    healing.ended = now

    # Faults ----------------------------------------

    def changed(self, away: frozenset[int]) -> None:
        """A fault began or ended; `away` are the members behind a partition now."""
        self.reach = _Reach(frozenset(node.number for node in self.world.nodes if node.up), away)
        for healing in self.healings:
            if healing.ended is None:
                healing.missing = {each for each in healing.missing if each[0] in self.reach.up}
                if not healing.missing:
                    healing.ended = self.world.now

    def heal(self) -> None:
        """A partition is over: note what everybody still lacks."""
        counted = self._counted()
        missing: set[tuple[int, EntryId]] = set()
        for number in sorted(self.honest):
            if self.world.nodes[number].up:
                held = self._held(number)
                missing.update((number, id_) for id_ in counted if id_ not in held)
        now = self.world.now
        self.healings.append(_Healing(now, missing, None if missing else now))

    def _counted(self) -> list[EntryId]:
        """Entries of members that never contradicted themselves: those of a forked log may rightly be cut off."""
        forked = {number for number, node in enumerate(self.world.nodes) if node.peer.device in self.proofs}
        return [id_ for id_, (_, author, _) in self.born.items() if author not in forked]

    def _held(self, number: int) -> set[EntryId]:
        return {entry.id for entry in self.world.nodes[number].disk}

    # The end ----------------------------------------

    def delivery(self) -> dict[str, Any]:
        """Of all pairs of an entry and an honest member other than its author, how many had it at the end; latency of
        those that could reach each other when it was said."""
        counted = self._counted()
        pairs = had = 0
        for number in sorted(self.honest):
            held = self._held(number)
            for id_ in counted:
                if self.born[id_][1] != number:
                    pairs += 1
                    had += id_ in held
        return {
            "entries": len(self.born),
            "delivery": round(had / pairs, 6) if pairs else 1.0,
            "latency_p50_ms": percentile(self.latency, 50),
            "latency_p99_ms": percentile(self.latency, 99),
            "latency_max_ms": max(self.latency, default=0),
        }

    def trouble(self, forkers: list[Forking]) -> dict[str, Any]:
        """How long partitions took to heal and fork proofs to reach the last honest member; -1 when they never did."""
        heals = [-1 if each.ended is None else (each.ended - each.began) // NS_PER_MS for each in self.healings]
        spread: list[int] = []
        held = 0
        for forker in forkers:
            books = [self.world.nodes[number].peer.book for number in sorted(self.honest)]
            held += sum(forker.node.peer.device in book.forks for book in books)
            seen = self.proofs.get(forker.node.peer.device, {})
            begun = forker.forked_at
            known = begun is not None and len(seen) == len(self.honest)
            spread.append((max(seen.values()) - (begun or 0)) // NS_PER_MS if known else -1)
        wanted = len(forkers) * len(self.honest)
        return {
            "heal_ms": -1 if -1 in heals else max(heals, default=0),
            "forks": sum(forker.forked_at is not None for forker in forkers),
            "fork_proof_share": round(held / wanted, 6) if wanted else 1.0,
            "fork_proof_last_ms": -1 if -1 in spread else max(spread, default=0),
        }


def percentile(counted: Counter[int], part: int) -> int:
    """The smallest value that at least `part` percent of the counted ones do not exceed; 0 when there are none."""
    rest = -(-counted.total() * part // 100)
    for value in sorted(counted):
        rest -= counted[value]
        if rest <= 0:
            return value
    return 0


def books(world: World, honest: frozenset[int]) -> dict[str, Any]:
    """What the honest members' Books say now: one of each distinct digest is read."""
    now = world.millis()
    nodes = [world.nodes[number] for number in sorted(honest)]
    distinct = {node.peer.book.digest(): node.peer.book for node in nodes}
    states = Counter(each.state_at(now) for each in nodes[0].peer.book.agreements.all())
    still_open = max(sum(not each.state_at(now).ended for each in book.agreements.all()) for book in distinct.values())
    balances = nodes[0].peer.book.credit.balances()
    measured: dict[str, Any] = {f"agreements_{state.value}": states[state] for state in State}
    return measured | {
        "agreements": states.total(),
        "agreements_open_after_deadline": still_open,
        "trades_completed": states[State.COMPLETED],
        "listings": sum(1 for _ in nodes[0].peer.book.listings.all()),
        "attestations": len(nodes[0].peer.book.attestations.all()),
        "credit_sum": sum(balances.values()),
        "credit_moved": sum(balance for balance in balances.values() if balance > 0),
        "digests": len(distinct),
        "digest_equal": len(distinct) == 1,
    }


def shapes(world: World, honest: frozenset[int], begun: dict[EntryId, str]) -> dict[str, Any]:
    """How the needs of the village were met, how soon, and what became of what was begun in each shape."""
    now, book = world.millis(), world.nodes[min(honest)].peer.book
    met, waits, needs = 0, Counter[int](), 0
    for listed in book.listings.all():
        agreed = [known for known in book.agreements.naming(listed.id) if known.agreed_at is not None]
        if listed.body.role == "need":
            needs += 1
            met += any(known.state_at(now) is State.COMPLETED for known in agreed)
        if agreed:
            waits[max(0, min(known.agreed_at or 0 for known in agreed) - listed.at) // 1000] += 1
    ends: dict[str, Counter[str]] = {}
    for agreement, name in sorted(begun.items()):
        known = book.agreements.get(agreement)
        if known is not None:
            ends.setdefault(name, Counter())[known.state_at(now).value] += 1
    return {
        "needs": needs,
        "needs_met": met,
        "time_to_match_p50_s": percentile(waits, 50),
        "time_to_match_p90_s": percentile(waits, 90),
        "shapes": {name: dict(sorted(counted.items())) for name, counted in sorted(ends.items())},
    }
