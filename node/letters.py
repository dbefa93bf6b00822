"""Letters on the disk: `letters.sqlite` in the profile, sealed as they travel.

Beside each letter stands what is remembered of it (protocol/letters.py, `Note`). A commit is on the disk before it
returns: a letter that was said to be kept is never lost, be it ours or one left here by a neighbour. The words are
opened when somebody reads them, with this device's key. Pictures that were drawn anew to be shown are kept, so that
each is drawn once; they go when their letter goes.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final

import apsw

from ruil.node.errors import DiskRefused
from ruil.node.store import InWords, open_database
from ruil.protocol.events import DropLetter, KeepLetter
from ruil.protocol.ids import LetterId
from ruil.protocol.letters import Note, note_bytes, note_of

NAME: Final = "letters.sqlite"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, note BLOB NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS pictures (id BLOB PRIMARY KEY, drawn BLOB NOT NULL) WITHOUT ROWID;
"""
_PUT: Final = """
INSERT INTO letters (id, note, data) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET note = excluded.note, data = excluded.data
"""
_DAMAGED: Final = (
    f"The database {NAME}, which holds your letters, is damaged. What you said and your keys are elsewhere and safe."
    " Move it away and start again: what your other devices and your neighbours still keep for you comes again."
)


class _InWords(InWords):
    """As `InWords`, with what to do about this database."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(own=True)

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, where: TracebackType | None
    ) -> None:
        if isinstance(why, apsw.CorruptError | apsw.NotADBError):
            raise DiskRefused(_DAMAGED) from None
        super().__exit__(kind, why, where)


class Letters:
    """The letters of one profile. Threads may share it: one at a time uses the connection."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        with _InWords():
            self._database = open_database(folder / NAME, "FULL", _SCHEMA)

    def keep(self, changes: Iterable[KeepLetter | DropLetter]) -> None:
        """Do all of these, in their order and in one commit; returns when it is on the disk."""
        with _InWords(), self._lock, self._database:
            for change in changes:
                if isinstance(change, DropLetter):
                    self._database.execute("DELETE FROM letters WHERE id = ?", (change.letter,))
                    self._database.execute("DELETE FROM pictures WHERE id = ?", (change.letter,))
                    continue
                note, data = change.note, change.data
                if data == b"":
                    self._database.execute("DELETE FROM pictures WHERE id = ?", (note.id,))
                if data is None:
                    self._database.execute("UPDATE letters SET note = ? WHERE id = ?", (note_bytes(note), note.id))
                else:
                    self._database.execute(_PUT, (note.id, note_bytes(note), data))

    def notes(self) -> list[Note]:
        """What is remembered of all letters, in the order they came."""
        with _InWords(), self._lock:
            return [note_of(row[0]) for row in self._database.execute("SELECT note FROM letters ORDER BY number")]

    def read(self, letter: LetterId) -> bytes:
        """A letter as it travels; nothing when it is not kept here."""
        with _InWords(), self._lock:
            row = self._database.execute("SELECT data FROM letters WHERE id = ?", (letter,)).fetchone()
            return bytes(row[0]) if row is not None else b""

    def picture(self, letter: LetterId) -> bytes:
        """The picture of a letter as it was drawn anew here; nothing when it was not yet."""
        with _InWords(), self._lock:
            row = self._database.execute("SELECT drawn FROM pictures WHERE id = ?", (letter,)).fetchone()
            return bytes(row[0]) if row is not None else b""

    def keep_picture(self, letter: LetterId, drawn: bytes) -> None:
        """Keep a picture that was drawn anew, unless its letter is gone by now."""
        with _InWords(), self._lock:
            self._database.execute(
                "INSERT OR REPLACE INTO pictures SELECT id, ? FROM letters WHERE id = ? AND data != x''",
                (drawn, letter),
            )

    def damage(self) -> list[str]:
        """What SQLite finds wrong with its file; empty when nothing."""
        with _InWords(), self._lock:
            return [row[0] for row in self._database.execute("PRAGMA integrity_check") if row[0] != "ok"]

    def close(self) -> None:
        """Whatever the disk says to it: what was kept stays kept, in the write-ahead log if need be."""
        with _InWords():
            self._database.close()
