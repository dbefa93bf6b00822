"""A device that may have been set back: every page says so, and has the buttons that answer."""

import pytest

from ruil.node.lease import STARTED_ANEW
from tests.node.web.conftest import Member
from tests.node.web.test_together import plain

SAID = "Nothing can be signed here now: This computer was started anew."


@pytest.mark.parametrize(("button", "done"), [("vouch", "vouched"), ("never", "vouched"), ("anew", "anew")])
async def test_every_page_says_that_nothing_is_signed_and_each_button_ends_it(
    anna: Member, ben: Member, button: str, done: str
) -> None:
    del ben  # she has heard of somebody
    assert SAID not in plain((await anna.get("")).text)
    await anna.pump.doubt(STARTED_ANEW)

    for path in ("", "post", "account", "health"):
        shown = (await anna.get(path)).text
        assert SAID in plain(shown)
        assert shown.count('action="' + anna.page.base + "device/") == 3
        assert "ruil device" not in plain(shown).split(SAID)[1][:300]

    answered = await anna.post(f"device/{button}", shown_at="")

    assert answered.url.query == f"done={done}".encode()
    assert anna.page.desk is not None
    assert anna.page.desk.peer.over == (button == "anew")
    assert (SAID in plain((await anna.get("")).text)) is False


async def test_what_is_posted_meanwhile_is_refused_with_the_reason(anna: Member, ben: Member) -> None:
    del ben
    await anna.pump.doubt(STARTED_ANEW)

    refused = await anna.post(
        "post", shown_at="post", role="offer", kind="bread", title="Loaf", quantity="1", want="nothing"
    )

    assert refused.status_code == 422
    assert "started anew" in plain(refused.text)
