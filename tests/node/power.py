"""A disk whose power can be cut: it remembers every write and sync in one folder, and says what could be left.

    with Disk(folder) as disk:      # SQLite's default file system; plain files are seen through os.fsync and os.replace
        ...                         # whatever the node does
    for image in images(disk.record, points, chance): image.write(elsewhere)

What was synced is there. Of the rest, each sector of 512 bytes holds what it held at some moment since the last sync,
or what it held then: so writes are dropped, torn, and reach the disk in any order. Names of files are as late: a new
file, a renamed or a removed one is so for sure only once its folder was synced. A sync that failed leaves either, and
the system believes from then on that all is well (as Linux does).
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any

import apsw

SECTOR = 512
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a good place to look at images: nothing waits for it
# SQLite syncs the folder with the first sync of a new one of these (SQLITE_OPEN_MAIN_JOURNAL, _SUPER_JOURNAL, _WAL).
_NAMES_SYNCED = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL | apsw.SQLITE_OPEN_WAL
_ERRORS = {
    "open": (apsw.CantOpenError, apsw.SQLITE_CANTOPEN),
    "write": (apsw.IOError, apsw.SQLITE_IOERR_WRITE),
    "cut": (apsw.IOError, apsw.SQLITE_IOERR_TRUNCATE),
    "sync": (apsw.IOError, apsw.SQLITE_IOERR_FSYNC),
    "remove": (apsw.IOError, apsw.SQLITE_IOERR_DELETE),
    "read": (apsw.IOError, apsw.SQLITE_IOERR_READ),
}


@dataclass(frozen=True, slots=True)
class Made:
    """A name for a new file. Numbers are what files keep when they are renamed."""

    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Wrote:
    number: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """The file is so long now."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    number: int
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Renamed:
    """It takes the place of what had the new name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Removed:
    name: str


@dataclass(frozen=True, slots=True)
class NamesSynced:
    """The folder was synced: its files have the names they have."""


Happened = Made | Wrote | Cut | Synced | Renamed | Removed | NamesSynced


class Disk(apsw.VFS):
    """Everything SQLite does in `folder`, remembered. `failing` is asked before each step (its kind, the file's name)
    and says whether the disk reports an error; `dead` is a process that was killed: nothing of it happens any more."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"power {id(self)}", "unix", makedefault=True)
        self.folder = folder.resolve()
        self.record: list[Happened] = []
        self.failing: Callable[[str, str], bool] = lambda _kind, _name: False
        self.dead = False
        self.believing = True  # False: a disk that says it has synced, and has not
        self._numbers: dict[str, int] = {}
        self._count = 0
        self._plain: dict[int, bytes] = {}  # what plain files held when they were looked at last
        for path in sorted(self.folder.iterdir()):
            if path.is_file():
                number = self.made(path.name)
                data = path.read_bytes()
                self.record += [Wrote(number, 0, data), Synced(number)]
                self._plain[number] = data
        self.record.append(NamesSynced())

    def __enter__(self) -> "Disk":
        self._saved = {name: getattr(os, name) for name in ("fsync", "replace", "unlink")}
        os.fsync, os.replace, os.unlink = self._fsync, self._replace, self._unlink  # type: ignore[assignment]
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _why: BaseException | None, _where: TracebackType | None
    ) -> None:
        for name, real in self._saved.items():
            setattr(os, name, real)
        self.unregister()

    def made(self, name: str) -> int:
        """The number of the file with this name, which may be new."""
        if name not in self._numbers:
            self._count += 1
            self._numbers[name] = self._count
            self.record.append(Made(name, self._count))
        return self._numbers[name]

    def step(self, kind: str, name: str) -> None:
        """Raises when the disk does not do it."""
        if self.dead or self.failing(kind, name):
            error, code = _ERRORS[kind]
            why = error("the disk failed")
            why.extendedresult = code  # type: ignore[attr-defined]
            raise why

    # SQLite's files ----------------------------------------

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        if path.parent.resolve() != self.folder:
            return apsw.VFSFile("unix", name, flags)
        self.step("open", path.name)
        return _File(self, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        path = Path(filename)
        if path.parent.resolve() == self.folder:
            self.step("remove", path.name)
        super().xDelete(filename, syncdir)
        if path.parent.resolve() == self.folder:
            self._gone(path.name)
            if syncdir:
                self.record.append(NamesSynced())

    def _gone(self, name: str) -> None:
        if self._numbers.pop(name, None) is not None:
            self.record.append(Removed(name))

    # Plain files ----------------------------------------

    def look(self, path: Path) -> int | None:
        """Remember what a plain file holds now, if it is one of the folder."""
        if path.parent != self.folder or not path.is_file():
            return None
        number = self.made(path.name)
        data = path.read_bytes()
        if data != self._plain.get(number):
            self._plain[number] = data
            self.record += [Cut(number, 0), Wrote(number, 0, data)]
        return number

    def _fsync(self, descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path == self.folder:
            self.record.append(NamesSynced())
        elif (number := self.look(path)) is not None:
            self.record.append(Synced(number))
        else:
            self._saved["fsync"](descriptor)

    def _replace(self, old: Any, new: Any) -> None:
        self.look(Path(old))
        self._saved["replace"](old, new)
        if Path(new).parent == self.folder:
            self._numbers[Path(new).name] = self._numbers.pop(Path(old).name)
            self.record.append(Renamed(Path(old).name, Path(new).name))

    def _unlink(self, path: Any, **options: Any) -> None:
        self._saved["unlink"](path, **options)
        if Path(path).parent == self.folder:
            self._gone(Path(path).name)


class _File(apsw.VFSFile):
    """One of SQLite's files in the folder."""

    def __init__(self, disk: Disk, path: Path, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._name = path.name
        super().__init__("unix", name, flags)
        self._number = disk.made(path.name)
        self._names_too = bool(flags[0] & apsw.SQLITE_OPEN_CREATE) and bool(flags[0] & _NAMES_SYNCED)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._disk.step("read", self._name)
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.step("write", self._name)
        super().xWrite(data, offset)
        self._disk.record.append(Wrote(self._number, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        self._disk.step("cut", self._name)
        super().xTruncate(newsize)
        self._disk.record.append(Cut(self._number, newsize))

    def xSync(self, flags: int) -> None:
        del flags  # the file's length counts in either way of syncing
        try:
            self._disk.step("sync", self._name)
        except apsw.IOError:
            if not self._disk.dead:
                self._disk.record.append(Synced(self._number, failed=True))
            raise
        if self._disk.believing:
            self._disk.record.append(Synced(self._number))
            if self._names_too:
                self._disk.record.append(NamesSynced())
                self._names_too = False


# What can be left ----------------------------------------


@dataclass(slots=True)
class _Kept:
    """One file: what programs see, what is on the disk for sure, and what each sector held since."""

    seen: bytearray = field(default_factory=bytearray)
    sure: bytearray = field(default_factory=bytearray)
    since: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)  # sector -> (when, what)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def wrote(self, when: int, offset: int, data: bytes) -> None:
        end = offset + len(data)
        if end > len(self.seen):
            self._sized(when, end)
        self.seen[offset:end] = data
        for sector in range(offset // SECTOR, (end + SECTOR - 1) // SECTOR):
            now = bytes(self.seen[sector * SECTOR : (sector + 1) * SECTOR]).ljust(SECTOR, b"\0")
            self.since.setdefault(sector, []).append((when, now))

    def cut(self, when: int, size: int) -> None:
        self._sized(when, size)

    def _sized(self, when: int, size: int) -> None:
        del self.seen[size:]
        self.seen.extend(bytes(size - len(self.seen)))
        self.sizes.append((when, size))

    def synced(self) -> None:
        for sector, versions in self.since.items():
            _put(self.sure, sector, versions[-1][1])
        _fit(self.sure, len(self.seen))
        self.since.clear()
        self.sizes.clear()

    def left(self, until: Callable[[], float], *, garbage: Random | None = None) -> bytearray:
        """What could be there: every sector as it was at the moment `until` says for it, or earlier."""
        found = bytearray(self.sure)
        size = _last(self.sizes, until(), len(self.sure))
        for sector, versions in self.since.items():
            version = _last(versions, until(), None)
            if version is not None:
                _put(found, sector, version)
            elif garbage is not None and sector * SECTOR >= len(self.sure):
                _put(found, sector, garbage.randbytes(SECTOR))  # a block that belonged to another file
        _fit(found, size)
        return found


def _last(versions: list[tuple[int, Any]], until: float, otherwise: Any) -> Any:
    """The last version up to a moment."""
    for when, version in reversed(versions):
        if when <= until:
            return version
    return otherwise


def _put(data: bytearray, sector: int, version: bytes) -> None:
    start = sector * SECTOR
    if len(data) < start:
        data.extend(bytes(start - len(data)))
    data[start : start + SECTOR] = version


def _fit(data: bytearray, size: int) -> None:
    del data[size:]
    data.extend(bytes(size - len(data)))


@dataclass(frozen=True, slots=True)
class Image:
    """What is in the folder when the power is back. `at`: after so many steps it was cut; `way`: how bad it was."""

    at: int
    way: str
    files: dict[str, bytes]

    def write(self, folder: Path) -> None:
        """Put it into a folder, in place of all that is there."""
        folder.mkdir(mode=0o700, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, data in self.files.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)


WAYS = ("nothing more", "everything", "up to a moment", "torn", "any order", "any order, garbage")


class _Platter:
    """All files, as the record is played to them."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._kept: dict[int, _Kept] = {}
        self._names: dict[str, int] = {}
        self._pending: list[tuple[int, Made | Renamed | Removed]] = []

    def play(self, when: int, happened: Happened) -> None:
        match happened:
            case Made(_, number):
                self._kept[number] = _Kept()
                self._pending.append((when, happened))
            case Renamed() | Removed():
                self._pending.append((when, happened))
            case Wrote(number, offset, data):
                self._kept[number].wrote(when, offset, data)
            case Cut(number, size):
                self._kept[number].cut(when, size)
            case Synced(number, False):
                self._kept[number].synced()
            case Synced(number, True):
                kept = self._kept[number]
                kept.sure = kept.left(self._any(when))
                kept.since.clear()
                kept.sizes.clear()
            case NamesSynced():
                self._name(self._names, {id(each) for _, each in self._pending})
                self._pending.clear()

    def _any(self, now: int) -> Callable[[], float]:
        """For every sector another moment; rather the ends than the middle, where fewer things go wrong."""
        share = self._chance.choice((0.1, 0.5, 0.9))
        draw = self._chance.random

        def until() -> float:
            return draw() * now if draw() < 0.3 else (now if draw() < share else -1)

        return until

    def _name(self, names: dict[str, int], happening: set[int]) -> None:
        for _, each in self._pending:
            if id(each) not in happening:
                continue
            match each:
                case Made(name, number):
                    names[name] = number
                case Removed(name):
                    names.pop(name, None)
                case Renamed(old, new):
                    if old in names:
                        names[new] = names.pop(old)

    def image(self, now: int, way: str) -> Image:
        chance = self._chance
        moment = chance.uniform(max(0, now - chance.choice((2, 10, 100))), now)
        until: Callable[[], float]
        match way:
            case "nothing more":
                until = lambda: -1  # noqa: E731  a constant
            case "everything":
                until = lambda: now  # noqa: E731
            case "up to a moment":
                until = lambda: moment  # noqa: E731
            case "torn":
                until = lambda: moment + chance.choice((0, 1))  # noqa: E731
            case _:
                until = self._any(now)
        garbage = chance if way.endswith("garbage") else None
        names = dict(self._names)
        if way.startswith("any order"):  # each name by itself; what happened to one name stays in its order
            ends: dict[str, float] = {}
            late: set[int] = set()
            for when, each in self._pending:
                name = each.new if isinstance(each, Renamed) else each.name
                if when <= ends.setdefault(name, until()):
                    late.add(id(each))
        else:
            late = {id(each) for when, each in self._pending if when <= until()}
        self._name(names, late)
        files = {name: bytes(self._kept[number].left(until, garbage=garbage)) for name, number in names.items()}
        if garbage is not None:  # shared memory, which nobody writes through us and nobody syncs
            files |= {f"{name}-shm": garbage.randbytes(32_768) for name in names if name.endswith(".sqlite")}
        return Image(now, way, files)


def images(record: list[Happened], points: Iterable[int], chance: Random) -> Iterator[Image]:
    """What could be left when the power was cut after so many steps (each point gives one image)."""
    platter = _Platter(chance)
    when = 0
    for number, point in enumerate(sorted(points)):
        while when < point:
            platter.play(when, record[when])
            when += 1
        yield platter.image(when, WAYS[number % len(WAYS)])


@contextlib.contextmanager
def killed(disk: Disk) -> Iterator[None]:
    """What is done meanwhile is done by nobody: the process is dead, and only lets go of its locks."""
    disk.dead = True
    try:
        yield
    finally:
        disk.dead = False
