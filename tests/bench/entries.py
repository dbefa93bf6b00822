"""Figures 1 to 4 and 13: entries checked, stored, appended, verified beside a loop, and folded again."""

import gc
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import apsw
import msgspec
import trio
from nacl.signing import VerifyKey

from ruil.crypto.contexts import SIGN_ENTRY
from ruil.crypto.keys import SigningKey
from ruil.node import lease
from ruil.node.intake import Intake
from ruil.node.store import Store
from ruil.protocol import bundle, members
from ruil.protocol.bodies import Body, Listing, Profile, Want
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry, open_entries, open_entry, seal
from ruil.protocol.ids import CommunityId, DeviceId, Millis
from ruil.protocol.log import Log
from ruil.simulations.replay import fold
from tests.bench.measure import ROUNDS, cpu, figure, in_turn, ratio, wall

COUNT = 1_500
FRAME = 50  # entries that a node checks at once, in a thread
INGESTED = 6_000  # a disk's fixed costs (the write-ahead log begins, ends) are no part of the price of an entry
COMMUNITY = CommunityId(bytes(range(32)))
NOBODY = DeviceId(bytes(32))  # whose node this is: nobody whose words come
START = 1_767_225_600_000


def logs(count: int, devices: int = 4, town: int = 0) -> list[Entry]:
    """`count` valid entries of several logs: certificate, profile, then listings of about 300 bytes. Each town has its
    own: what a process remembers of one round must not help in the next."""
    made: list[Entry] = []
    for number in range(devices):
        member = SigningKey.from_seed(bytes([number + 1, town]) * 16)
        key = SigningKey.from_seed(bytes([number + 101, town]) * 16)
        log = Log(DeviceId(key.public))
        for seq in range(count // devices):
            at = Millis(START + seq * 1000)
            body: Body = members.certify(member, log.device, "bench", at) if seq == 0 else _listing(seq, at)
            if seq == 1:
                body = Profile("Bench")
            entry = seal(key, COMMUNITY, body, seq=seq, at=at, root=log.range.root(), salt=bytes(16))
            log.append(entry)
            made.append(entry)
    return made


def _listing(seq: int, at: Millis) -> Listing:
    return Listing(
        "offer", "bread", f"Loaf number {seq}", 4, "loaf", at + 86_400_000, text="Baked this morning. " * 6,
        tags=("bread", "sourdough"), wants=(Want("credit", 60, "credit"), Want("honey", 1, "jar")),
    )  # fmt: skip


def _verify(made: list[Entry]) -> Callable[[], None]:
    """The limit: nothing but the signatures of these entries, by PyNaCl."""
    keys = {entry.device: VerifyKey(entry.device) for entry in made}
    raw = [(keys[entry.device], SIGN_ENTRY + entry.id, entry.signed[-64:]) for entry in made]

    def limit() -> None:
        for key, message, signature in raw:
            key.verify(message, signature)

    return limit


def _frames(made: list[Entry], size: int) -> Iterator[tuple[DeviceId, tuple[bytes, ...]]]:
    """The bytes of entries as neighbours send them: of one log, so many at once."""
    for device, of_it in itertools.groupby(made, lambda entry: entry.device):
        data = [entry.data for entry in of_it]
        for start in range(0, len(data), size):
            yield device, tuple(data[start : start + size])


def _pieces(made: list[Entry], size: int) -> Iterator[list[Entry]]:
    for start in range(0, len(made), size):
        yield made[start : start + size]


def check() -> Iterator[dict[str, object]]:
    """All checks of a foreign entry, in memory, against the bare signature check: in frames of fifty, as they are asked
    for, and each alone, as it is pushed."""

    def rounds(size: int) -> Iterator[Iterator[tuple[Callable[[], object], Callable[[], object]]]]:
        for number in range(ROUNDS):
            known: dict[DeviceId, Log] = {}

            def ours(frames: list[tuple[DeviceId, tuple[bytes, ...]]], known: dict[DeviceId, Log] = known) -> None:
                for device, parts in frames:
                    log = known.get(device)
                    if log is None:
                        log = known[device] = Log(device)
                    for entry in _opened(parts, device):
                        log.append(entry)

            town = logs(COUNT, town=number)
            gc.freeze()  # what was built is no garbage, and looking through it again is no part of an entry's price
            yield ((_verify(piece), partial(ours, list(_frames(piece, size)))) for piece in _pieces(town, FRAME))

    for size, what in ((FRAME, "check a foreign entry (all checks, in memory)"), (1, "the same, one that comes alone")):
        seconds, share = in_turn(rounds(size))
        yield figure(what, COUNT / seconds, "entries per CPU s", share, 0.85)


def _opened(parts: tuple[bytes, ...], device: DeviceId) -> list[Entry]:
    if len(parts) == 1:
        return [open_entry(parts[0], COMMUNITY, device)]
    entries, wrong = open_entries(parts, COMMUNITY, device)
    assert wrong is None, wrong
    return entries


def ingest() -> Iterator[dict[str, object]]:
    """Entries of others checked, read by the Book and put into SQLite, 500 to a batch, against the bare signature: as a
    bundle is taken in, and as a node hears them, which checks fifty in one go. Opening the files is no part of it;
    writing the log back into the database at the end is."""
    unit = "entries per CPU s"
    ways = (("ingest into SQLite, batches of 500", _taken_in), ("the same, checked by fifty", _heard))
    for what, way in ways:
        with tempfile.TemporaryDirectory() as folder:
            seconds, share = in_turn(_ingested(Path(folder), way))
        yield figure(what, INGESTED / seconds, unit, share, 0.80)


def _ingested(
    folder: Path, way: Callable[[Book, Store, list[Entry]], Callable[[], None]]
) -> Iterator[Iterator[tuple[Callable[[], object], Callable[[], object]]]]:
    for number in range(ROUNDS):
        (folder / str(number)).mkdir()
        store, book = Store(folder / str(number), NOBODY), Book(COMMUNITY)
        town = logs(INGESTED, town=number)
        gc.freeze()  # as above
        pieces = ((_verify(piece), way(book, store, piece)) for piece in _pieces(town, bundle.PIECE_ITEMS))
        yield itertools.chain(pieces, [(_nothing, store.close)])


def _taken_in(book: Book, store: Store, made: list[Entry]) -> Callable[[], None]:
    intake = Intake(book, store, NOBODY)
    items = [bundle.Item(0, entry.device, entry.data) for entry in made]
    return lambda: intake.take(items, bundle.opened(items, COMMUNITY))


def _heard(book: Book, store: Store, made: list[Entry]) -> Callable[[], None]:
    frames = list(_frames(made, FRAME))

    def hear() -> None:
        taken: list[Entry] = []
        for device, parts in frames:
            for entry in _opened(parts, device):
                taken += book.apply(entry).entries
        store.append(taken)

    return hear


def _nothing() -> None:
    pass


def _raw(database: apsw.Connection, groups: list[list[Entry]]) -> None:
    database.execute("DELETE FROM entries")
    for part in groups:
        with database:
            for entry in part:
                database.execute("INSERT INTO entries VALUES (?, ?, ?)", (entry.device, entry.seq, entry.data))


def _keep(store: Store, held: lease.Lease, groups: list[list[Entry]]) -> None:
    store._own.execute("DELETE FROM entries")
    held._kept = msgspec.structs.replace(held._kept, size=0)
    for part in groups:
        store.append(part)


def append() -> Iterator[dict[str, object]]:
    """Durable own appends against raw SQLite with synchronous FULL, one by one and in groups."""
    made = logs(1_000, devices=1)
    own, key = made[0].device, SigningKey.from_seed(bytes([101, 0]) * 16)
    for group, bar in ((1, 0.90), (10, 0.90), (100, 0.50)):
        groups = [made[start : start + group] for start in range(0, min(len(made), 200 * group), group)][:200]

        with tempfile.TemporaryDirectory() as folder:
            database = apsw.Connection(str(Path(folder) / "raw.sqlite"))
            database.pragma("journal_mode", "wal")
            database.pragma("synchronous", "FULL")
            columns = "device BLOB NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (device, seq)"
            database.execute(f"CREATE TABLE entries ({columns}) WITHOUT ROWID")
            os.environ["RUIL_STATE"] = folder
            lease.begin(key)
            with lease.taken(key) as held:  # told of each commit, as by a node
                store = Store(Path(folder), own, said=held.said)
                seconds, share = ratio(partial(_keep, store, held, groups), partial(_raw, database, groups), wall)
                store.close()
            database.close()
        appended = sum(map(len, groups))
        yield figure(f"durable own append, groups of {group}", appended / seconds, "entries per s", share, bar)


def loop_delay() -> Iterator[dict[str, object]]:
    """How late the event loop is while entries are verified in threads, fifty a piece, as a node does: p99 in ms."""
    made = logs(COUNT, devices=1)

    def verify(part: list[Entry]) -> None:
        open_entries([entry.data for entry in part], COMMUNITY, part[0].device)

    async def main() -> list[float]:
        late: list[float] = []
        done = trio.Event()

        async def tick() -> None:
            while not done.is_set():
                due = time.perf_counter() + 0.005
                await trio.sleep(0.005)
                late.append((time.perf_counter() - due) * 1000)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(tick)
            for start in range(0, len(made), FRAME):
                await trio.to_thread.run_sync(verify, made[start : start + FRAME])
            done.set()
        return late

    late = sorted(trio.run(main))
    p99 = late[int(len(late) * 0.99)]
    yield figure("event-loop delay while verifying, p99", p99, "ms", p99 / 25, 1.0, at_most=True)


def replay() -> Iterator[dict[str, object]]:
    """A bundle verified against the bare signature check; verified entries folded again."""
    towns = [logs(COUNT, town=number) for number in range(ROUNDS)]
    limits = [_verify(town) for town in towns]
    bundles = [bundle.pack(COMMUNITY, [(entry.device, entry.data) for entry in town]) for town in towns]
    rounds = ([(limit, partial(fold, data))] for limit, data in zip(limits, bundles, strict=True))
    seconds, share = in_turn(rounds)
    yield figure("replay: verify and fold a bundle", COUNT / seconds, "entries per CPU s", share, 0.85)

    def again() -> None:
        book = Book(COMMUNITY)
        for entry in towns.pop():
            book.apply(entry)

    towns = [logs(COUNT, town=ROUNDS + number) for number in range(ROUNDS)]
    per_million = statistics.median(cpu(again) for _ in range(ROUNDS)) / COUNT * 1_000_000
    yield figure("fold 1M verified entries", per_million, "CPU s", per_million / 10, 1.0, at_most=True)
