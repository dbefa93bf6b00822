"""What a local page must withstand: every site one visits, and everybody else on the machine, can reach it."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from ruil.node.beginning import Beginning
from ruil.node.errors import Stopped
from ruil.node.web import Page, PortBusy
from ruil.node.web.guard import Guard
from ruil.node.web.sessions import CODE_SECONDS, NONCES_MAX, Sessions
from ruil.node.web.text import BIDI_CONTROLS, clean, frame
from tests.node.web.conftest import TOKEN, Member, until

BEARER = {"Authorization": f"Bearer {TOKEN}"}
LISTING = {"role": "offer", "kind": "bread", "title": "Bread"}
NOBODY = Beginning(Path("nowhere"), lambda: None)  # a profile that is never set up


# The address ----------------------------------------


async def test_the_page_listens_on_this_machine_alone(newcomer: Member) -> None:
    assert newcomer.page.url.startswith("http://127.0.0.1:")

    with socket.socket() as other:
        # The port is free on every other address of this machine.
        other.bind(("127.0.0.2", int(newcomer.page.url.rsplit(":", 1)[1])))


async def test_a_busy_port_is_a_sentence_and_an_exit_code(newcomer: Member) -> None:
    port = int(newcomer.page.url.rsplit(":", 1)[1])

    with pytest.raises(PortBusy, match=f"Port {port}") as why:
        await Page(token=TOKEN, port=port, setup=NOBODY, health=dict).run()

    assert isinstance(why.value, Stopped)
    assert why.value.code == 7


async def test_a_page_that_must_stop_first_answers_whoever_sent_something() -> None:
    disk_says, order = trio.Event(), list[str]()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await disk_says.wait()
        await send({"type": "http.response.start", "status": 507, "headers": []})

    async def send(_message: Message) -> None:
        order.append("answered")

    async def stop() -> None:
        await guard.writes_answered()
        order.append("stopped")

    guard = Guard(app, lambda: "127.0.0.1:1")
    headers = [(b"host", b"127.0.0.1:1"), (b"content-length", b"0"), (b"sec-fetch-site", b"same-origin")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(guard, scope, trio.sleep_forever, send)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(stop)
        await trio.testing.wait_all_tasks_blocked()
        disk_says.set()

    assert order == ["answered", "stopped"]


async def test_the_page_ends_cleanly_when_it_is_cancelled_while_a_browser_listens() -> None:
    page = Page(token=TOKEN, setup=NOBODY, health=dict)
    async with httpx.AsyncClient() as browser:
        with trio.fail_after(5):
            async with trio.open_nursery() as running:
                url = await running.start(page.run)
                await browser.get(page.login_url(), follow_redirects=True)
                async with browser.stream("GET", url + page.base + "events") as stream:
                    await anext(stream.aiter_lines())
                    running.cancel_scope.cancel()

        with pytest.raises(httpx.ConnectError):
            await browser.get(url)


async def test_another_host_name_is_refused_so_that_dns_can_not_be_rebound(anna: Member) -> None:
    for host in ("evil.example", "evil.example:80", "localhost:" + anna.page.url.rsplit(":", 1)[1], "127.0.0.1"):
        answer = await anna.browser.get(anna.page.url + anna.page.base, headers={"Host": host})
        assert answer.status_code == 421, host


async def test_every_answer_carries_the_policy_and_none_lets_other_origins_in(anna: Member) -> None:
    for path in ("/", "/static/ruil.css", "/nowhere", "/login/wrong", anna.page.base, anna.page.base + "health"):
        answer = await anna.browser.get(anna.page.url + path, headers={"Origin": "https://evil.example"})
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:" in policy
        assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_no_page_needs_anything_the_policy_forbids(anna: Member) -> None:
    for path in ("", "post", "agreements", "community", "person/Anna", "health"):
        text = (await anna.get(path)).text
        for forbidden in (" style=", "<style", " onclick=", "javascript:", "http://", "https://"):
            assert forbidden not in text.replace("http://www.w3.org", ""), (path, forbidden)


async def test_a_message_that_is_too_long_or_of_unknown_length_is_not_read(anna: Member) -> None:
    url = f"{anna.page.url}/api/status"

    async def pieces():  # type: ignore[no-untyped-def]
        yield b"{}"

    assert (await anna.browser.post(url, content=b" " * 200_000, headers=BEARER)).status_code == 413
    assert (await anna.browser.post(url, content=pieces(), headers=BEARER)).status_code == 411


# Sessions ----------------------------------------


async def test_without_a_session_nothing_inside_is_shown(anna: Member) -> None:
    async with httpx.AsyncClient() as stranger:
        for path in ("", "post", "agreements", "community", "health", "events"):
            answer = await stranger.get(anna.page.url + anna.page.base + path)
            assert answer.status_code == 403
            assert "Anna" not in answer.text


async def test_a_login_address_works_once_and_its_cookie_stays_under_the_random_path(anna: Member) -> None:
    address = anna.page.login_url()
    async with httpx.AsyncClient() as browser:
        first = await browser.get(address)
        second = await browser.get(address)

    cookie = first.headers["set-cookie"]
    assert f"Path={anna.page.base}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert anna.page.base.startswith("/n-")
    assert (first.status_code, second.status_code) == (303, 403)


def test_a_code_is_too_old_after_a_minute() -> None:
    seconds = [0.0]
    sessions = Sessions(lambda: seconds[0])
    code, late = sessions.code(), sessions.code()

    assert sessions.enter(code) is not None

    seconds[0] = CODE_SECONDS + 1
    assert sessions.enter(late) is None


def test_two_pages_have_different_paths() -> None:
    one, other = (Page(token=TOKEN, setup=NOBODY, health=dict) for _ in range(2))

    assert one.base != other.base


# Writing ----------------------------------------


async def test_another_site_can_not_send_a_form_even_with_the_cookie_and_a_nonce(anna: Member) -> None:
    url = anna.page.url + anna.page.base + "post"
    ours = anna.page.url
    for headers, allowed in (
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ours}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
        ({"Origin": ours}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
    ):
        answer = await anna.browser.post(url, data={**LISTING, "nonce": await anna.nonce("post")}, headers=headers)
        assert (answer.status_code == 200) == allowed, headers
        assert answer.status_code in (200, 403)


async def test_a_form_signs_once_however_often_it_is_sent(anna: Member) -> None:
    nonce = await anna.nonce("post")

    first = await anna.post("post", **LISTING, nonce=nonce)
    again = await anna.post("post", **LISTING, nonce=nonce)
    made_up = await anna.post("post", **LISTING, nonce="made up")

    assert first.status_code == 200
    for refused in (again, made_up):
        assert refused.status_code == 422
        assert "sent before" in refused.text
        assert 'value="Bread"' in refused.text
    assert (await anna.get("")).text.count("listing/") == 1


async def test_every_form_that_signs_needs_its_nonce(anna: Member) -> None:
    assert anna.page.desk is not None
    id_ = (await anna.page.desk.call("listing", LISTING))["listing"]["id"]
    before = (await anna.page.desk.call("status", {}))["entries"]

    for path in ("post", f"listing/{id_}/withdraw", f"listing/{id_}/renew", "community/invite"):
        answer = await anna.post(path, **LISTING, nonce="")
        assert "sent before" in answer.text, path

    assert (await anna.page.desk.call("status", {}))["entries"] == before


def test_a_nonce_belongs_to_one_session_and_only_so_many_are_kept() -> None:
    sessions = Sessions()
    mine, other = (sessions.enter(sessions.code()) or "" for _ in range(2))
    oldest = sessions.nonce(mine)

    assert not sessions.take(other, oldest)

    for _ in range(NONCES_MAX):
        newest = sessions.nonce(mine)
    assert not sessions.take(mine, oldest)
    assert sessions.take(mine, newest)


# The API ----------------------------------------


async def test_the_api_answers_who_has_the_token(anna: Member) -> None:
    api = f"{anna.page.url}/api/"

    answer = await anna.browser.post(api + "listing", json=LISTING, headers=BEARER)
    refused = await anna.browser.post(api + "show", json={"id": "aaaa"}, headers=BEARER)
    unknown = await anna.browser.post(api + "fly", json={}, headers=BEARER)

    assert answer.json()["listing"]["title"] == "Bread"
    assert (refused.status_code, refused.json()) == (422, {"error": "no listing here is called 'aaaa'"})
    assert (unknown.status_code, unknown.json()["error"][:17]) == (422, "there is no 'fly'")


async def test_the_api_refuses_a_wrong_token_any_web_page_and_what_is_not_json(anna: Member) -> None:
    url = f"{anna.page.url}/api/status"
    for headers, content, status in (
        ({}, b"{}", 401),
        ({"Authorization": "Bearer wrong"}, b"{}", 401),
        ({"Authorization": f"Basic {TOKEN}"}, b"{}", 401),
        ({**BEARER, "Origin": "https://evil.example"}, b"{}", 403),
        ({**BEARER, "Origin": anna.page.url}, b"{}", 403),
        ({"Origin": anna.page.url}, b"{}", 403),
        (BEARER, b"{", 400),
        (BEARER, b"[]", 400),
        (BEARER, b"{}", 200),
    ):
        answer = await anna.browser.post(url, content=content, headers=headers)
        assert answer.status_code == status, headers
        assert status == 200 or (answer.status_code == 403 or "error" in answer.json())
    assert (await anna.browser.get(url, headers=BEARER)).status_code == 405


async def test_a_token_never_works_together_with_an_origin_whatever_is_asked(anna: Member) -> None:
    for path in ("/", "/static/ruil.css", anna.page.base, anna.page.base + "events"):
        answer = await anna.browser.get(anna.page.url + path, headers={**BEARER, "Origin": anna.page.url})
        assert answer.status_code == 403, path


async def test_the_api_says_when_there_is_no_profile_yet_and_gives_a_second_start_a_login(newcomer: Member) -> None:
    api = f"{newcomer.page.url}/api/"

    early = await newcomer.browser.post(api + "status", json={}, headers=BEARER)
    login = await newcomer.browser.post(api + "login", json={}, headers=BEARER)

    assert early.status_code == 409
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        assert "Your name" in (await browser.get(login.json()["url"])).text


# Strangers' text ----------------------------------------


async def test_what_a_stranger_writes_is_text_and_can_not_turn_the_line_around(anna: Member) -> None:
    assert anna.page.desk is not None
    written = {**LISTING, "title": "<script>alert(1)</script> \u202e001 yap", "text": '"><img src=x onerror=alert(1)>'}
    id_ = (await anna.page.desk.call("listing", written))["listing"]["id"]

    for path in ("", f"listing/{id_}"):
        text = (await anna.get(path)).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert not set(BIDI_CONTROLS) & set(text)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_control_that_changes_direction_survives(value: object) -> None:
    assert not set(BIDI_CONTROLS) & set(repr(clean(value)).encode("utf-8", "replace").decode())


@given(st.text(alphabet=st.sampled_from("ab: \r\n\u2028\u2029\x85") | st.characters(codec="utf-8")))
def test_no_text_can_end_its_event_and_begin_another(text: str) -> None:
    lines = frame("changed", text).decode().split("\n")

    assert lines[0] == "event: changed"
    assert lines[-2:] == ["", ""]
    assert all(line.startswith("data: ") for line in lines[1:-2])
    assert "\r" not in "".join(lines)


# Live updates ----------------------------------------


async def test_an_open_page_is_told_once_of_many_changes(anna: Member) -> None:
    events: list[str] = []
    with trio.fail_after(10):
        async with anna.browser.stream("GET", anna.page.url + anna.page.base + "events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    events.append(line)
                    if len(events) == 1:
                        anna.health_says["network"] = "One\r\nevent: forged\r\n\r\nline."
                        for _ in range(100):
                            anna.page.changed()
                    if len(events) == 2:
                        anna.page.changed()
                if len(events) == 3:
                    break

    assert events == ["event: ready", "event: changed", "event: changed"]


async def test_a_closed_page_is_forgotten(anna: Member) -> None:
    async with anna.browser.stream("GET", anna.page.url + anna.page.base + "events") as stream:
        await anext(stream.aiter_lines())
        assert anna.page.news.readers == 1

    async def gone() -> bool:
        return anna.page.news.readers == 0

    await until(gone)


def test_the_page_imports_no_network() -> None:
    code = "import sys, ruil.node.web; sys.exit(any(name.split('.')[0] == 'libp2p' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
