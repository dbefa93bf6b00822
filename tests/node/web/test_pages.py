"""Every page, as a browser without JavaScript sees and uses it."""

from typing import Any


async def test_the_first_page_asks_who_you_are_and_nothing_else_is_served(newcomer: Any) -> None:
    first = await newcomer.get("")
    posting = await newcomer.get("post")

    assert "Your name" in first.text
    assert str(posting.url).endswith(newcomer.page.base)


async def test_after_the_first_run_the_page_welcomes(newcomer: Any) -> None:
    answer = await newcomer.post("begin", name="Anna", place="52.37, 4.90", community="Elm Street")

    assert "Welcome." in answer.text
    assert "Nothing is posted here yet." in answer.text


async def test_an_offer_goes_from_the_form_to_near_me(anna: Any) -> None:
    answer = await anna.post(
        "post",
        shown_at="post",
        role="offer",
        kind="bread",
        title="Sourdough loaf",
        quantity="4",
        unit="loaf",
        wants="credit",
        pay="0.5",
    )

    assert "Posted." in answer.text
    assert "0.5 hours" in answer.text
    assert "Sourdough loaf" in (await anna.get("")).text
