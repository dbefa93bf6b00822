"""The drawings in the spec are the ones the code gives."""

from ruil.protocol.agreement import TABLE
from tests.docs import drawings


def test_the_drawing_of_an_agreements_life_is_current() -> None:
    page = drawings.PAGE.read_text(encoding="utf-8")

    assert drawings.drawn(page) == page


def test_every_row_of_the_table_is_in_the_drawing() -> None:
    text = drawings.drawing()

    for (before, who, said), after in TABLE.items():
        assert f"| {before.value} | {who.value} | {said.value} | {after.value} |" in text
