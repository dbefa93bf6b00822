"""The picture of a standing: me, my partners as lanes, the raters, the target. Coordinates alone; a template draws it.

A good word is green with a plus, a bad one red with a minus, so that the picture does not rest on colour; dashed is
older than one half-life. The same facts stand as text beside it.
"""

from dataclasses import dataclass
from typing import Final

from ruil.node.views import Plain

WIDTH: Final = 720
ROW: Final = 52  # pixels from one rater to the next
RATERS_MAX: Final = 8  # the weightiest; the table has all
_ME, _PARTNER, _RATER, _TARGET = 60, 260, 460, 660  # from left to right


@dataclass(frozen=True, slots=True)
class Dot:
    """A person in the picture. `ring`: nearly all of the voice comes through them."""

    x: int
    y: int
    name: str
    kind: str
    ring: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """From one person to the next; `width` in pixels, one vote is eight wider than none."""

    path: str
    kind: str
    width: float
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The sign in the middle of a word's line."""

    x: int
    y: int
    sign: str
    kind: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw, and how many raters were left out."""

    width: int
    height: int
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    left_out: int


def draw(person: Plain) -> Picture | None:
    """The picture of `standings.person`; None when there is nobody between the viewer and the target."""
    rows = sorted(person["rows"][:RATERS_MAX], key=lambda row: len(row["path"]) > 1)  # my own word goes over the rest
    if not rows:
        return None
    height = max(120, ROW * len(rows) + 40)
    middle = height // 2
    dots = [Dot(_ME, middle, "you", "me"), Dot(_TARGET, middle, person["name"], "target")]
    lines: list[Line] = []
    words: list[Line] = []
    marks: list[Mark] = []
    reached: dict[str, list[tuple[int, bool, float]]] = {}
    for index, row in enumerate(rows):
        y = height // 2 + ROW * index - ROW * (len(rows) - 1) // 2 - 8
        votes = row["voice"] * row["recency"]
        kind, sign = ("good", "+") if row["good"] else ("bad", "−")
        steps = len(row["path"])
        start = _ME if steps <= 1 else _PARTNER if steps == 2 else _RATER
        if steps <= 1:
            path, at = _arch(middle, 16), Mark((_ME + _TARGET) // 2, (middle + 3 * 16) // 4, sign, kind)
        else:
            path, at = _curve(start, y, _TARGET, middle), Mark((start + _TARGET) // 2, (y + middle) // 2, sign, kind)
            reached.setdefault(row["path"][1], []).append((y, steps > 2, votes))
        if steps > 2:
            dots.append(Dot(_RATER, y, row["rater"], "rater"))
        words.append(Line(path, kind, _width(votes), row["dashed"]))
        marks.append(at)
    bridges = {lane["partner"] for lane in person["lanes"] if lane["bridge"]}
    for partner, ends in reached.items():
        # A partner who rated stands where their own word begins; else in the middle of those they lead to.
        own = [y for y, further, _ in ends if not further]
        y = own[0] if own else sum(end for end, _, _ in ends) // len(ends)
        dots.append(Dot(_PARTNER, y, partner, "partner", partner in bridges))
        lines.append(Line(_curve(_ME, middle, _PARTNER, y), "lane", _width(sum(votes for _, _, votes in ends))))
        lines += [
            Line(_curve(_PARTNER, y, _RATER, end), "lane", _width(votes)) for end, further, votes in ends if further
        ]
    return Picture(WIDTH, height, tuple(dots), (*lines, *words), tuple(marks), len(person["rows"]) - len(rows))


def _width(votes: float) -> float:
    return round(1.5 + 8 * min(1.0, votes), 1)


def _curve(x: int, y: int, to_x: int, to_y: int) -> str:
    bend = (x + to_x) // 2
    return f"M{x} {y} C{bend} {y} {bend} {to_y} {to_x} {to_y}"


def _arch(middle: int, top: int) -> str:
    return f"M{_ME} {middle} C{_PARTNER - 60} {top} {_RATER + 60} {top} {_TARGET} {middle}"
