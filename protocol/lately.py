"""Lately: what is open near a newcomer, shown before the history it stands on has come.

Reading everything that was ever said takes as long as it takes. Meanwhile a neighbour who has read it shows what is
open now: of each author the certificate, how they are shown, and their open listings, as the entries they signed. Each
proves who said it; that its author belongs, that nothing was said since, that anything is left of it, only the history
can show. So this is kept apart from the Book, nothing is worked out from it, and each goes as soon as its log has come.
Spec: docs/spec/lately.md. Vectors: tests/vectors/lately/.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ruil.protocol import cells, members
from ruil.protocol.bodies import Certificate, Listing, Profile, Renew
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.events import Effect, Send, Show
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis, NeighbourId
from ruil.protocol.limits import (
    FUTURE_MS_MAX,
    LATELY_BEHIND,
    LATELY_BYTES_MAX,
    LATELY_EVERY_MS,
    LATELY_KEEP_MS,
    LATELY_MAX,
    LATELY_OF_ONE_MAX,
    LATELY_WAIT_MS,
    LISTING_MS_MAX,
)
from ruil.protocol.listings import Listed
from ruil.protocol.members import Standing
from ruil.protocol.wire import Look

_Place = tuple[DeviceId, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A listing somebody showed us, whose author's log we have not read yet. `name`: what its author is called, empty
    when that was not shown; `ends`: until when it stands, in ms since 1970."""

    entry: Entry
    body: Listing
    member: MemberId
    name: str
    ends: int
    by: NeighbourId
    at: int  # when it was shown, in ms since 1970


class Lately:
    """What was shown to us; and what we show to who asks."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._seen: dict[DeviceId, dict[EntryId, Seen]] = {}  # by log, the first shown first
        self._count = 0
        self._bytes = 0
        self._asked: tuple[NeighbourId, int] | None = None
        self._frames = 0  # that came since we asked
        self._ever: set[NeighbourId] = set()  # whom we asked in this run: what comes late is no offence
        self._answered: dict[NeighbourId, int] = {}

    def __bool__(self) -> bool:
        return bool(self._seen)

    def all(self, now: int) -> list[Seen]:
        """What is shown and still open at `now`, in the order it was shown: the nearest first."""
        return [
            each
            for of_one in self._seen.values()
            for each in of_one.values()
            if now < min(each.ends, each.at + LATELY_KEEP_MS)
        ]

    def _here(self, seen: Seen) -> bool:
        log = self._book.logs.get(seen.entry.device)
        return log is not None and log.size > seen.entry.seq

    # Asking ----------------------------------------

    def may_ask(self, neighbour: NeighbourId, now: int) -> bool:
        """Each is asked once, and only while nobody has shown anything: on a slow line that comes before the rest."""
        waits = self._asked is not None and now < self._asked[1] + LATELY_WAIT_MS
        return not (waits or self._seen or neighbour in self._ever)

    def ask(self, neighbour: NeighbourId, behind: int, cell: int | None, now: int) -> list[Effect]:
        """A neighbour told how long its logs are; we are `behind` by so many entries. By few: they come at once."""
        if behind < LATELY_BEHIND or not self.may_ask(neighbour, now):
            return []
        self._asked, self._frames = (neighbour, now), 0
        self._ever.add(neighbour)
        return [Send(neighbour, Look(cell or 0))]

    def take(self, neighbour: NeighbourId, entries: Iterable[Entry], now: int) -> None:
        """Some entries of one log: its certificate, then others in order. Raises `Rejected` for what nobody asked for,
        and what no honest node shows."""
        if neighbour not in self._ever:
            raise Rejected("listings that nobody asked for")
        if self._asked is None or self._asked[0] != neighbour or now >= self._asked[1] + LATELY_WAIT_MS:
            return
        self._frames += 1
        if self._frames > LATELY_MAX:
            raise Rejected(f"more than {LATELY_MAX} logs are shown")
        first, *others = entries
        certificate = first.body
        if not isinstance(certificate, Certificate) or first.seq:
            raise Rejected("what is shown of a log begins with its certificate")
        members.check(first, None)
        if certificate.by is not None:
            return  # by a later key, it says: whose that is only the history can show, and anybody can make one up
        name, ends = "", dict[EntryId, int]()
        for entry in others:
            body = entry.body
            if isinstance(body, Profile):
                name = body.name
            elif isinstance(body, Listing):
                ends[entry.id] = min(body.ends, entry.at + LISTING_MS_MAX)
            elif isinstance(body, Renew) and entry.reference is not None and entry.reference.id in ends:
                ends[entry.reference.id] = min(body.ends, entry.at + LISTING_MS_MAX)
            else:
                raise Rejected("what is shown of a log is how its author is shown, and listings")
        for entry in others:
            early = entry.at > now + FUTURE_MS_MAX  # it stands in no log yet
            if isinstance(entry.body, Listing) and now < ends[entry.id] and not early:
                seen = Seen(entry, entry.body, certificate.member, name, ends[entry.id], neighbour, now)
                if not self._here(seen) and entry.id not in self._seen.get(entry.device, ()) and self._fits(entry):
                    self._seen.setdefault(entry.device, {})[entry.id] = seen
                    self._count += 1
                    self._bytes += len(entry.data)

    def _fits(self, entry: Entry) -> bool:
        return self._count < LATELY_MAX and self._bytes + len(entry.data) <= LATELY_BYTES_MAX

    def read(self, device: DeviceId) -> list[Entry]:
        """A log has grown: what of it was shown is here now, or something else is. Returns what contradicts it."""
        of_one = self._seen.get(device)
        if of_one is None:
            return []
        gone = [each for each in of_one.values() if self._here(each)]
        for each in gone:
            del of_one[each.entry.id]
        self._count -= len(gone)
        self._bytes -= sum(len(each.entry.data) for each in gone)
        if not of_one:
            del self._seen[device]
        ids = self._book.logs[device].ids
        return [each.entry for each in gone if ids[each.entry.seq] != each.entry.id]

    def settle(self) -> set[NeighbourId]:
        """Everything that anybody has is here: nothing is shown any more. Who showed listings in logs nobody has."""
        left, self._seen, self._count, self._bytes = self._seen, {}, 0, 0
        return {each.by for device in left.keys() - self._book.logs.keys() for each in left[device].values()}

    # Answering ----------------------------------------

    def show(self, neighbour: NeighbourId, cell: int, now: Millis) -> list[Effect]:
        """A neighbour that may read asks what is open near `cell` (0: anywhere): at most once a minute."""
        last = self._answered.get(neighbour)
        if last is not None and now < last + LATELY_EVERY_MS:
            return []
        self._answered = {who: at for who, at in self._answered.items() if now < at + LATELY_EVERY_MS}
        self._answered[neighbour] = now
        places = self._nearest(cell, now)
        return [Show(neighbour, tuple(places))] if places else []

    def _nearest(self, cell: int, now: Millis) -> Iterable[_Place]:
        known = self._book.members.all()
        open_ = [
            each
            for each in self._book.listings.open(now)
            if (who := known.get(each.member)) is not None and who.standing not in (Standing.UNKNOWN, Standing.REMOVED)
        ]
        open_.sort(key=lambda each: (-cells.shared(cell, each.body.cell or 0), -each.at, each.id))
        by_device: dict[DeviceId, list[Listed]] = {}
        for each in open_[:LATELY_MAX]:
            by_device.setdefault(each.keepers[0][1], []).append(each)
        return [(device, self._of(device, listed[:LATELY_OF_ONE_MAX])) for device, listed in by_device.items()]

    def _of(self, device: DeviceId, listed: Iterable[Listed]) -> tuple[int, ...]:
        """Where in a log it says what is shown of it."""
        seqs = {0}
        for each in listed:
            record = self._book.records[each.id]
            seqs.add(record.seq)
            said = self._book.members.all()[each.member].said
            if said is not None and said.device == device:
                seqs.add(said.seq)
            if each.renewed is not None and each.renewed.device == device:
                seqs.add(each.renewed.seq)
        return tuple(sorted(seqs))
