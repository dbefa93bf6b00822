"""The store: what is kept on the loop is kept as well as what is kept in a thread, and never waits."""

import threading
from pathlib import Path

import apsw
import pytest

from ruil.node.store import CHECKPOINT_BYTES, PAGE_BYTES, QUICK_BYTES, QUICK_MAX, ROWS, Store
from ruil.protocol.bodies import Profile
from ruil.protocol.entry import Entry
from ruil.protocol.limits import SEQ_MAX
from tests.protocol.actors import Village


def many(count: int) -> list[Entry]:
    made = Village()
    for number in range(count - len(made.founder.entries)):
        made.founder.say(Profile(f"name {number}"))
    return list(made.founder.entries)


class Opened(apsw.VFS):
    """SQLite's own file system, and the names of the files it opened; "" for those that have none."""

    def __init__(self) -> None:
        super().__init__("opened", "unix", makedefault=True)
        self.names: set[str] = set()

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_why: object) -> None:
        self.unregister()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self.names.add(Path(path).name)
        return apsw.VFSFile("unix", name, flags)


@pytest.fixture
def others(tmp_path: Path) -> Store:
    """A store of somebody else's, past its first commit."""
    kept = Store(tmp_path, Village().device("another").id)
    kept.append(many(2))
    return kept


def test_a_few_entries_of_others_are_kept_at_once_and_stay(others: Store, tmp_path: Path) -> None:
    entries = many(2 + QUICK_MAX)

    assert others.append_quickly(entries[2:])
    others.close()

    again = Store(tmp_path, Village().device("another").id)
    assert again.read(entries[0].device, 0, SEQ_MAX) == [entry.data for entry in entries]


@pytest.mark.parametrize("count", [3, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS + 7])
def test_however_many_come_at_once_all_are_kept_in_order(tmp_path: Path, count: int) -> None:
    entries = many(count)
    kept = Store(tmp_path, Village().device("another").id)

    kept.append(entries)
    kept.append(entries)  # what is there already stays as it is

    assert kept.read(entries[0].device, 0, SEQ_MAX) == [entry.data for entry in entries]


@pytest.mark.parametrize("count", [3, ROWS, 2 * ROWS + 7])
def test_a_forgotten_entry_that_comes_again_among_others_is_whole_again(tmp_path: Path, count: int) -> None:
    entries = many(count)
    kept = Store(tmp_path, Village().device("another").id)
    kept.append([entry for place, entry in enumerate(entries) if place % 2])
    kept.forget([(entries[1].device, 1, b"")])

    kept.append(entries)

    assert kept.read(entries[0].device, 0, SEQ_MAX) == [entry.data for entry in entries]


def test_many_entries_take_no_file_beside_the_database_and_its_log(tmp_path: Path) -> None:
    """For a statement that it may have to take back, SQLite writes each page a second time, to a file of its own."""
    made = Village()
    entries = [*made.founder.entries, *(made.founder.say(Profile("long", about="x" * 300)) for _ in range(500))]
    with Opened() as files:
        kept = Store(tmp_path, Village().device("another").id)
        kept.append(entries)
        kept.close()

    assert "logs.sqlite-wal" in files.names
    assert "" not in files.names


def test_what_we_said_ourselves_is_never_kept_in_passing(tmp_path: Path) -> None:
    entries = many(3)
    ours = Store(tmp_path, entries[0].device)
    ours.append(entries[:2])

    assert not ours.append_quickly(entries[2:])
    assert ours.read(entries[0].device, 2, 2) == []


def test_many_or_long_entries_are_left_to_a_thread(others: Store) -> None:
    many_ones = many(3 + QUICK_MAX)[2:]
    made = Village()
    long_ones = [made.founder.say(Profile("long", about="x" * 3_000)) for _ in range(QUICK_MAX)]

    assert not others.append_quickly(many_ones)
    assert sum(len(entry.data) for entry in long_ones) > QUICK_BYTES
    assert not others.append_quickly(long_ones)


def test_it_waits_for_nobody_who_uses_the_database(others: Store) -> None:
    held, done = threading.Event(), threading.Event()

    def reader() -> None:
        with others._lock:
            held.set()
            done.wait()

    thread = threading.Thread(target=reader)
    thread.start()
    held.wait()
    try:
        assert not others.append_quickly(many(3)[2:])
    finally:
        done.set()
        thread.join()


def test_it_waits_for_no_other_program_that_writes_in_the_database(others: Store, tmp_path: Path) -> None:
    entries = many(4)
    program = apsw.Connection(str(tmp_path / "logs.sqlite"))
    program.execute("BEGIN IMMEDIATE")

    assert not others.append_quickly(entries[2:3])
    assert others.read(entries[0].device, 2, 2) == []
    program.execute("ROLLBACK")
    assert others.append_quickly(entries[2:3])
    assert others.read(entries[0].device, 2, 2) == [entries[2].data]


def test_checkpoints_and_the_first_commit_after_one_are_left_to_a_thread(others: Store, tmp_path: Path) -> None:
    """Both wait for the disk; after them it is quick again."""
    entries = iter(many(1_000)[2:])
    before = (tmp_path / "logs.sqlite").stat().st_size
    quick = 0
    while others.append_quickly([entry := next(entries)]):
        quick += 1

    assert quick > CHECKPOINT_BYTES // PAGE_BYTES["NORMAL"] // 10
    assert (tmp_path / "logs.sqlite").stat().st_size == before
    others.append([entry])
    assert (tmp_path / "logs.sqlite").stat().st_size > before
    entry = next(entries)
    assert not others.append_quickly([entry])
    others.append([entry])
    assert others.append_quickly([next(entries)])
