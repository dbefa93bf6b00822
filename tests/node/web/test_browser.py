"""A real browser: the first run and an offer by keyboard alone, live updates, and what the policy really stops."""

import shutil
from collections.abc import Callable
from typing import TypeVar

import pytest
import trio

from tests.node.web.conftest import Member

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
T = TypeVar("T")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="no chromium is installed on this machine"),
]


def in_a_browser(test: Callable[..., object]) -> Callable[..., object]:
    """Marks a test of another file as one of these."""
    for mark in pytestmark:
        test = mark(test)
    return test


async def browse(do: "Callable[[sync_api.Page], T]", **options: object) -> T:
    """Do something in a fresh browser, in a thread, while the page is served here. Any script error fails the test."""

    def in_thread() -> T:
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            errors: list[str] = []
            try:
                page = browser.new_context(**options).new_page()
                page.set_default_timeout(10_000)
                page.on("pageerror", lambda error: errors.append(str(error)))
                page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
                done = do(page)
            finally:
                browser.close()
            assert errors == []
            return done

    return await trio.to_thread.run_sync(in_thread)


def tab_to(page: "sync_api.Page", selector: str) -> None:
    """Press Tab until this has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} can not be reached with the Tab key")


def type_into(page: "sync_api.Page", selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_first_run_and_an_offer_are_done_by_keyboard_alone(newcomer: Member, javascript: bool) -> None:
    login = newcomer.page.login_url()

    def do(page: "sync_api.Page") -> None:
        page.goto(login)
        type_into(page, "#first-name", "Anna")
        type_into(page, "#first-place", "52.37, 4.90")
        type_into(page, "#first-community", "Elm Street")
        tab_to(page, "button.main")
        page.keyboard.press("Enter")
        page.get_by_text("Welcome.").wait_for()

        tab_to(page, "a[href$='post?role=offer']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/post?role=offer")
        type_into(page, "#post-title", "Sourdough loaf")
        type_into(page, "#post-kind", "bread")
        page.keyboard.press("Escape")  # closes the suggestions
        tab_to(page, "input[name=wants]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        type_into(page, "#post-pay", "0.5")
        tab_to(page, "button.main")
        page.keyboard.press("Enter")
        page.get_by_text("Posted.").wait_for()
        assert page.get_by_text("0.5 hours").is_visible()

    await browse(do, java_script_enabled=javascript)


async def test_the_focus_is_always_seen_and_an_error_is_where_one_is_taken(anna: Member) -> None:
    login, post = anna.page.login_url(), anna.page.url + anna.page.base + "post"

    def do(page: "sync_api.Page") -> None:
        page.goto(login)
        page.goto(post)
        for _ in range(20):
            page.keyboard.press("Tab")
            width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert width == "3px", page.evaluate("document.activeElement.outerHTML")
        page.fill("#post-title", "Bread")
        page.fill("#post-kind", "bread")
        page.fill("#post-quantity", "many")
        page.click("main button.main")
        page.wait_for_selector("[role=alert]:focus")
        assert page.input_value("#post-quantity") == "many"

    await browse(do)


async def test_an_open_page_shows_what_others_do_and_leaves_what_is_typed_alone(anna: Member) -> None:
    assert anna.page.desk is not None
    login, desk = anna.page.login_url(), anna.page.desk
    token = trio.lowlevel.current_trio_token()

    def do(page: "sync_api.Page") -> None:
        with page.expect_response("**/events?*"):
            page.goto(login)
        page.fill("#search", "half typed")
        bread = {"role": "offer", "kind": "bread", "title": "Sourdough loaf"}
        trio.from_thread.run(desk.call, "listing", bread, trio_token=token)
        trio.from_thread.run_sync(anna.page.changed, trio_token=token)
        page.get_by_role("link", name="Sourdough loaf").wait_for()
        assert page.input_value("#search") == "half typed"
        assert page.locator("#news").text_content() == "New: the listings on this page changed."

    await browse(do)


async def test_no_page_scrolls_sideways_on_a_phone(anna: Member) -> None:
    login, base = anna.page.login_url(), anna.page.url + anna.page.base

    def do(page: "sync_api.Page") -> None:
        page.goto(login)
        for path in ("", "post", "agreements", "community", "person/Anna", "friends", "devices", "health"):
            page.goto(base + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path

    await browse(do, viewport={"width": 320, "height": 640})


async def test_another_site_can_neither_read_a_page_nor_send_a_form(anna: Member, newcomer: Member) -> None:
    """The other site is the page of another node: another origin on the same machine, which shares its cookies."""
    login, target, other = anna.page.login_url(), anna.page.url + anna.page.base, newcomer.page.login_url()
    nonce = await anna.nonce("post")

    def do(page: "sync_api.Page") -> str:
        page.goto(login)
        page.goto(other)
        page.route("**/evil", lambda route: route.fulfill(content_type="text/html", body="<h1>evil</h1>"))
        page.goto(newcomer.page.url + "/evil")
        read = "url => fetch(url, {credentials: 'include'}).then(answer => answer.text(), () => 'refused')"
        assert page.evaluate(read, target) == "refused"
        page.set_content(
            f"<form method=post action='{target}post'><input name=nonce value='{nonce}'>"
            "<input name=role value=offer><input name=kind value=x><input name=title value=forged><button></form>"
        )
        with page.expect_navigation() as sent:
            page.click("button")
        answer = sent.value
        assert answer is not None
        return str(answer.text())

    assert await browse(do) == "Only this node's own pages may send this.\n"
    assert "forged" not in (await anna.get("")).text
