"""Another computer of one's own, on the page: asked for, let in by six words, revoked; and a new key."""

import pytest

from ruil.crypto.fingerprint import fingerprint
from ruil.node import identity
from ruil.node.lease import STARTED_ANEW
from ruil.protocol.bodies import Revoke
from ruil.protocol.grants import Asking, open_asking, open_grant
from ruil.protocol.ids import DeviceId
from tests.node.web.conftest import Member
from tests.node.web.test_browser import browse, in_a_browser
from tests.node.web.test_first_page import area
from tests.node.web.test_friends_page import handed_over
from tests.node.web.test_together import plain, shows
from tests.protocol.actors import key

LATER = 2**32 - 1


async def asked(newcomer: Member) -> tuple[str, str]:
    """The request of a new computer, and the six words that it shows."""
    page = (await newcomer.post("begin/ask", name="laptop")).text
    (request,) = handed_over(page)
    return request, page.split('<strong class="six">')[1].split("<")[0]


async def granted(anna: Member, request: str, words: str) -> str:
    """The answer, once the words were compared."""
    page = (await anna.post("devices/grant", shown_at="devices", text=request, same="yes", words=words)).text
    (grant,) = handed_over(page)
    return grant


async def test_another_computer_asks_is_let_in_and_speaks_until_it_is_revoked(anna: Member, newcomer: Member) -> None:
    request, words = await asked(newcomer)
    assert open_asking(request).name == "laptop"
    assert request in (await newcomer.get("")).text  # still there when the page is opened again
    compared = await anna.post("devices/grant", shown_at="devices", text=request)
    assert (compared.status_code, words in compared.text, handed_over(compared.text)) == (422, True, [])

    taken = await newcomer.post("begin/take", text=await granted(anna, request, words))

    assert "This computer speaks for you now." in taken.text, plain(taken.text)
    who = identity.read(newcomer.folder)
    assert (who.name, who.member, who.member_id) == ("Anna", None, identity.read(anna.folder).member_id)
    six = plain((await anna.get("devices")).text).split("the same on each of them: ")[1].split("<")[0]
    assert six in plain(taken.text)
    assert "Your key is on another computer" in taken.text
    assert 'action="' + newcomer.page.base + "devices/" not in taken.text  # there is nothing to sign without the key
    await shows(anna, "devices", "laptop")
    nobody = await anna.post("devices/revoke", shown_at="devices")
    assert (nobody.status_code, "Choose the computer" in nobody.text) == (422, True)
    revoked = await anna.post("devices/revoke", shown_at="devices", device=who.device_id.hex())
    assert "Revoked." in revoked.text
    assert plain(revoked.text).count('<span class="tag need">revoked</span>') == 1
    assert "Take the voice away" not in revoked.text


async def test_what_is_wrong_with_a_request_stands_beside_it_and_nothing_is_granted(anna: Member) -> None:
    laptop = DeviceId(key("device anna laptop").public)
    request, words = Asking(laptop, "laptop", LATER).text, " ".join(fingerprint(laptop))
    for act, text, why in (
        ("grant", " ", "Paste the request"),
        ("grant", "ask-nothing", "damaged"),
        ("grant", "grant-nothing", "This is not a request"),
        ("take-back", " ", "Paste the request"),
        ("take-back", "laptop", "it begins with ask-"),
        ("take-back", "ask-nothing", "damaged"),
    ):
        refused = await anna.post(f"devices/{act}", shown_at="devices", text=text)

        assert refused.status_code == 422
        assert why in refused.text.split(f'id="{act}-text-error"')[1][:200], (act, text)
        assert area(refused.text, f"{act}-text") == text
    other = await anna.post("devices/grant", shown_at="devices", text=request, same="yes", words="some other words")
    assert (other.status_code, "shows other words" in other.text) == (422, True)
    role = await anna.post("devices/grant", shown_at="devices", text=request, same="yes", words=words, role="hand")
    assert (role.status_code, "nobody is named as holder" in plain(role.text).lower()) == (422, True)
    assert handed_over(other.text + role.text) == []


async def test_a_yes_that_nobody_has_taken_up_is_taken_back(anna: Member) -> None:
    laptop = DeviceId(key("device anna laptop").public)
    request = Asking(laptop, "laptop", LATER).text
    grant = open_grant(await granted(anna, request, " ".join(fingerprint(laptop))))
    assert (grant.device, grant.name) == (laptop, "Anna")

    taken_back = await anna.post("devices/take-back", shown_at="devices", text=request)

    assert "Taken back." in taken_back.text
    assert anna.page.desk is not None
    said = [each.body for each in anna.page.desk.book.records.values()]
    assert [each.device for each in said if isinstance(each, Revoke)] == [laptop]


async def test_an_answer_that_is_none_or_for_another_computer_is_refused_beside_its_field(
    anna: Member, newcomer: Member
) -> None:
    laptop = DeviceId(key("device anna laptop").public)
    await asked(newcomer)
    other = await granted(anna, Asking(laptop, "laptop", LATER).text, " ".join(fingerprint(laptop)))
    for text, why in (
        (" ", "Paste what your other computer answered"),
        ("ask-nothing", "This is not a grant"),
        (other[:-2], "damaged"),
        (other, "for another device than one this computer asked for"),
    ):
        refused = await newcomer.post("begin/take", text=text)

        assert refused.status_code == 422
        assert why in refused.text.split('id="take-text-error"')[1][:200], text
        assert area(refused.text, "take-text") == text
        assert not (newcomer.folder / identity.FILE).exists()


async def test_a_key_is_changed_by_who_means_it_and_not_while_nothing_can_be_signed(anna: Member, ben: Member) -> None:
    del ben
    old = identity.read(anna.folder)
    unsure = await anna.post("devices/key", shown_at="devices")
    assert (unsure.status_code, "Say that you mean it" in unsure.text) == (422, True)
    await anna.pump.doubt(STARTED_ANEW)
    held = await anna.post("devices/key", shown_at="devices", sure="yes")
    assert (held.status_code, "started anew" in held.text) == (422, True)
    assert identity.read(anna.folder).key.public == old.key.public
    await anna.pump.vouch()

    done = await anna.post("devices/key", shown_at="devices", sure="yes")

    assert "You have a new key; you stay who you are." in done.text
    new = identity.read(anna.folder)
    assert (new.member_id, new.device_id, new.key.public == old.key.public) == (old.member_id, old.device_id, False)


@in_a_browser
@pytest.mark.parametrize("javascript", [True, False])
async def test_a_request_is_made_on_a_phone(newcomer: Member, javascript: bool) -> None:
    login = newcomer.page.login_url()

    def do(page) -> None:  # type: ignore[no-untyped-def]  # playwright may not be installed
        page.goto(login)
        page.click("text=This is another computer of mine")
        page.click("text=Ask to be let in")
        page.get_by_text("Waiting for your other computer").wait_for()
        assert page.locator("figure.qr svg").is_visible()
        assert page.get_by_role("button", name="Copy").count() == javascript
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

    await browse(do, viewport={"width": 320, "height": 640}, java_script_enabled=javascript)


async def test_the_calendar_is_there_to_take_away(anna: Member) -> None:
    answer = await anna.get("agreements/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.startswith("BEGIN:VCALENDAR")
