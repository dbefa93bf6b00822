"""Sync: what I hold, what you hold -> what to ask, what to send.

Each side tells the other how long each log is here. With a cursor into the order in which logs changed, a reconnect
tells only what changed since. What is longer there is asked for in pieces; the answer paces the next question. Nothing
here is needed while spread works; it heals whatever spread missed. Spec: docs/spec/sync.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ruil.protocol.book import Book
from ruil.protocol.events import Effect, Send, Serve, Wake
from ruil.protocol.ids import DeviceId, NeighbourId
from ruil.protocol.limits import ASK_AGAIN_MS, ASKED_IN_VAIN_MAX, HEADS_MAX, RANGES_MAX, WANT_ENTRIES_MAX
from ruil.protocol.pace import Pace
from ruil.protocol.wire import SHORT_BYTES, Heads, Want, proofs

ASK_AGAIN = "ask again"
TELL_HEADS = "tell heads"
_FEW = 50  # entries: for fewer of a log whose turn has not come yet nobody is asked
_TELL_AFTER_MS = 200  # entries that come by sync come in crowds; one heads frame for all of them


@dataclass(slots=True)
class _Link:
    reads: bool = False  # may read this community; others only show us what they have
    told: int = 0  # our cursor: what of our heads they have
    remembers: int = 0  # up to where they know our logs by the beginning of their names
    shortened: set[DeviceId] = field(default_factory=set)  # logs they named so: they know what we mean
    ahead: dict[DeviceId, int] = field(default_factory=dict)  # logs longer there: device -> size
    outstanding: dict[DeviceId, int] = field(default_factory=dict)  # asked for: device -> last seq
    vain: int = 0  # how often in a row nothing of that had come in time

    @property
    def silent(self) -> bool:
        return self.vain >= ASKED_IN_VAIN_MAX


class Sync:
    """Compares heads with each neighbour and fetches what is missing."""

    def __init__(self, book: Book, epoch: bytes, pace: Pace | None = None) -> None:
        self._book = book
        self._pace = pace or Pace(book)
        self.epoch = epoch
        self._links: dict[NeighbourId, _Link] = {}
        self._readers: list[NeighbourId] | None = None  # in order; None when it has to be worked out
        self._order: dict[DeviceId, int] = {}  # by last change, oldest first
        self._cursor = 0
        self._asked: dict[DeviceId, int] = {}  # device -> when, so that two neighbours are not asked for the same
        self._heard: dict[NeighbourId, tuple[bytes, int]] = {}  # their epoch and cursor, kept while they are away
        self._telling = False
        self._since: dict[DeviceId, int] = {}  # by the change with which each came
        self._named: dict[bytes, DeviceId | None] = {}  # by the beginning of the key; None when several begin so
        self._first: dict[DeviceId, None] = {}  # logs that are wanted before all others

    def grew(self, device: DeviceId) -> None:
        """A log changed here."""
        self._cursor += 1
        self._order.pop(device, None)
        self._order[device] = self._cursor
        if device not in self._since:
            self._since[device] = self._cursor
            self._name(device)

    def _name(self, device: DeviceId) -> None:
        short = device[:SHORT_BYTES]
        if self._named.setdefault(short, device) != device:
            self._named[short] = None

    def in_full(self, neighbour: NeighbourId, said: Heads) -> Heads:
        """The same heads by the devices' whole keys, but for logs that are not known, or can not be told apart."""
        if all(len(head[0]) != SHORT_BYTES for head in said.heads):
            return said
        link = self._links.setdefault(neighbour, _Link())
        heads: list[tuple[bytes, int, bytes]] = []
        for key, size, tip in said.heads:
            device = self.device(key)
            if device is None:
                continue
            if len(key) == SHORT_BYTES:
                link.shortened.add(device)
            heads.append((device, size, tip))
        return Heads(said.epoch, said.cursor, tuple(heads))

    def device(self, key: bytes) -> DeviceId | None:
        """The device that is named so; None when none is known, or several are."""
        return DeviceId(key) if len(key) != SHORT_BYTES else self._named.get(key)

    def heard(self, neighbour: NeighbourId) -> tuple[bytes, int]:
        """What to say in a `Hello`: whose run, and how far into it we have heard."""
        return self._heard.get(neighbour, (bytes(8), 0))

    def forget(self, neighbour: NeighbourId) -> None:
        """Let them tell all their heads again."""
        self._heard.pop(neighbour, None)

    def leave(self, neighbour: NeighbourId) -> None:
        """The link is down: whatever it was asked for may be asked of another."""
        link = self._links.pop(neighbour, None)
        self._readers = None
        if link:
            for device in link.outstanding:
                self._asked.pop(device, None)
            if link.ahead:
                # They will not tell again what the cursor says we heard, and we have not got it yet: hear it anew.
                self._heard.pop(neighbour, None)

    def greet(self, neighbour: NeighbourId, epoch: bytes, cursor: int) -> list[Effect]:
        """A neighbour that may read this community says how much of our heads it knows."""
        link = self._links.setdefault(neighbour, _Link())
        link.reads = True
        self._readers = None
        link.told = link.remembers = cursor if epoch == self.epoch and cursor <= self._cursor else 0
        return self.tell(neighbour)

    def tell(self, neighbour: NeighbourId) -> list[Effect]:
        """Our heads that changed since we last told this neighbour. Sent even when empty: it carries the cursor."""
        link = self._links.get(neighbour)
        if link is None or not link.reads:
            return []
        if link.told == self._cursor:
            return [Send(neighbour, Heads(self.epoch, self._cursor, ()))]
        logs = self._book.logs
        changed: list[tuple[bytes, int, bytes]] = []
        for device, at in reversed(self._order.items()):
            if at <= link.told:
                break
            log = logs.get(device)
            if log is not None and log.ids.size:
                name = device
                if self._since[device] <= link.remembers and self._named[device[:SHORT_BYTES]] == device:
                    name = DeviceId(device[:SHORT_BYTES])
                changed.append((name, log.ids.size, log.ids.tip))
        link.told = self._cursor
        parts = [changed[start : start + HEADS_MAX] for start in range(0, len(changed), HEADS_MAX)] or [[]]
        return [Send(neighbour, Heads(self.epoch, self._cursor, tuple(part))) for part in parts]

    def tell_soon(self, now: int) -> list[Effect]:
        """Entries came by sync: others should hear of it, but not once per entry."""
        if self._telling or not self._links:
            return []
        self._telling = True
        return [Wake(now + _TELL_AFTER_MS, TELL_HEADS)]

    def tell_all(self) -> list[Effect]:
        """Tell every neighbour what changed since it was last told."""
        self._telling = False
        return [
            effect
            for neighbour, link in self._links.items()
            if link.reads and link.told < self._cursor
            for effect in self.tell(neighbour)
        ]

    def neighbours(self) -> list[NeighbourId]:
        """Who may read this community, in a fixed order."""
        if self._readers is None:
            self._readers = sorted(neighbour for neighbour, link in self._links.items() if link.reads)
        return self._readers

    def compare(self, neighbour: NeighbourId, said: Heads, now: int) -> list[Effect]:
        """A neighbour's heads: ask for what is longer there, and for the rival where two heads contradict."""
        self._heard[neighbour] = (said.epoch, said.cursor)
        link = self._links.get(neighbour)
        if link is None:
            link = self._links[neighbour] = _Link()
        if not said.heads and not link.ahead:
            return []  # most comparisons: nothing has changed since the last
        logs = self._book.logs
        rivals: list[tuple[bytes, int, int]] = []
        unproven: list[DeviceId] = []  # they count more of a log than we do: they have not seen why it is cut
        for key, size, short in said.heads:
            device = DeviceId(key)
            log = logs.get(device)
            if log is None:
                if size > 0 and (device in link.ahead or len(link.ahead) < HEADS_MAX):  # a stranger can name any number
                    link.ahead[device] = size
                continue
            ids = log.ids
            if log.cut is not None and size > log.cut:
                unproven.append(device)
                if ids.size < log.cut:
                    link.ahead[device] = log.cut
            elif size > ids.size:
                link.ahead[device] = size
            elif size > 0 and (ids.tip if size == ids.size else ids[size - 1][:8]) != short:
                rivals.append((device, size - 1, size - 1))
        effects: list[Effect] = []
        if unproven:
            effects += [Send(neighbour, frame) for frame in proofs(self._book.proofs_about(unproven))]
        if rivals:
            effects.append(Send(neighbour, Want(tuple(rivals[:RANGES_MAX]))))
        return effects + self._ask(neighbour, link, now) if link.ahead else effects

    def prefer(self, devices: Iterable[DeviceId]) -> None:
        """These logs are wanted before all others."""
        self._first |= dict.fromkeys(devices)

    def expected(self) -> int:
        """How many entries there are in all logs, here and to come, as far as neighbours have told who bring what they
        are asked for."""
        ahead: dict[DeviceId, int] = {}
        for link in self._links.values():
            for device, size in () if link.silent else link.ahead.items():
                ahead[device] = max(size, ahead.get(device, 0))
        return self._book.entries() + sum(self._missing(device, size) for device, size in ahead.items())

    def complete(self, *, claims: bool = True) -> bool:
        """Whether nothing is to come that neighbours told of; without `claims`, nothing that is `expected`."""
        return not any(self._lacks(link) for link in self._links.values() if claims or not link.silent)

    def _lacks(self, link: _Link) -> bool:
        """Whether something is to come from there. What has come is looked at once."""
        come = []
        for device, size in link.ahead.items():
            if self._missing(device, size):
                break
            come.append(device)
        for device in come:
            del link.ahead[device]
        return bool(link.ahead)

    def _missing(self, device: DeviceId, size: int) -> int:
        """How many entries a log is shorter here than it is said to be, up to where it is cut."""
        log = self._book.logs.get(device)
        if log is None:
            return size
        return max(0, (size if log.cut is None else min(size, log.cut)) - log.size)

    def gap(self, neighbour: NeighbourId, device: DeviceId, seq: int, now: int) -> list[Effect]:
        """An entry came whose predecessors are missing; who sent it has them."""
        link = self._links.setdefault(neighbour, _Link())
        link.ahead[device] = max(seq + 1, link.ahead.get(device, 0))
        return self._ask(neighbour, link, now)

    def arrived(self, neighbour: NeighbourId, device: DeviceId, now: int) -> list[Effect]:
        """Something of a log came from this neighbour: when all it was asked for has, ask for more."""
        link = self._links.get(neighbour)
        if link is None:
            return []
        if device in link.ahead or device in link.outstanding:
            link.vain = 0
        if device not in link.outstanding:
            return []
        log = self._book.logs.get(device)
        frozen = log is not None and log.cut is not None and log.size >= log.cut
        if not frozen and (log is None or log.size <= link.outstanding[device]):
            return []
        del link.outstanding[device]
        self._asked.pop(device, None)
        return self._ask(neighbour, link, now) if not link.outstanding else []

    def again(self, now: int) -> list[Effect]:
        """Whatever was asked for too long ago may be asked of anybody."""
        effects: list[Effect] = []
        # What was asked later than now, was so before the clock was set back.
        late = {device for device, at in self._asked.items() if not now - ASK_AGAIN_MS < at <= now}
        for device in late:
            del self._asked[device]
        for link in self._links.values():
            link.vain += not late.isdisjoint(link.outstanding)
        # Who let us wait comes last, so that one silent neighbour can not keep a log from us.
        for neighbour in sorted(
            self._links, key=lambda each: (not late.isdisjoint(self._links[each].outstanding), each)
        ):
            link = self._links[neighbour]
            link.outstanding = {device: last for device, last in link.outstanding.items() if device not in late}
            effects += self._ask(neighbour, link, now)
        if self._asked:  # a driver keeps the earliest time only: what was asked later has its turn then
            effects.append(Wake(min(self._asked.values()) + ASK_AGAIN_MS, ASK_AGAIN))
        return effects

    def _ask(self, neighbour: NeighbourId, link: _Link, now: int) -> list[Effect]:
        ranges: list[tuple[bytes, int, int]] = []
        room = WANT_ENTRIES_MAX - len(link.outstanding)
        later = False
        for device in [*(each for each in self._first if each in link.ahead), *link.ahead]:
            size = link.ahead.get(device)
            if size is None:
                continue
            log = self._book.logs.get(device)
            have = log.size if log else 0
            if log is not None and log.cut is not None:
                size = min(size, log.cut)
            if size <= have:
                del link.ahead[device]
                self._first.pop(device, None)
                continue
            if device in self._asked:
                continue
            if room <= 0 or len(ranges) >= RANGES_MAX:
                break
            may = self._pace.left(device, now)
            if may < min(size - have, _FEW):
                later = True
                continue
            last = min(size, have + min(room, may)) - 1
            ranges.append((device[:SHORT_BYTES] if device in link.shortened else device, have, last))
            room -= last - have + 1
            link.outstanding[device] = last
            self._asked[device] = now
        if not ranges:
            return [Wake(now + ASK_AGAIN_MS, ASK_AGAIN)] if later else []
        return [Send(neighbour, Want(tuple(ranges))), Wake(now + ASK_AGAIN_MS, ASK_AGAIN)]

    def wanted(self, neighbour: NeighbourId, ranges: Iterable[tuple[bytes, int, int]]) -> list[Effect]:
        """A neighbour that may read this community asks for parts of logs: serve what we have of them."""
        link = self._links.get(neighbour)
        if link is None or not link.reads:
            return []
        effects: list[Effect] = []
        room = WANT_ENTRIES_MAX
        for key, first, last in ranges:
            device = self.device(key)
            log = self._book.logs.get(device) if device is not None else None
            if device is None or log is None or first >= log.size or last < first or room <= 0:
                continue
            last = min(last, log.size - 1, first + room - 1)
            room -= last - first + 1
            effects.append(Serve(neighbour, device, first, last))
        return effects
