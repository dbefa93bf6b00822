"""What can be measured of the page's look: every text can be read, in light and in dark."""

import re
from pathlib import Path

import pytest

from ruil.node import web
from ruil.node.web import picture

CSS = (Path(web.__file__).parent / "static" / "ruil.css").read_text()
PAIRS = [  # text on ground
    *((text, ground) for text in ("ink", "soft", "accent", "good", "bad") for ground in ("paper", "card")),
    ("accent-ink", "accent"),
    ("accent", "tint"),
    ("ink", "tint"),
    ("warm", "warm-tint"),
    ("ink", "warm-tint"),
    ("bad", "bad-tint"),
    ("ink", "bad-tint"),
]


def colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", dark))


def brightness(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(scheme: str) -> None:
    found = colours(scheme)

    for text, ground in PAIRS:
        assert contrast(found[text], found[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edge_of_every_field_can_be_seen(scheme: str) -> None:
    found = colours(scheme)

    for ground in ("paper", "card"):
        assert contrast(found["field"], found[ground]) >= 3, ground


def row(rater: str, *path: str, good: bool = True) -> dict[str, object]:
    return {"rater": rater, "good": good, "voice": 1.0, "recency": 0.5, "path": list(path), "dashed": False}


def test_nobody_between_us_means_no_picture() -> None:
    assert picture.draw({"name": "Ben", "rows": [], "lanes": []}) is None


def test_each_word_is_a_line_with_its_sign_and_a_bridge_has_a_ring() -> None:
    rows = [row("Carla", "Anna", "Carla"), row("Dirk", "Anna", "Carla", "Dirk", good=False), row("Anna", "Anna")]

    drawn = picture.draw({"name": "Ben", "rows": rows, "lanes": [{"partner": "Carla", "bridge": True}]})

    assert drawn is not None
    assert sorted((mark.sign, mark.kind) for mark in drawn.marks) == [("+", "good"), ("+", "good"), ("−", "bad")]
    assert [dot.name for dot in drawn.dots if dot.ring] == ["Carla"]
    assert {dot.name for dot in drawn.dots} == {"you", "Ben", "Carla", "Dirk"}


def test_a_picture_shows_the_weightiest_and_says_how_many_it_leaves_out() -> None:
    rows = [row(f"Rater {number}", "Anna", f"Rater {number}") for number in range(picture.RATERS_MAX + 5)]

    drawn = picture.draw({"name": "Ben", "rows": rows, "lanes": []})

    assert drawn is not None
    assert drawn.left_out == 5
    assert all(0 < dot.y < drawn.height for dot in drawn.dots)
