"""A calendar file: reservations as RFC 5545 has them, for any calendar program.

The same reservations give the same bytes: nothing in the file is the time or the place of its making. Times are in UTC.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from ruil.node.views import Plain

LINE_BYTES_MAX: Final = 75  # RFC 5545, section 3.1: longer lines are folded
PRODUCT: Final = "-//ruil//reservations//EN"


def calendar(reservations: Iterable[Plain]) -> str:
    """The whole file, for rows as the desk's `calendar` gives them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    for row in reservations:
        lines += _event(row)
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _event(row: Plain) -> list[str]:
    # By its UID a program that reads the file again finds the event it has: it never changes.
    return [
        "BEGIN:VEVENT",
        f"UID:{row['id']}-{row['number']}@ruil.invalid",
        f"DTSTAMP:{_time(row['at'])}",
        f"DTSTART:{_time(row['begins'])}",
        f"DTEND:{_time(row['ends'])}",
        f"SUMMARY:{_text(row['summary'])}",
        f"DESCRIPTION:{_text(row['text'])}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
    ]


def _time(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(said: str) -> str:
    """TEXT (section 3.3.11). Nothing a stranger writes can end the line it stands in."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        said = said.replace(plain, written)
    return "".join(letter for letter in said if letter >= " " and letter not in "\x7f\x85\u2028\u2029")


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 bytes, each further one behind a blank; no letter is cut."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > LINE_BYTES_MAX:
            yield piece
            piece = " "
        piece += letter
    yield piece
