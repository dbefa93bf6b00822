"""Talk on the page: who wrote, what, and how far it has come; without a script, and live with one."""

import re
from html import unescape

import httpx
import trio

from ruil.protocol.events import Wrote
from ruil.protocol.ids import member_from_text
from tests.node.test_pictures import opened, photo
from tests.node.web.conftest import Member, until
from tests.node.web.test_browser import browse, in_a_browser, sync_api, type_into


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.split("<main", 1)[-1])))


async def person(member: Member, name: str) -> str:
    """The id of a neighbour, once their name has come."""
    found: dict[str, str] = {}

    async def known() -> bool:
        assert member.page.desk is not None
        rows = (await member.page.desk.call("people", {}))["people"]
        found.update((row["name"], row["id"]) for row in rows)
        return name in found

    await until(known)
    return found[name]


async def writes(member: Member, name: str, text: str, **more: str) -> str:
    """Write by the form; the page that comes back."""
    who = await person(member, name)
    return (await member.post(f"talk/{who}", shown_at=f"talk/{who}", text=text, **more)).text


async def came(member: Member, name: str, text: str) -> None:
    """Until a letter has come, which nobody reads by looking."""

    async def there() -> bool:
        assert member.page.desk is not None
        talk = await member.page.desk.call("talk", {"person": name, "peek": True})
        return text in [each["text"] for each in talk["letters"]]

    await until(there)


async def test_a_listing_is_asked_about_and_the_answer_is_read(anna: Member, ben: Member) -> None:
    assert anna.page.desk is not None
    posted = await anna.page.desk.call("listing", {"role": "offer", "kind": "tools", "title": "Ladder <long>"})
    id_ = posted["listing"]["id"]

    async def listed() -> bool:
        return (await ben.get(f"listing/{id_}")).status_code == 200

    await until(listed)
    page = (await ben.get(f"listing/{id_}")).text
    link = re.search(r'href="[^"]*/(talk/[^"]*about=[^"]*)"', page)
    assert link is not None
    form = (await ben.get(unescape(link[1]))).text
    assert "About" in text_of(form)
    assert 'name="about" value="' + id_ in form
    shown = await writes(ben, "Anna", "Is it free on <b>Saturday</b>?", about=id_)
    assert "Kept, and on its way." in shown

    await came(anna, "Ben", "Is it free on <b>Saturday</b>?")
    assert '<span class="count">1<span class="hidden"> new</span>' in (await anna.get("")).text
    assert "Ben 1 new" in text_of((await anna.get("talk")).text)
    page = (await anna.get(f"talk/{await person(anna, 'Ben')}")).text
    assert "Is it free on &lt;b&gt;Saturday&lt;/b&gt;?" in page
    assert f'href="{anna.page.base}listing/{id_}"' in page
    assert '<span class="count">' not in (await anna.get("")).text

    await writes(anna, "Ben", "Yes")
    await came(ben, "Anna", "Yes")
    assert "You , " in text_of((await ben.get(f"talk/{await person(ben, 'Anna')}")).text)

    async def read() -> bool:
        return "read" in text_of((await ben.get(f"talk/{await person(ben, 'Anna')}?peek=yes")).text)

    await until(read)


async def test_a_page_in_the_background_reads_nothing(anna: Member, ben: Member) -> None:
    await writes(ben, "Anna", "Hello")
    await came(anna, "Ben", "Hello")

    page = (await anna.get(f"talk/{await person(anna, 'Ben')}?peek=yes")).text

    assert "Hello" in page
    assert "Ben 1 new" in text_of((await anna.get("talk")).text)


async def test_nothing_written_is_lost_when_something_is_wrong_with_it(anna: Member, ben: Member) -> None:
    who = await person(anna, "Ben")

    empty = await anna.post(f"talk/{who}", shown_at=f"talk/{who}", text="  ")
    long = await anna.post(f"talk/{who}", shown_at=f"talk/{who}", text="x" * 8_001)
    again = await anna.post(f"talk/{who}", nonce="none", text="sent twice?")

    assert (empty.status_code, "Write something, or choose a picture." in empty.text) == (422, True)
    assert (long.status_code, "8001 characters" in long.text, "x" * 8_001 in long.text) == (422, True, True)
    assert (again.status_code, "sent twice?" in again.text) == (422, True)
    assert (await anna.get("talk/nobody")).status_code == 404
    assert (await anna.get(f"talk/{who}?about=zzzzz")).status_code == 404
    assert "Nothing is written yet." in text_of((await anna.get(f"talk/{who}")).text)
    assert "Nobody has written yet." in text_of((await ben.get("talk")).text)


async def test_who_is_blocked_is_hidden_until_one_asks_and_written_to_only_if_one_means_it(
    anna: Member, ben: Member
) -> None:
    assert anna.page.desk is not None
    await writes(ben, "Anna", "You owe me")
    await came(anna, "Ben", "You owe me")
    await anna.page.desk.call("block", {"person": "Ben", "reason": "rude"})
    who = await person(anna, "Ben")

    assert "1 more is hidden by block lists" in text_of((await anna.get("talk")).text)
    assert '<span class="count">' not in (await anna.get("")).text
    page = text_of((await anna.get(f"talk/{who}")).text)
    assert "You owe me" not in page
    assert "1 letter is hidden from you by block lists" in page
    assert "You owe me" in (await anna.get(f"talk/{who}?hidden=yes")).text
    assert "is hidden from you" in await writes(anna, "Ben", "Leave me alone")
    assert "Kept, and on its way." in await writes(anna, "Ben", "Leave me alone", anyway="yes")


async def test_a_conversation_is_thrown_away(anna: Member, ben: Member) -> None:
    await writes(ben, "Anna", "Hello")
    await came(anna, "Ben", "Hello")
    who = await person(anna, "Ben")

    shown = await anna.post(f"talk/{who}/forget", shown_at=f"talk/{who}")

    assert "Thrown away" in shown.text
    assert "Nobody has written yet." in text_of((await anna.get("talk")).text)
    assert "Hello" in (await ben.get(f"talk/{await person(ben, 'Anna')}")).text


@in_a_browser
async def test_an_open_conversation_shows_what_comes_and_leaves_what_is_typed_alone(anna: Member, ben: Member) -> None:
    login, who = anna.page.login_url(), await person(anna, "Ben")
    url = f"{anna.page.url}{anna.page.base}talk/{who}"
    assert ben.page.desk is not None
    token, say = trio.lowlevel.current_trio_token(), ben.page.desk.call

    def do(page: "sync_api.Page") -> None:
        page.goto(login)
        with page.expect_response("**/events?*"):
            page.goto(url)
        page.fill("#write-text", "half typed")
        trio.from_thread.run(say, "write", {"person": "Anna", "text": "Are you there?"}, trio_token=token)
        page.get_by_text("Are you there?").wait_for()
        assert page.input_value("#write-text") == "half typed"
        assert page.locator("#news").text_content() == "New: the letters on this page changed."
        page.keyboard.press("Control+A")
        type_into(page, "#write-text", "Yes, I am")
        page.keyboard.press("Tab")  # the picture
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Kept, and on its way.").wait_for()
        page.get_by_text("Yes, I am").wait_for()

    await browse(do)
    await came(ben, "Anna", "Yes, I am")


@in_a_browser
async def test_no_page_to_talk_scrolls_sideways_on_a_phone(anna: Member, ben: Member) -> None:
    await writes(anna, "Ben", "x" * 300)
    await came(ben, "Anna", "x" * 300)
    login, base, who = anna.page.login_url(), anna.page.url + anna.page.base, await person(anna, "Ben")

    def do(page: "sync_api.Page") -> None:
        page.goto(login)
        for path in ("talk", f"talk/{who}"):
            page.goto(base + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path

    await browse(do, viewport={"width": 320, "height": 640})


async def uploads(member: Member, name: str, file: bytes, **typed: str) -> httpx.Response:
    """Send the form with a file, as a browser does."""
    path = f"talk/{await person(member, name)}"
    return await member.browser.post(
        member.page.url + member.page.base + path,
        data={"nonce": await member.nonce(path), **typed},
        files={"picture": ("IMG_0001.jpg", file, "image/jpeg")},
        headers={"Sec-Fetch-Site": "same-origin"},
    )


async def shown(member: Member, name: str) -> list[httpx.Response]:
    """The pictures of a conversation, each as the page's address of it answers."""
    page = (await member.get(f"talk/{await person(member, name)}")).text
    sources = re.findall(r'<img class="photo" src="([^"]+)"', page)
    return [await member.browser.get(member.page.url + source) for source in sources]


async def test_a_picture_is_sent_and_shown_and_tells_nobody_where_it_was_taken(anna: Member, ben: Member) -> None:
    sent = await uploads(anna, "Ben", photo())
    assert "Kept, and on its way." in sent.text

    await came(ben, "Anna", "")
    for member, name in ((anna, "Ben"), (ben, "Anna"), (ben, "Anna")):
        (answer,) = await shown(member, name)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "img-src 'self'" in answer.headers["Content-Security-Policy"]
        assert opened(answer.content).size == (200, 400)
        assert b"SECRET" not in answer.content


async def test_what_a_stranger_calls_a_picture_is_drawn_anew_or_not_shown(anna: Member, ben: Member) -> None:
    assert anna.page.desk is not None
    to = member_from_text(await person(anna, "Ben"))
    script = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    for words, file in (("one", photo()), ("two", script), ("three", b"RIFF\x04\x00\x00\x00WEBPVP8 ")):
        await anna.page.desk.mail.write(Wrote(to, words, picture=file))  # a program that sends what it likes
        await came(ben, "Anna", words)

    good, svg, broken = await shown(ben, "Anna")

    assert (good.headers["Content-Type"], b"SECRET" in good.content) == ("image/webp", False)
    for answer in (svg, broken):
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert b"alert" not in answer.content


async def test_what_is_no_picture_is_said_beside_the_field_and_the_words_stay(anna: Member, ben: Member) -> None:
    answer = await uploads(anna, "Ben", b"hello", text="Look at this")

    assert answer.status_code == 422
    assert "This is no picture that is understood here" in answer.text
    assert "Look at this" in answer.text
    large = await uploads(anna, "Ben", bytes(12_000_001))
    assert (large.status_code, "A picture has at most 12 MB" in large.text) == (422, True)
    endless = await uploads(anna, "Ben", bytes(13_000_001))
    assert endless.status_code == 413
    assert "Nobody has written yet." in text_of((await ben.get("talk")).text)
    for letter in ("0" * 64, "nonsense"):
        assert (await anna.get(f"talk/Ben/picture/{letter}")).status_code == 404
