"""Where a running node can be reached by the command line and by a second start: one small file in the profile."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from ruil.node import private, whole_file
from ruil.node.errors import DiskRefused


@dataclass(frozen=True, slots=True)
class Running:
    """A node that runs: where its page is, and the token that lets this user's programs in."""

    url: str
    token: str


def announce(folder: Path, running: Running) -> None:
    """Say where this node can be reached; only this user can read it. Raises `DiskRefused`."""
    try:
        whole_file.write(folder / "running.json", json.dumps({"url": running.url, "token": running.token}).encode())
    except OSError as why:
        raise DiskRefused.of_folder(folder, why) from None


def find_running(folder: Path) -> Running | None:
    """The node that said where it can be reached; None when there is no such word. Raises `TooOpen`: who reads it can
    speak to that node."""
    private.check_file(folder / "running.json")
    try:
        plain = json.loads((folder / "running.json").read_text())
        return Running(plain["url"], plain["token"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def withdraw(folder: Path) -> None:
    """This node can not be reached any more. A folder that is closed by now keeps the word: nothing answers there."""
    with contextlib.suppress(OSError):
        (folder / "running.json").unlink(missing_ok=True)
