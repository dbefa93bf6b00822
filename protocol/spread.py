"""Spread: a new entry is pushed to some neighbours and announced to the others.

The eager links form a tree that grows and prunes itself: a push we already had makes its link lazy, an announced entry
that nobody pushed is pulled and makes its link eager again. The idea is Plumtree's (Leitão, Pereira, Rodrigues, SRDS
2007), with one change: when both ends of a link prune at once the tree can tear, so of each pair only the one with the
greater key decides, and nobody goes below `EAGER_MIN` eager links.
Spec: docs/spec/spread.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ruil.protocol.entry import Entry
from ruil.protocol.events import Effect, Send, Serve, Wake
from ruil.protocol.ids import DeviceId, NeighbourId
from ruil.protocol.limits import (
    ANNOUNCE_AFTER_MS,
    ANNOUNCE_EVERY_MS,
    ANNOUNCE_MAX,
    EAGER_MIN,
    PRUNE_AGAIN,
    PULL_AFTER_MS,
    RECENT_MAX,
)
from ruil.protocol.sharing import Sharing
from ruil.protocol.wire import Announce, Ask, Prune, Push

FLUSH = "flush"
PULL = "pull"


@dataclass(slots=True)
class _Link:
    eager: bool = True
    repeats: int = 0  # pushes of what we had, since it was wanted last
    # Short ids to announce, kept in order: at the next flush, and at the one after it.
    news: dict[bytes, None] = field(default_factory=dict)
    later: dict[bytes, None] = field(default_factory=dict)


class Spread:
    """Who gets what at once. Knows links and short ids, nothing of what entries say."""

    def __init__(self, me: DeviceId, sharing: Sharing | None = None) -> None:
        self._me = me
        self._name = sharing.name if sharing is not None else _name
        self._links: dict[NeighbourId, _Link] = {}
        self._recent: dict[bytes, tuple[DeviceId, int]] = {}
        self._missing: dict[bytes, tuple[int, list[NeighbourId]]] = {}
        self._flush_asked = False
        self._flushed = 0

    def join(self, neighbour: NeighbourId) -> None:
        """A neighbour that may read this community: begins eager."""
        self._links.setdefault(neighbour, _Link())

    def leave(self, neighbour: NeighbourId) -> list[Effect]:
        """Forget a link. If it was one of the last eager ones, the oldest lazy one takes its place at once: the tree
        does not wait for something to be missed."""
        gone = self._links.pop(neighbour, None)
        if gone is None or not gone.eager or len(self.eager()) >= EAGER_MIN:
            return []
        for other, link in self._links.items():
            if not link.eager:
                self._want(link)
                return [Send(other, Ask(()))]
        return []

    def eager(self) -> list[NeighbourId]:
        """The neighbours we push to."""
        return [neighbour for neighbour, link in self._links.items() if link.eager]

    def news(self, entry: Entry, source: NeighbourId | None, now: int) -> list[Effect]:
        """An entry is new here; `source` has it already."""
        short = self._remember(entry)
        self._missing.pop(short, None)
        effects: list[Effect] = []
        push = Push(entry.device, entry.data)
        waiting = False
        for neighbour, link in self._links.items():
            if neighbour == source:
                continue
            if link.eager:
                effects.append(Send(neighbour, push))
            elif len(link.news) + len(link.later) < ANNOUNCE_MAX:
                (link.later if self._decides(neighbour) else link.news)[short] = None
                waiting = True
        if waiting and not self._flush_asked:
            self._flush_asked = True
            effects.append(Wake(self._flush_due(now), FLUSH))
        return effects

    def _flush_due(self, now: int) -> int:
        last = min(self._flushed, now)  # a clock may be set back
        return max(now + ANNOUNCE_AFTER_MS, last + ANNOUNCE_EVERY_MS)

    def remember(self, entry: Entry) -> None:
        """An entry that came by sync: others learn of it by heads, but a late announcement of it is no news."""
        self._missing.pop(self._remember(entry), None)

    def _remember(self, entry: Entry) -> bytes:
        short, place = self._name(entry)
        self._recent[short] = place
        if len(self._recent) > RECENT_MAX:
            for oldest in list(self._recent)[: RECENT_MAX // 4]:
                del self._recent[oldest]
        return short

    def flush(self, now: int) -> list[Effect]:
        """Send the announcements that waited for company. Of the two ends of a lazy link one waits twice as long:
        mostly the other has announced the same by then, and once is enough."""
        effects: list[Effect] = []
        self._flush_asked, self._flushed = False, now
        for neighbour, link in self._links.items():
            if link.news:
                effects.append(Send(neighbour, Announce(tuple(link.news))))
            link.news, link.later = link.later, {}
            self._flush_asked = self._flush_asked or bool(link.news)
        if self._flush_asked:
            effects.append(Wake(now + ANNOUNCE_EVERY_MS, FLUSH))
        return effects

    def repeated(self, source: NeighbourId) -> list[Effect]:
        """`source` pushed what we had."""
        link = self._links.get(source)
        if link is None or not link.eager or len(self.eager()) <= EAGER_MIN:
            return []
        # They may need us, and then nothing changes: it is said at the first, 2nd, 4th, ... and from then on seldom.
        link.repeats += 1
        if link.repeats & (link.repeats - 1) and link.repeats % PRUNE_AGAIN:
            return []
        if self._decides(source):
            link.eager = False
        return [Send(source, Prune())]

    def pruned(self, source: NeighbourId) -> list[Effect]:
        """`source` has no use for our pushes."""
        link = self._links.get(source)
        if link is None or not link.eager:
            return []
        if len(self.eager()) <= EAGER_MIN:
            return [] if self._decides(source) else [Send(source, Ask(()))]
        link.eager = False
        return [Send(source, Prune())] if self._decides(source) else []

    def _want(self, link: _Link) -> None:
        """It brings what no other does, or is to."""
        link.eager, link.repeats = True, 0

    def _decides(self, neighbour: NeighbourId) -> bool:
        return self._me > neighbour

    def announced(self, ids: Iterable[bytes], source: NeighbourId, now: int) -> list[Effect]:
        """`source` has these; what is not pushed to us soon we ask for."""
        effects: list[Effect] = []
        link = self._links.get(source)
        if link is None:
            return effects  # they may not read this community, and have no part in its tree
        for short in ids:
            if short in self._recent:
                link.news.pop(short, None)
                link.later.pop(short, None)
                continue
            if short in self._missing:
                if source not in self._missing[short][1]:
                    self._missing[short][1].append(source)
            elif len(self._missing) < RECENT_MAX:
                self._missing[short] = (now + PULL_AFTER_MS, [source])
                if not effects:
                    effects.append(Wake(now + PULL_AFTER_MS, PULL))
        return effects

    def pull(self, now: int) -> list[Effect]:
        """Ask for what was announced and did not come; each time of the next neighbour that has it."""
        asks: dict[NeighbourId, list[bytes]] = {}
        later = 0
        for short, (due, holders) in list(self._missing.items()):
            if now < due <= now + PULL_AFTER_MS:  # what lies further ahead was asked for before the clock was set back
                later = min(later or due, due)
                continue
            while holders and holders[0] not in self._links:
                holders.pop(0)
            if not holders:
                del self._missing[short]  # the next heads will name its log
                continue
            if len(asks.get(holders[0], ())) >= ANNOUNCE_MAX:
                later = min(later or now + PULL_AFTER_MS, now + PULL_AFTER_MS)
                continue
            holder = holders.pop(0)
            self._want(self._links[holder])
            asks.setdefault(holder, []).append(short)
            self._missing[short] = (now + PULL_AFTER_MS, holders)
            later = min(later or now + PULL_AFTER_MS, now + PULL_AFTER_MS)
        effects: list[Effect] = [Send(holder, Ask(tuple(ids))) for holder, ids in asks.items()]
        return [*effects, Wake(later, PULL)] if later else effects

    def asked(self, ids: Iterable[bytes], source: NeighbourId) -> list[Effect]:
        """`source` wants these announced entries, and pushes from now on."""
        link = self._links.get(source)
        if link is None:
            return []
        if ids:
            self._want(link)
        link.eager = True
        found = sorted({self._recent[short] for short in ids if short in self._recent})
        return [Serve(source, device, first, last) for device, first, last in _runs(found)]


def _runs(places: Iterable[tuple[DeviceId, int]]) -> list[tuple[DeviceId, int, int]]:
    """Sorted places as stretches of logs: who spoke a hundred times is one piece of work, not a hundred."""
    runs: list[tuple[DeviceId, int, int]] = []
    for device, seq in places:
        if runs and runs[-1][0] == device and runs[-1][2] == seq - 1:
            runs[-1] = (device, runs[-1][1], seq)
        else:
            runs.append((device, seq, seq))
    return runs


def _name(entry: Entry) -> tuple[bytes, tuple[DeviceId, int]]:
    return entry.id[:8], (entry.device, entry.seq)
