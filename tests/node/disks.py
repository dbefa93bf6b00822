"""Disks that really refuse: a small one of its own to fill up, and folders that stay closed even to root."""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o size="$1",mode=700 none "$2" && echo ready && exec cat'
_WAYS = {("mnt",): ("--mount",), ("user", "mnt"): ("--user", "--map-root-user", "--mount")}  # as root; as anybody
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1


class SmallDisk:
    """A file system of a few MiB. `folder` is where programs that `enter` see it, `root` where this process does."""

    def __init__(self, folder: Path, keeper: int, namespaces: tuple[str, ...]) -> None:
        self.folder = folder
        self.root = Path(f"/proc/{keeper}/root") / folder.relative_to("/")
        self._filler = self.root / "filler"
        self._namespaces = [f"/proc/{keeper}/ns/{name}" for name in namespaces]

    def enter(self) -> None:
        """In a child before it becomes another program: see the file systems as the keeper does."""
        here = Path.cwd()
        for namespace in self._namespaces:
            if ctypes.CDLL(None, use_errno=True).setns(os.open(namespace, os.O_RDONLY), 0) != 0:
                raise OSError(ctypes.get_errno(), f"{namespace} can not be entered")
        os.chdir(here)

    def fill(self, *, leave_bytes: int = 0) -> None:
        """Take all the room there is, but for so many bytes (in whole blocks of the file system)."""
        with self._filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
        with self._filler.open("ab") as file:
            file.truncate(max(0, file.tell() - leave_bytes))

    def make_room(self) -> None:
        """Give the room back."""
        self._filler.unlink()


@contextlib.contextmanager
def small_disk(folder: Path, size: str = "3m") -> Iterator[SmallDisk]:
    """A tmpfs in a mount namespace of its own: it needs no right that a plain user lacks, and is gone with its keeper,
    whatever happens to this process."""
    folder.mkdir()
    said = ""
    for namespaces, way in _WAYS.items():
        keeper = subprocess.Popen(
            ["unshare", *way, "--propagation", "private", "sh", "-c", _MOUNT, "sh", size, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with keeper:
            assert keeper.stdin is not None
            assert keeper.stdout is not None
            assert keeper.stderr is not None
            if keeper.stdout.readline() == "ready\n":
                try:
                    yield SmallDisk(folder, keeper.pid, namespaces)
                finally:
                    keeper.stdin.close()
                return
            said += keeper.stderr.read()
    raise AssertionError(f"no small disk can be had here: {said}")


def obey_modes() -> None:
    """In a child before it becomes another program: root, too, may then write only where the modes allow it."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)  # refused to anybody who never had the right


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing can be made, renamed or removed in this folder by a child that obeys modes."""
    mode = folder.stat().st_mode
    os.chmod(folder, 0o500)
    try:
        yield
    finally:
        os.chmod(folder, mode)
