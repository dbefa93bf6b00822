"""A disk that reports errors, at every step in turn: each is a sentence, and what was acknowledged before it stays."""

import contextlib
import ctypes
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from ruil.node.errors import DiskRefused
from ruil.node.store import Store
from tests.node.disk_errors import faults, steps
from tests.node.power import IN_MEMORY
from tests.node.power_cuts import shelf

PART = 8  # of all steps one in so many is tried here, and all of them in `make soak`


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as made:
        yield Path(made)


@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "for ever"])
def test_an_error_at_any_step_of_the_disk_is_a_sentence_and_loses_nothing(folder: Path, for_ever: bool) -> None:
    count = steps(folder / "count")

    assert count > 100
    for step in range(int(for_ever), count, PART):
        assert faults(folder / f"{step}", step, for_ever=for_ever, cuts=1) == [], step


def test_an_error_that_sqlite_would_keep_to_itself_is_told(folder: Path) -> None:
    """When a checkpoint fails, SQLite goes on in silence. After a failed sync the next one would succeed, with a hole
    in what was kept."""
    heard = 0

    def hear(store: Store) -> None:
        nonlocal heard
        for device in shelf().others:
            for entry in device.entries:
                store.append([entry])
                heard += 1

    store = Store(folder, shelf().own.id)
    with broken("pwrite64", folder / "logs.sqlite"), pytest.raises(DiskRefused, match="The disk reports an error"):
        hear(store)
    store.close()

    store = Store(folder, shelf().own.id)
    assert store.damage() == []
    assert len(list(store.all())) >= heard > 100
    store.close()


@contextlib.contextmanager
def broken(name: str, path: Path) -> Iterator[None]:
    """Each such call of SQLite's own file system on this file gives an I/O error."""
    unix = apsw.VFS("asked", "unix")
    was = unix.xGetSystemCall(name)
    assert was is not None
    call = ctypes.CFUNCTYPE(
        ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
    )

    @call
    def instead(descriptor: int, data: int, size: int, offset: int) -> int:
        if os.readlink(f"/proc/self/fd/{descriptor}") != str(path):
            return int(call(was)(descriptor, data, size, offset))
        ctypes.set_errno(errno.EIO)
        return -1

    pointer = ctypes.cast(instead, ctypes.c_void_p).value
    assert pointer is not None
    unix.xSetSystemCall(name, pointer)
    try:
        yield
    finally:
        unix.xSetSystemCall(name, was)
        unix.unregister()
