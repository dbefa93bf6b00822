"""The store: entries in SQLite, as the bytes that were signed. The only file that imports the database.

Two databases. `own.sqlite` holds what this device said, and a commit there is on the disk before it returns
(synchronous FULL): what we have sent we must never forget, or we would fork ourselves. `logs.sqlite` holds everybody
else's, which can be fetched again (synchronous NORMAL, many entries to a commit). Everything else is worked out anew.
"""

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import apsw

from ruil.node import whole_file
from ruil.node.errors import Busy, DiskRefused
from ruil.protocol.entry import Entry, forget, is_whole
from ruil.protocol.ids import DeviceId
from ruil.protocol.limits import SEQ_MAX

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    device BLOB NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (device, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cuts (about BLOB PRIMARY KEY, proof BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gists (
    device BLOB NOT NULL, seq INTEGER NOT NULL, payload BLOB NOT NULL, saved INTEGER NOT NULL, PRIMARY KEY (device, seq)
) WITHOUT ROWID;
"""
VERSION: Final = 1
# Others' entries come many to a commit, and a large page takes many of them (a fifth less CPU time than 4,096). What we
# said ourselves is written one by one, each time a whole page: there the small one is faster.
PAGE_BYTES: Final = {"FULL": 4_096, "NORMAL": 16_384}
# So long may a write-ahead log become: as SQLite's own thousand pages of 4,096. An entry that comes alone is a page or
# two, and a thousand of the large ones took seconds to sync where twenty nodes shared a disk; everybody waited for it.
CHECKPOINT_BYTES: Final = 4_096_000
QUICK_MAX: Final = 8  # entries of others that are kept on the loop, and their bytes: 0.1 ms at most
QUICK_BYTES: Final = 16 << 10
_SAY: Final = "INSERT INTO entries VALUES (?, ?, ?)"  # never OR IGNORE: a second entry at one place would be a fork
_KEEP: Final = "INSERT OR FAIL INTO entries VALUES (?, ?, ?)"
ROWS: Final = 50  # of others in one statement: a sixth less work than one after the other
_KEEP_ROWS: Final = _KEEP + ", (?, ?, ?)" * (ROWS - 1)
# Nearly nothing comes twice. A statement that may replace takes a third more: SQLite first writes what it is about to
# change into a file of its own, to be able to take back that statement alone; one that may fail needs no such file.
_KEEP_AGAIN: Final = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)"
_BUSY_MS: Final = 2_000  # how long another program that looks into a database is waited for
_FULL: Final = "The disk is full. Everything said before is safe; this was not kept. Make room and start again."
# A full disk can not grow the shared memory of the write-ahead log either, and SQLite calls that an I/O error.
_NO_ROOM: Final = (apsw.SQLITE_IOERR_SHMSIZE, apsw.SQLITE_IOERR_SHMMAP, apsw.SQLITE_IOERR_SHMOPEN)


_OWN, _LOGS = "own.sqlite", "logs.sqlite"
_SPOKE: Final = 0x5255494C  # in the logs' header once this device has said something: the other database can't be new


def damaged(*, own: bool) -> DiskRefused:
    """What to do about a database that does not hold what was written there."""
    if own:
        return DiskRefused(
            f"The database {_OWN}, which holds what you said, is damaged. Your keys are in another file and safe."
            " Move it away and read an export with: ruil import FILE. A neighbour's export holds your words too; take"
            " the newest there is."
        )
    return DiskRefused(
        f"The database {_LOGS}, which holds what others said, is damaged. What you said is in another file and safe."
        " Move it away and start again: your neighbours send all of it."
    )


def _missing() -> DiskRefused:
    """A log begun anew would contradict the one that neighbours hold, and nobody would believe this device again."""
    return DiskRefused(
        f"What you said is missing: {_OWN} is not there, or empty. Put it back, or read an export with:"
        " ruil import FILE. A neighbour's export holds your words too; take the newest there is. Or go on as a new"
        " device: ruil device anew"
    )


class InWords:
    """Turns a database's errors into a sentence. A class: the steps of a generator show beside a quick commit."""

    __slots__ = ("_own",)

    def __init__(self, *, own: bool) -> None:
        self._own = own

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, why: BaseException | None, _where: TracebackType | None
    ) -> None:
        if isinstance(why, apsw.Error) and (refused := _sentence(_cause(why), own=self._own)) is not None:
            raise refused from None
        if isinstance(why, UnicodeDecodeError):  # there is no text in our tables: a page is another's
            raise damaged(own=self._own) from None


_OURS: Final = InWords(own=True)


def _cause(why: apsw.Error) -> apsw.Error:
    """What really went wrong: when SQLite has taken a transaction back by itself, apsw's own attempt fails too."""
    while isinstance(why.__context__, apsw.Error):
        why = why.__context__
    return why


def _sentence(why: apsw.Error, *, own: bool) -> DiskRefused | None:
    """What to tell a person; None for what is our own mistake."""
    match why:
        case apsw.FullError():
            return DiskRefused(_FULL)
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError():
            return DiskRefused(
                "The profile's folder can not be written. Nothing was lost. Give this user the right to write there."
            )
        case apsw.CorruptError() | apsw.NotADBError():
            return damaged(own=own)
        case apsw.IOError():
            exact = int(vars(why)["extendedresult"])  # apsw's types do not know of it
            if exact in _NO_ROOM:
                return DiskRefused(_FULL)
            what = apsw.mapping_extended_result_codes.get(exact, "")
            return DiskRefused(
                f"The disk reports an error: {why} {what}. Nothing more is written; check the disk. What was said last"
                " may have been kept all the same: look before you say it again."
            )
        case apsw.BusyError() | apsw.LockedError():
            return Busy("Another program holds the database. Close it and start again.")
        case _:
            return None


def settle(folder: Path) -> None:
    """What a node left behind that ended without a word is on the disk for sure when this returns. To be called by who
    holds the profile's lock, before it is read: another who has the database open would write on where nobody looks.

    A write-ahead log is read by the next start, which sends what it finds there. Yet a node that was killed before its
    sync left what a power cut may still take, and then it would be said otherwise: a fork. And after a sync that failed
    the next one succeeds without a word. So the write-ahead log is written anew."""
    try:
        for log in sorted(folder.glob("*.sqlite-wal")):
            if left := log.read_bytes():
                whole_file.write(log, left)
    except OSError as why:
        if why.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskRefused(_FULL) from None
        raise DiskRefused.of_folder(folder, why) from None


class Store:
    """The entries of one profile. Threads may share it: one at a time uses the connections."""

    def __init__(
        self,
        folder: Path,
        own: DeviceId,
        *,
        restoring: bool = False,
        said: Callable[[Entry], None] = lambda _: None,
    ) -> None:
        """`restoring`: what this device said may be missing, because it is about to be read from an export. `said` is
        told the last of our own entries of each commit, once it is on the disk."""
        self._said = said
        self._own_device = own
        self._lock = threading.RLock()  # who reads all entries may look up one meanwhile
        lost = (folder / _LOGS).exists() and not (folder / _OWN).exists()  # ours is made first
        if lost and not restoring:
            raise _missing()
        with InWords(own=True):
            self._own = open_database(folder / _OWN, "FULL")
            spoke = self._own.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is not None
        with InWords(own=False):
            self._logs = open_database(folder / _LOGS, "NORMAL")
            if spoke != (self._logs.pragma("application_id") == _SPOKE):
                if not spoke and not restoring:
                    raise _missing()
                if spoke:
                    self._logs.pragma("application_id", _SPOKE)
        self._quick = False  # a commit is made that waits for nothing
        self._waits_next = True  # the next commit of others' entries may have to wait for the disk
        self._logs.set_wal_hook(self._after_commit)
        if spoke:
            self._give_up_others()

    def _give_up_others(self) -> None:
        """What an earlier device of this profile said is from now on a log like any other."""
        with InWords(own=True):
            rows = self._own.execute("SELECT * FROM entries WHERE device != ?", (self._own_device,)).fetchall()
        if not rows:
            return
        with InWords(own=False):
            self._logs.pragma("synchronous", "FULL")  # it is in no other place of this disk in a moment
            self._keep_others(rows)
            self._logs.pragma("synchronous", "NORMAL")
        with InWords(own=True):
            self._own.execute("DELETE FROM entries WHERE device != ?", (self._own_device,))

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep entries, in one commit per database; returns when our own are on the disk."""
        if len(entries) == 1 and entries[0].device == self._own_device:  # nearly always, when we say something
            self._append_alone(entries[0])
            return
        rows = [(entry.device, entry.seq, entry.data) for entry in entries]
        own = [row for row in rows if row[0] == self._own_device]
        others = [row for row in rows if row[0] != self._own_device] if own else rows
        with self._lock:
            if others:
                with InWords(own=False):
                    self._keep_others(others)
            if own:  # last: what our member said must not be kept when we answer that it was not
                self._append_own(own)
                self._said(next(entry for entry in reversed(entries) if entry.device == self._own_device))

    def append_quickly(self, entries: Sequence[Entry]) -> bool:
        """Keep a few entries of others without waiting for anybody, 0.05 ms: a thread would cost four times that. False
        when it can not be: nothing is kept then, and `append` has to."""
        if self._waits_next or len(entries) > QUICK_MAX or any(one.device == self._own_device for one in entries):
            return False
        if sum(len(entry.data) for entry in entries) > QUICK_BYTES or not self._lock.acquire(blocking=False):
            return False
        self._quick = True
        self._logs.set_busy_timeout(0)
        try:
            with InWords(own=False):
                self._keep_others([(entry.device, entry.seq, entry.data) for entry in entries])
        except Busy:  # another program looks into the database: a thread can wait for it
            return False
        finally:
            self._logs.set_busy_timeout(_BUSY_MS)
            self._quick = False
            self._lock.release()
        return True

    def _keep_others(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._logs:
            whole = len(rows) - len(rows) % ROWS
            try:
                for start in range(0, whole, ROWS):
                    self._logs.execute(_KEEP_ROWS, list(chain.from_iterable(rows[start : start + ROWS])))
                if whole < len(rows):
                    self._logs.executemany(_KEEP, rows[whole:] if whole else rows)
            except apsw.ConstraintError:  # some are here, whole or forgotten; those before them are kept by now
                self._logs.executemany(_KEEP_AGAIN, rows)

    def _after_commit(self, database: apsw.Connection, name: str, pages: int) -> int:
        """A checkpoint waits for the disk, and so does the first commit after it: both are made in a thread."""
        most = CHECKPOINT_BYTES // PAGE_BYTES["NORMAL"]
        self._waits_next = pages >= most
        return apsw.SQLITE_OK if self._quick else _checkpoint(database, name, pages, most)

    def _append_alone(self, entry: Entry) -> None:
        """A commit by itself, without a transaction around it or a list: after the wait for the disk nothing is left in
        the processor's caches, and every step costs several times its price."""
        with self._lock:
            with _OURS:
                self._own.execute(_SAY, (entry.device, entry.seq, entry.data))
            self._said(entry)

    def _append_own(self, rows: list[tuple[DeviceId, int, bytes]]) -> None:
        with _OURS, self._own:
            self._own.executemany(_SAY, rows)

    def keep(self, about: bytes, proof: bytes) -> None:
        """Keep what cuts a log, in place of an earlier one `about` the same."""
        self.keep_all([(about, proof)])

    def keep_all(self, cuts: Iterable[tuple[bytes, bytes]]) -> None:
        """The same for many, in one commit."""
        with InWords(own=False), self._lock, self._logs:
            self._logs.executemany("INSERT OR REPLACE INTO cuts VALUES (?, ?)", cuts)

    def _of(self, device: DeviceId) -> apsw.Connection:
        return self._own if device == self._own_device else self._logs

    def read(self, device: DeviceId, first: int, last: int) -> list[bytes]:
        """The bytes of entries `first` to `last` of a log, in order."""
        with InWords(own=device == self._own_device), self._lock:
            rows = self._of(device).execute(
                "SELECT data FROM entries WHERE device = ? AND seq BETWEEN ? AND ? ORDER BY seq", (device, first, last)
            )
            return [row[0] for row in rows]

    def last(self, device: DeviceId) -> tuple[int, bytes]:
        """How long the log of a device is here, and its last entry; (0, nothing) when there is none."""
        with InWords(own=device == self._own_device), self._lock:
            row = (
                self._of(device)
                .execute("SELECT seq, data FROM entries WHERE device = ? ORDER BY seq DESC LIMIT 1", (device,))
                .fetchone()
            )
        return (row[0] + 1, row[1]) if row is not None else (0, b"")

    def all(self) -> Iterator[tuple[DeviceId, bytes]]:
        """Every entry, log by log in the order of device keys: (device, bytes)."""
        with InWords(own=True), self._lock:
            own = [(self._own_device, row[0]) for row in self._own.execute("SELECT data FROM entries ORDER BY seq")]
        with InWords(own=False), self._lock:
            done = False
            for device, data in self._logs.execute("SELECT device, data FROM entries ORDER BY device, seq"):
                if not done and device > self._own_device:
                    yield from own
                    done = True
                yield DeviceId(device), data
            if not done:
                yield from own

    def beyond(self, known: Mapping[DeviceId, tuple[int, int | None]]) -> Iterator[tuple[DeviceId, bytes]]:
        """Of every log the entries that are not `known`: device -> (how many are, before which one to stop)."""
        for device in (self._own_device, *self._devices()):
            first, end = known.get(device, (0, None))
            for data in self.read(device, first, SEQ_MAX if end is None else end - 1):
                yield device, data

    def _devices(self) -> Iterator[DeviceId]:
        """Whose logs are here, each found by one step through the index instead of a walk through all entries."""
        device = b""
        while True:
            with InWords(own=False), self._lock:
                row = self._logs.execute(
                    "SELECT device FROM entries WHERE device > ? ORDER BY device LIMIT 1", (device,)
                ).fetchone()
            if row is None:
                return
            device = row[0]
            yield DeviceId(device)

    def proofs(self) -> list[bytes]:
        """Everything that cuts a log."""
        with InWords(own=False), self._lock:
            return [row[0] for row in self._logs.execute("SELECT proof FROM cuts ORDER BY about")]

    # Room ----------------------------------------

    def forget(self, gists: Iterable[tuple[DeviceId, int, bytes]]) -> int:
        """Drop the payloads of others' entries, and keep these gists instead, all in one commit: (device, seq, payload
        of the gist). Returns how many bytes that saved."""
        saved = 0
        with InWords(own=False), self._lock, self._logs:
            for device, seq, payload in gists:
                place = (device, seq)
                row = self._logs.execute("SELECT data FROM entries WHERE device = ? AND seq = ?", place).fetchone()
                if row is None or not is_whole(row[0]):
                    continue
                short = forget(row[0])
                less = len(row[0]) - len(short) - len(payload)
                self._logs.execute("UPDATE entries SET data = ? WHERE device = ? AND seq = ?", (short, *place))
                self._logs.execute("INSERT OR REPLACE INTO gists VALUES (?, ?, ?, ?)", (*place, payload, less))
                saved += less
        return saved

    def gist(self, device: DeviceId, seq: int) -> bytes | None:
        """What is kept of the payload of a forgotten entry."""
        with InWords(own=False), self._lock:
            row = self._logs.execute("SELECT payload FROM gists WHERE device = ? AND seq = ?", (device, seq)).fetchone()
        return row[0] if row is not None else None

    def dropped(self) -> tuple[int, int]:
        """Of how many entries the payload was dropped, and how many bytes that saved."""
        with InWords(own=False), self._lock:
            ((count, saved),) = self._logs.execute("SELECT COUNT(*), TOTAL(saved) FROM gists")
        return count, int(saved)

    def size(self) -> int:
        """Bytes that others' logs take on the disk."""
        with InWords(own=False), self._lock:
            pages, free, each = (self._logs.pragma(name) for name in ("page_count", "freelist_count", "page_size"))
        return int((pages - free) * each)

    def compact(self) -> None:
        """Give the disk back what was dropped. Takes as much room again while it lasts; without it nothing is lost."""
        with self._lock, InWords(own=False), contextlib.suppress(apsw.FullError):
            self._logs.execute("VACUUM")

    def damage(self) -> list[str]:
        """What SQLite finds wrong with its files; empty when nothing."""
        found: list[str] = []
        for own, database in ((True, self._own), (False, self._logs)):
            with InWords(own=own), self._lock:
                found += [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found

    def close(self) -> None:
        """Whatever the disk says to it: what was kept stays kept, in the write-ahead log if need be."""
        try:
            with InWords(own=True):
                self._own.close()
        finally:
            with InWords(own=False):
                self._logs.close()


def sqlite_version() -> str:
    """The SQLite this node stores in: apsw brings its own, newer than Python's."""
    return apsw.sqlite_lib_version()


def _checkpoint(database: apsw.Connection, name: str, pages: int, most: int) -> int:
    """What SQLite does by itself, but for what the disk says to it, which SQLite keeps to itself: after a sync that
    failed it would go on, the next one would succeed without writing what the first one lost, and a power cut then
    leaves a database that is half of one moment and half of another."""
    if pages >= most:
        database.wal_checkpoint(name)
    return apsw.SQLITE_OK


def open_database(path: Path, synchronous: str, schema: str = _SCHEMA) -> apsw.Connection:
    """A database of a profile, new or old. Raises `DiskRefused` for one of a newer version."""
    with contextlib.suppress(OSError):  # what it will not make SQLite says better
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # or it would be as open as the umask until it is closed
    database = apsw.Connection(str(path))
    database.set_busy_timeout(_BUSY_MS)
    database.pragma("page_size", PAGE_BYTES[synchronous])  # of a new file; an old one keeps its own
    database.pragma("journal_mode", "wal")
    database.pragma("synchronous", synchronous)
    database.set_wal_hook(partial(_checkpoint, most=CHECKPOINT_BYTES // PAGE_BYTES[synchronous]))
    if database.pragma("user_version") > VERSION:
        raise DiskRefused(f"{path.name} was written by a newer ruil. Update ruil; nothing was changed.")
    database.execute(schema)
    if database.pragma("user_version") != VERSION:  # or every look at a profile would write to the disk
        database.pragma("user_version", VERSION)
    return database
