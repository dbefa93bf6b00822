"""How one is shown, whom one hides and whose list one follows, on the page."""

from tests.node.web.conftest import Member
from tests.node.web.test_deciding import id_of
from tests.node.web.test_together import plain, shows


async def test_who_can_do_something_is_found_on_the_communitys_page(anna: Member, ben: Member) -> None:
    me = f"person/{id_of(ben)}"
    wrong = await ben.post(f"{me}/profile", shown_at=me, name="Ben", can="x" * 41, about="Hello")
    assert (wrong.status_code, "has 41 characters" in wrong.text, "Hello" in wrong.text) == (422, True, True)

    saved = await ben.post(f"{me}/profile", shown_at=me, name="Ben", can="Roofing, baking", speaks="nl")
    assert "Saved." in saved.text
    await shows(anna, me, "roofing, baking")

    assert "Found (1)" in plain((await anna.get("community?can=roofing")).text)
    assert "Found (0)" in plain((await anna.get("community?can=singing")).text)
    assert "invited by Anna, who answers for them" in plain((await anna.get(me)).text)
    assert "0 promises kept, 0 broken" in plain((await ben.get(f"person/{id_of(anna)}")).text)


async def test_a_block_hides_a_listing_until_it_is_asked_for_and_is_meant(anna: Member, ben: Member) -> None:
    posted = await ben.post("post", shown_at="post", role="offer", kind="bread", title="Rye loaf", quantity="2",
                            unit="loaf", wants="nothing", days="9")  # fmt: skip
    listing = "listing/" + str(posted.url).split("/listing/")[1].split("?")[0]
    await shows(anna, listing, "Rye loaf")
    who = f"person/{id_of(ben)}"
    nothing = await anna.post(f"{who}/block", shown_at=who, reason=" ")
    assert (nothing.status_code, "Say why" in nothing.text) == (422, True)

    assert "They are hidden from you" in (await anna.post(f"{who}/block", shown_at=who, reason="never came")).text

    near = (await anna.get("")).text
    assert "Rye loaf" not in near
    assert "1 more is hidden by block lists" in near
    assert "Rye loaf" in (await anna.get("?hidden=yes")).text
    refused = await anna.post(f"{listing}/propose", shown_at=listing, quantity="1", how="gift")
    assert (refused.status_code, "is hidden from you: you block them" in plain(refused.text)) == (422, True)
    meant = await anna.post(f"{listing}/propose", shown_at=listing, quantity="1", how="gift", anyway="yes")
    assert "Proposed." in meant.text
    await shows(ben, who, "never came")

    assert "off your list" in (await anna.post(f"{who}/unblock", shown_at=who)).text
    assert "Rye loaf" in (await anna.get("")).text


async def test_a_list_is_followed_and_followed_no_more(anna: Member, ben: Member) -> None:
    who = f"person/{id_of(ben)}"

    assert "counts for you too" in (await anna.post(f"{who}/follow", shown_at=who)).text
    assert "Follow their block list no more" in (await anna.get(who)).text
    assert "counts for you no more" in (await anna.post(f"{who}/unfollow", shown_at=who)).text
