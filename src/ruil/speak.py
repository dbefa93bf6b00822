"""How the command line speaks: tables for people, one JSON object for machines, and what each exit code means.

0 done · 1 an unexpected stop · 2 the command was typed wrong · 3 no profile yet · 4 the disk refused · 5 the profile is
in use · 6 keys readable by others · 7 a busy port · 8 refused, with the reason · 9 a check found something wrong
"""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruil.protocol.errors import Refused

REFUSED = 8
FOUND_WRONG = 9

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


@functools.cache
def out() -> "Console":
    """What people read. Made when something is said to people: whoever asks for JSON waits for no tables."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


@functools.cache
def err() -> "Console":
    """What went wrong, and how far a long work has come."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def bar() -> "Progress":
    """How far a long work has come, on a terminal; gone when it is done."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    return Progress(*columns, console=err(), transient=True, disable=not err().is_terminal)


def answer(plain: dict[str, Any], *, as_json: bool, people: Callable[[dict[str, Any]], None]) -> None:
    """Print an answer: as one JSON object, or the way `people` shows it."""
    if as_json:
        sys.stdout.write(json.dumps(plain, ensure_ascii=False) + "\n")
    else:
        people(plain)


def table(rows: list[dict[str, Any]], columns: dict[str, str], empty: str) -> None:
    """Rows as a table: `columns` maps a key to its heading. Markup in strangers' words is text."""
    if not rows:
        out().print(empty)
        return
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        made.add_column(heading)
    for row in rows:
        made.add_row(*(_cell(row[key]) for key in columns))
    out().print(made)


def _cell(value: Any) -> str:
    from rich.markup import escape

    if value is None:
        return "–"
    if isinstance(value, list):
        return escape(" or ".join(map(str, value)))
    return escape(str(value))


def say(text: str) -> None:
    """A line for people, on stdout; strangers' words in it stay words."""
    out().print(text, markup=False)


def complain(text: str) -> None:
    """A line about what went wrong, on stderr."""
    err().print(text, markup=False)


def facts(plain: dict[str, Any]) -> None:
    """An object as lines of name and value, without those that are empty; its faults go to stderr. What is made of
    several values is shown by its `text`, if it has one."""
    for key, value in plain.items():
        if isinstance(value, dict):
            value = value.get("text", value)
        if isinstance(value, (list, tuple)) and not any(isinstance(each, dict) for each in value):
            value = ", ".join(map(str, value))
        if key not in ("schema", "faults") and value not in ("", None):
            say(f"{key.replace('_', ' '):14s} {value}")
    for fault in plain.get("faults", []):
        complain(f"byte {fault['offset']}: {fault['what']}")


def read(path: Path) -> bytes:
    """The bytes of a file. Raises `Refused` when there are none to be had."""
    try:
        return path.read_bytes()
    except OSError as why:
        raise Refused(f"{path} can not be read: {why.strerror}") from None
