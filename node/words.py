"""Words: amounts and things as people say them, the same on the page, at the command line and in --json."""

from typing import Any

from ruil.protocol.bodies import CREDIT, Commitment, Term
from ruil.protocol.book import Book

Plain = dict[str, Any]


def amount(book: Book, parts: int) -> str:
    """An amount of the community's unit as people say it: `1.5 hours`."""
    charter = book.members.charter
    per_unit, unit = (charter.parts, charter.unit) if charter else (1, "credit")
    sign = "-" if parts < 0 else ""
    whole, rest = divmod(abs(parts), per_unit)
    text = f"{whole}" if not rest else f"{whole + rest / per_unit:.2f}".rstrip("0").rstrip(".")
    return f"{sign}{text} {'hour' if (text, unit) == ('1', 'hours') else unit}"


def much(book: Book, given: Commitment | Term, quantity: int) -> str:
    """So much of what is promised, in words."""
    if given.unit == CREDIT:
        return amount(book, quantity)
    said = given.unit == "one" or given.unit.lower() in given.what.lower().split()  # not "2 loaf Sourdough loaf"
    return f"{quantity} {given.what}" if said else f"{quantity} {given.unit} {given.what}"
