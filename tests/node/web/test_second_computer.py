"""Two real nodes in a real browser: a second computer is asked for and let in, and a key is changed while both run."""

from pathlib import Path

import pytest

from tests.node.shell import Shell, founding
from tests.node.web.test_browser import in_a_browser
from tests.node.web.test_two_pages import Sitting, browser, sync_api

__all__ = ["browser"]


@pytest.mark.processes
@in_a_browser
def test_a_second_computer_is_let_in_by_its_six_words_and_goes_on_when_the_key_is_changed(
    browser: "sync_api.Browser",
    tmp_path: Path,
) -> None:
    nodes = [founding(Shell(tmp_path / "anna", DISCOVER="no")), Shell(tmp_path / "laptop", DISCOVER="no")]
    with nodes[0].running(), nodes[1].running():
        first, second = (Sitting(browser, node).page for node in nodes)
        second.click("text=This is another computer of mine")
        second.fill("#ask-name", "laptop")
        second.click("text=Ask to be let in")
        words = second.locator("strong.six").inner_text()

        first.click("nav >> text=You")
        first.click("text=Your computers")
        first.click("text=Let another computer")
        first.fill("#grant-text", second.input_value("#request"))
        first.click("text=Say yes")
        assert first.locator("strong.six").inner_text() == words
        first.check("#grant-same")
        first.click("text=Say yes")
        second.fill("#take-text", first.input_value("#granted"))
        second.click("text=Go on")
        second.get_by_text("This computer speaks for you now").wait_for()
        assert second.locator(".card").filter(has_text="this one").inner_text().startswith("laptop")
        first.click("nav >> text=You")
        first.click("text=Your computers")
        first.locator(".card").filter(has_text="laptop").wait_for()  # by a live update, once the two have met

        first.click("text=Somebody may have seen my key")
        first.check("#key-sure")
        first.click("text=Take a new key")

        first.get_by_text("You have a new key; you stay who you are.").wait_for()
        second.click("text=Near me")
        second.click("text=Offer something")
        second.fill("#post-title", "Sourdough loaf")
        second.fill("#post-kind", "bread")
        second.click("main button.main")
        second.get_by_text("Posted.").wait_for()
        first.get_by_role("link", name="Sourdough loaf").wait_for()
