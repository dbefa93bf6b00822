"""Places: coarse cells, and how far one is from another. Nothing finer than a cell ever leaves this machine."""

import re
from typing import Final

from ruil.protocol import cells
from ruil.protocol.errors import Refused
from ruil.protocol.limits import CELL_RES_DEFAULT

_CELL: Final = re.compile("[0-9a-fA-F]{15,16}").fullmatch


def cell_from_text(text: str) -> int | None:
    """A cell from "52.37, 4.90" (blurred to a cell of 36 km²) or from an H3 cell's own name; None for nothing."""
    text = text.strip()
    if not text:
        return None
    import h3  # when it is needed, here as below: a start needs none of it

    if "," in text:
        try:
            latitude, longitude = (float(part) for part in text.split(","))
        except ValueError:
            raise Refused(f"{text!r} is not a place: write latitude and longitude, such as 52.37, 4.90") from None
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise Refused("a latitude is between -90 and 90, a longitude between -180 and 180")
        return int(h3.latlng_to_cell(latitude, longitude, CELL_RES_DEFAULT), 16)
    if not _CELL(text) or not h3.is_valid_cell(text):  # of other numbers h3 raises whatever it likes
        raise Refused(f"{text!r} is not a place: write latitude and longitude, such as 52.37, 4.90")
    cell = int(text, 16)
    cells.check(cell)
    return cell


def distance_km(one: int | None, other: int | None) -> int | None:
    """Whole kilometres between the centres of two cells; None when either is not known."""
    if one is None or other is None:
        return None
    import h3

    names = (f"{one:x}", f"{other:x}")
    if not all(h3.is_valid_cell(name) for name in names):
        return None
    kilometres: float = h3.great_circle_distance(*(h3.cell_to_latlng(name) for name in names), unit="km")
    return round(kilometres)
