"""A bundle folded into a Book, with everything that is wrong with it named by its offset in the file."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ruil.protocol import bundle
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import DeviceId, Millis, member_text
from ruil.protocol.log import Place, prove_fork
from ruil.protocol.revocations import open_proof
from ruil.simulations.collecting import no_collecting


@dataclass(slots=True)
class Replayed:
    """What a bundle holds. `faults` are (offset, sentence); `entries` those that were read."""

    book: Book
    entries: int = 0
    last_at: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        """The facts as plain values."""
        book = self.book
        return {
            "community": book.community.hex(),
            "book": book.digest().hex(),
            "entries": self.entries,
            "logs": len(book.logs),
            "members": len(book.members.all()),
            "forks": [device.hex() for device in sorted(book.forks)],
            "half_open": half_open(book),
            "last_at": self.last_at,
            "faults": [{"offset": offset, "what": what} for offset, what in self.faults],
        }


def half_open(book: Book) -> int:
    """Deliveries whose other half was never signed."""
    return sum(
        delivery.receipt is None for agreement in book.agreements.all() for delivery in agreement.deliveries.values()
    )


def fold(data: bytes, until: int | None = None, progress: Callable[[int], None] | None = None) -> Replayed:
    """Read a bundle up to the time `until` (ms since 1970; all of it when not given). `progress` is told the offset.
    Raises `Rejected` when it is no bundle; what is wrong inside is a fault, and the rest is read."""
    with no_collecting():
        return _fold(data, until, progress)


def _fold(data: bytes, until: int | None, progress: Callable[[int], None] | None) -> Replayed:
    community = bundle.community_of(data)
    replayed = Replayed(Book(community))
    read: dict[tuple[DeviceId, int], Entry] = {}
    pieces = bundle.pieces(data)
    while True:
        try:
            piece = next(pieces, None)
        except Rejected as why:
            replayed.faults.append((len(data), str(why)))
            break
        if piece is None:
            break
        items, entries = piece
        for item, entry in zip(items, entries, strict=True):
            try:
                if entry is None:
                    replayed.book.freeze(open_proof(item.data))
                elif isinstance(entry, Rejected):
                    replayed.faults.append((item.offset, str(entry)))
                elif until is None or entry.at <= until:
                    _read(replayed, entry, read)
            except Rejected as why:
                replayed.faults.append((item.offset, str(why)))
        if progress is not None and items:
            progress(items[-1].offset)
    for device, held in sorted(replayed.book.waiting.items()):
        log = replayed.book.logs.get(device)
        missing = log.size if log else 0
        replayed.faults.append(
            (len(data), f"{len(held)} entries of {member_text(device)} wait for its entry {missing}, which is missing")
        )
    return replayed


def _read(replayed: Replayed, entry: Entry, read: dict[tuple[DeviceId, int], Entry]) -> None:
    applied = replayed.book.apply(entry)
    if applied.place is Place.FORK:
        other = applied.other or read[entry.device, entry.seq]
        replayed.book.freeze(prove_fork(entry, other))
    for new in applied.entries:
        read[new.device, new.seq] = new
        replayed.entries += 1
        if new.at > replayed.last_at:
            replayed.last_at = new.at
        replayed.kinds[type(new.body).__name__.lower() if new.body else "unknown"] += 1


def state(replayed: Replayed, at: int) -> dict[str, Any]:
    """What stood at `at`, in ms since 1970: agreements by state, open listings, balances."""
    book = replayed.book
    agreements = Counter(agreement.state_at(at).value for agreement in book.agreements.all())
    return {
        **replayed.plain(),
        "at": at,
        "agreements": dict(sorted(agreements.items())),
        "listings_open": sum(listed.open_at(Millis(at)) for listed in book.listings.all()),
        "balances": {member_text(member): balance for member, balance in sorted(book.credit.balances().items())},
        "kinds": dict(sorted(replayed.kinds.items())),
    }
