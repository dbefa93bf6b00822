"""Who speaks for one, on the page: granted with a text, revoked by a choice; and a calendar to take away."""

from ruil.crypto.fingerprint import fingerprint
from ruil.protocol.grants import Asking, open_grant
from ruil.protocol.ids import DeviceId
from tests.node.web.conftest import Member
from tests.node.web.test_deciding import id_of
from tests.node.web.test_together import plain
from tests.protocol.actors import key

LATER = 2**32 - 1


async def test_another_computer_is_granted_and_the_grant_is_there_to_hand_back(anna: Member) -> None:
    me = f"person/{id_of(anna)}"
    damaged = await anna.post(f"{me}/grant", shown_at=me, text="ask-nothing")
    assert damaged.status_code == 422
    assert "ask-nothing" in damaged.text
    empty = await anna.post(f"{me}/grant", shown_at=me, text=" ")
    assert "Paste the request" in empty.text
    laptop = DeviceId(key("device anna laptop").public)

    request = Asking(laptop, "laptop", LATER).text
    shown = await anna.post(f"{me}/grant", shown_at=me, text=request, same="yes")
    words = " ".join(fingerprint(laptop))
    assert (shown.status_code, words in shown.text, "grant-aa" in shown.text) == (422, True, False)
    other = await anna.post(f"{me}/grant", shown_at=me, text=request, same="yes", words="some other words")
    assert (other.status_code, "shows other words" in other.text) == (422, True)
    made = await anna.post(f"{me}/grant", shown_at=me, text=request, same="yes", words=words)

    assert 'aria-label="The same as a QR picture"' in made.text
    text = made.text.split('id="granted"')[1].split(">")[1].split("<")[0]
    grant = open_grant(text)
    assert (grant.device, grant.name) == (laptop, "Anna")
    role = await anna.post(f"{me}/grant", shown_at=me, text=request, same="yes", words=words, role="hand")
    assert (role.status_code, "nobody is named as holder" in plain(role.text).lower()) == (422, True)


async def test_where_nothing_else_speaks_there_is_nothing_to_revoke(anna: Member) -> None:
    me = f"person/{id_of(anna)}"
    assert "Take the voice away" not in (await anna.get(me)).text
    nothing = await anna.post(f"{me}/revoke", shown_at=me)
    assert (nothing.status_code, "Choose the device" in nothing.text) == (422, True)
    unknown = await anna.post(f"{me}/revoke", shown_at=me, device="zz")
    assert (unknown.status_code, "no device that speaks" in unknown.text.lower()) == (422, True)


async def test_the_calendar_is_there_to_take_away(anna: Member) -> None:
    answer = await anna.get("agreements/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.startswith("BEGIN:VCALENDAR")
