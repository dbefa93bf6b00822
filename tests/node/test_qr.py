"""A text as a picture: what is drawn is what was meant, and what does not fit is not drawn."""

import re

from ruil.node import qr


def drawn(picture: qr.Picture) -> set[tuple[int, int]]:
    """The dark modules of an SVG path."""
    found = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", picture.path):
        found |= {(int(x) + step, int(y)) for step in range(int(width))}
    return found


def test_the_page_and_the_terminal_show_the_same_picture() -> None:
    text = "ask-" + "abcdefgh234567" * 20

    picture = qr.picture(text)

    assert picture is not None
    dark = drawn(picture)
    assert {(4, 4), (4, 10), (10, 4), (picture.side - 5, 4)} <= dark  # corners of the three finders
    assert not any(x < 4 or y < 4 or x >= picture.side - 4 or y >= picture.side - 4 for x, y in dark)
    rows = qr.terminal(text).splitlines()
    for y, row in enumerate(rows):
        for x, sign in enumerate(row):
            above, below = {"\u2588": (0, 0), "\u2580": (0, 1), "\u2584": (1, 0), " ": (1, 1), "\u00a0": (1, 1)}[sign]
            assert ((x, 2 * y) in dark) == bool(above)
            assert ((x, 2 * y + 1) in dark) == bool(below) or 2 * y + 1 >= picture.side


def test_a_text_that_no_picture_holds_is_not_drawn() -> None:
    assert qr.picture("a" * (qr.CHARS_MAX + 1)) is None
    assert qr.terminal("a" * (qr.CHARS_MAX + 1)) == ""
    assert qr.picture("A" * qr.CHARS_MAX) is not None
