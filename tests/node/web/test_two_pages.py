"""Two real nodes, two real pages in a real browser: a whole trade, from the first run to how each stands with whom."""

import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.shell import Shell, eventually

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.quiet,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="no chromium is installed on this machine"),
]

SEEN_SECONDS = 1.0  # what the project promises for an offer on one machine to be seen on another
# Notes when a title first stands among the listings. Whatever puts it there is the page's own doing.
WATCH = """() => {
  window.seen = {};
  const note = () => document.querySelectorAll("#listings h2").forEach((title) => {
    window.seen[title.textContent] ??= Date.now() / 1000;
  });
  note();
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
}"""


@pytest.fixture
def browser() -> "Iterator[sync_api.Browser]":
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


class Sitting:
    """One person in front of their page. Any script error fails the test at its end."""

    def __init__(self, browser: "sync_api.Browser", node: Shell) -> None:
        self.page = browser.new_context().new_page()
        self.page.set_default_timeout(20_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(node.login_url)
        self.home = self.page.url

    def begins(self, name: str, **answers: str) -> None:
        """The first run."""
        self.page.fill("#first-name", name)
        for field, text in answers.items():
            self.page.fill(f"#first-{field}", text)
        self.page.click("button.main")
        self.page.get_by_text("Welcome.").wait_for()
        self.home = self.page.url.partition("?")[0]

    def does(self, act: str) -> None:
        """Send one of an agreement's forms, and see that the page took it."""
        self.page.click(f"form[action$='/{act}'] button")
        self.page.wait_for_url("**?done=*")

    def sees_state(self, state: str) -> None:
        """Without touching the page: its live updates bring it."""
        self.page.locator(f"#agreement .tag.{state}").wait_for()


def test_a_whole_trade_between_two_pages_and_an_offer_is_seen_within_a_second(
    browser: "sync_api.Browser", tmp_path: Path
) -> None:
    with Shell(tmp_path / "anna").running() as annas, Shell(tmp_path / "ben").running() as bens:
        anna, ben = Sitting(browser, annas), Sitting(browser, bens)
        anna.begins("Anna", place="52.37, 4.90", community="Elm Street")
        eventually(lambda: annas.look("status")["addresses"] != [])
        anna.page.goto(f"{anna.home}community")
        anna.page.click("text=Make an invitation")
        ben.begins("Ben", place="52.60, 4.90", invitation=anna.page.input_value("#invitation"))

        # An offer is typed here and seen there, on a page nobody touches.
        ben.page.goto(ben.home)
        eventually(lambda: bens.look("status")["membership"] == "member")
        ben.page.evaluate(WATCH)
        took: list[float] = []
        for title in ("Sourdough loaf", "Rye loaf", "Raisin loaf"):
            anna.page.goto(f"{anna.home}post?role=offer")
            anna.page.fill("#post-title", title)
            anna.page.fill("#post-kind", "bread")
            anna.page.fill("#post-quantity", "4")
            anna.page.fill("#post-unit", "loaf")
            anna.page.fill("#post-pay", "0.5")  # and the line it belongs to is chosen by that
            sent = time.time()
            anna.page.click("main button.main")
            ben.page.get_by_role("link", name=title).wait_for()
            took.append(ben.page.evaluate("title => window.seen[title]", title) - sent)
            anna.page.get_by_text("Posted.").wait_for()
        assert statistics.median(took) < SEEN_SECONDS, took

        # Ben proposes; from here on each waits for what the other's page brings by itself.
        anna.page.goto(f"{anna.home}agreements")
        ben.page.click("text=Sourdough loaf")
        ben.page.fill("#propose-quantity", "2")
        ben.page.click("main button.main")
        ben.page.get_by_text("Nobody is bound until everybody has accepted.").wait_for()
        anna.page.locator(".card.yours a").click()
        anna.does("accept")
        ben.sees_state("agreed")
        anna.does("deliver")
        ben.page.locator("form[action$='/receive']").wait_for()
        ben.does("receive")
        anna.sees_state("completed")
        for one in (ben, anna):
            one.page.locator("form[action$='/rate'] input[value=yes]").check()
            one.page.fill("#rate-words", "A pleasure")
            one.does("rate")

        # Each reads how the other stands, down to the signed entry.
        for one, other in ((anna, "Ben"), (ben, "Anna")):
            one.page.click("h1 a")
            one.page.get_by_role("heading", name=other).wait_for()
            row = one.page.locator("#person tbody tr")
            row.wait_for()
            assert row.locator("th").text_content() == "you"
            assert row.locator("td .good").text_content() == "well"
            assert len(row.locator("code").get_attribute("title") or "") == 64
        assert anna.page.get_by_text("1 hour").is_visible()
        eventually(lambda: annas.look("status")["book"] == bens.look("status")["book"])
        assert anna.errors + ben.errors == []
