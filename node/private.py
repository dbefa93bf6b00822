"""Private: the files of a profile are for its owner alone, and one that others can read or change is not opened.

Every file is made that way, whatever the umask; one that was opened up since is refused with what to type. The folder
alone would do, but files get copied out of it with their modes.
"""

from pathlib import Path
from typing import Final

from ruil.node import whole_file
from ruil.node.errors import TooOpen

_OTHERS: Final = 0o077
_ENDS: Final = (".json", ".toml", ".snapshot", ".sqlite", ".sqlite-wal", ".sqlite-shm")  # of files that are ours
_FIRST: Final = frozenset({"lock", "running.json", "asked"})  # may be there before there is a profile


def check(folder: Path) -> None:
    """Raises `TooOpen`, naming the first that others can read or change, and OSError."""
    if folder.stat().st_mode & _OTHERS:
        raise TooOpen(f"Others can look into the profile. Run: chmod 700 {folder}")
    for path in sorted(folder.iterdir()):
        if path.name.endswith(_ENDS):
            check_file(path)


def check_file(path: Path) -> None:
    """The same for one file. One that is gone by now is no trouble."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if mode & _OTHERS:
        raise TooOpen(f"Others can read or change {path}. Run: chmod 600 {path}")


def prepare(folder: Path) -> None:
    """A folder for a new profile. One that was made by hand and is empty is closed to others; one that holds something
    is not ours to close, and raises `TooOpen`. Raises OSError."""
    whole_file.folder(folder)
    if not folder.stat().st_mode & _OTHERS:
        return
    if any(path.name not in _FIRST for path in folder.iterdir()):
        raise TooOpen(
            f"Others can look into {folder}, which holds something already. Run: chmod 700 {folder}, or choose another"
            " folder with RUIL_HOME."
        )
    folder.chmod(0o700)
