"""Cells: a place as an H3 cell, never finer than a member may give away.

Source: the H3 index bit layout. Spec: docs/spec/bodies.md, "Cells".
"""

from ruil.protocol.errors import Refused
from ruil.protocol.limits import CELL_RES_MAX


def shared(one: int, other: int) -> int:
    """How many levels of the grid two cells have in common, from the coarsest on: 0 for different parts of the world,
    and for no cell. Coarse, since two neighbours may lie on either side of a border; good enough to sort by."""
    if not one or not other or (one ^ other) >> 45 & 127:
        return 0
    for level in range(1, CELL_RES_MAX + 1):
        shift = 3 * (15 - level)
        if (one ^ other) >> shift & 7 or (one >> shift & 7) == 7:
            return level
    return CELL_RES_MAX + 1


def check(cell: int) -> None:
    """Refuse what is not an H3 cell, and any cell finer than `CELL_RES_MAX`."""
    resolution = (cell >> 52) & 15
    well_formed = 0 < cell < 1 << 63 and (cell >> 59) & 15 == 1 and (cell >> 56) & 7 == 0 and (cell >> 45) & 127 < 122
    digits = [(cell >> 3 * (15 - level)) & 7 for level in range(1, 16)]
    if not well_formed or any((digit == 7) != (level > resolution) for level, digit in enumerate(digits, 1)):
        raise Refused(f"{cell:x} is not an H3 cell")
    if resolution > CELL_RES_MAX:
        raise Refused(f"the place is a cell of resolution {resolution}, finer than allowed: at most {CELL_RES_MAX}")
