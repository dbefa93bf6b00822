"""A text as a QR picture, so that another computer's or a telephone's camera reads it instead of somebody's fingers.

Our texts may be written in capitals, which a QR picture holds in half the room. The only file that imports segno.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import segno

CHARS_MAX: Final = 4_296  # capitals, digits and few signs in the largest picture there is
_QUIET: Final = 4  # light modules around it, without which a camera does not find it


@dataclass(frozen=True, slots=True)
class Picture:
    """A QR picture for the page: an SVG path of its dark modules, in a square of so many units."""

    side: int
    path: str


def _code(text: str) -> "segno.QRCode":
    import segno  # when it is needed: a node that starts draws nothing yet

    return segno.make_qr(text.upper(), error="l", boost_error=False)


def picture(text: str) -> Picture | None:
    """The picture of one of our texts; None when it holds more than a picture can."""
    if len(text) > CHARS_MAX:
        return None
    rows = [bytes(row) for row in _code(text).matrix]
    parts = []
    for y, row in enumerate(rows, _QUIET):
        x = 0
        while x < len(row):
            width = 1
            if row[x]:
                while x + width < len(row) and row[x + width]:
                    width += 1
                parts.append(f"M{x + _QUIET} {y}h{width}v1h-{width}z")
            x += width
    return Picture(len(rows) + 2 * _QUIET, "".join(parts))


def terminal(text: str) -> str:
    """The picture as lines of half blocks, for a terminal that is light on dark; cameras read the other kind too."""
    if len(text) > CHARS_MAX:
        return ""
    drawn = io.StringIO()
    _code(text).terminal(drawn, compact=True, border=_QUIET)
    return drawn.getvalue()
