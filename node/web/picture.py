"""The picture of a standing: me, my partners as lanes, the raters, the target. Coordinates alone; a template draws it.

Green is a good word and a plain line, red a bad one and a line with a cross at its end, so that the picture does not
rest on colour; dashed is older than one half-life. The same facts stand as text beside it.
"""

from dataclasses import dataclass
from typing import Final

from ruil.node.views import Plain

WIDTH: Final = 720
ROW: Final = 46  # pixels from one rater to the next
RATERS_MAX: Final = 8  # the weightiest; the table has all
_X: Final = {"me": 60, "partner": 260, "rater": 460, "target": 660}


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
    """From one person to the next; `width` in pixels, one vote is eight."""

    path: str
    kind: str
    width: float
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw, and how many raters were left out."""

    width: int
    height: int
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    left_out: int


def draw(person: Plain) -> Picture | None:
    """The picture of `views.person`; None when there is nobody between the viewer and the target."""
    rows = person["rows"][:RATERS_MAX]
    if not rows:
        return None
    height = max(120, ROW * len(rows) + 50)
    middle = height // 2
    dots = [Dot(_X["me"], middle, "you", "me"), Dot(_X["target"], middle, person["name"], "target")]
    lines: list[Line] = []
    partners: dict[str, list[int]] = {}
    weights: dict[str, float] = {}
    for index, row in enumerate(rows):
        y = 40 + ROW * index + (height - 50 - ROW * len(rows)) // 2
        votes = row["voice"] * row["recency"]
        kind = "good" if row["good"] else "bad"
        if len(row["path"]) <= 1:  # my own word: straight from me
            lines.append(Line(_curve(_X["me"], middle, _X["target"], middle, y), kind, _width(votes), row["dashed"]))
            continue
        partner = row["path"][1]
        partners.setdefault(partner, []).append(y)
        weights[partner] = weights.get(partner, 0.0) + votes
        if len(row["path"]) > 2:
            dots.append(Dot(_X["rater"], y, row["rater"], "rater"))
        lines.append(
            Line(_curve(_X["rater"], y, _X["target"], middle), kind, _width(votes), row["dashed"]),
        )
    bridges = {lane["partner"] for lane in person["lanes"] if lane["bridge"]}
    for partner, ys in partners.items():
        y = sum(ys) // len(ys)
        dots.append(Dot(_X["partner"], y, partner, "partner", partner in bridges))
        lines.append(Line(_curve(_X["me"], middle, _X["partner"], y), "lane", _width(weights[partner])))
        lines += [Line(_curve(_X["partner"], y, _X["rater"], end), "lane", 2.0) for end in ys]
    return Picture(WIDTH, height, tuple(dots), tuple(lines), len(person["rows"]) - len(rows))


def _width(votes: float) -> float:
    return round(1.5 + 8 * min(1.0, votes), 1)


def _curve(x: int, y: int, to_x: int, to_y: int, over: int | None = None) -> str:
    bend = (x + to_x) // 2
    first, second = (y, to_y) if over is None else (over - 30, over - 30)
    return f"M{x} {y} C{bend} {first} {bend} {second} {to_x} {to_y}"
