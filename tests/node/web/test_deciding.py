"""What the members decide, on their pages: moved with a form, said yes to, and shown to everybody."""

from ruil.protocol.ids import member_text
from tests.node.web.conftest import Member
from tests.node.web.test_together import plain, shows


def id_of(member: Member) -> str:
    assert member.page.desk is not None
    return member_text(member.page.desk.me)


async def moved(member: Member, page: str, *others: Member, **typed: str) -> str:
    """The path of something that was moved on a page, once the others have it."""
    answer = await member.post(f"{page}/move", shown_at=page, **typed)
    assert "Moved." in answer.text, answer.text
    path = "agreement/" + str(answer.url).split("/agreement/")[1].split("?")[0]
    for other in others:
        await shows(other, path, "Moved by")
    return path


async def test_somebody_is_made_mediator_on_their_page_and_both_say_yes(anna: Member, ben: Member) -> None:
    who = f"person/{id_of(ben)}"
    path = await moved(anna, who, ben, what="mediator", text="He listens to both.")
    assert "Ben is to be mediator" in plain((await ben.get("community")).text)
    assert "0 of 2 needed said yes" in plain((await ben.get(path)).text)

    assert "Noted. It holds once enough have said yes." in (await ben.post(f"{path}/yes", shown_at=path)).text
    await shows(anna, path, "1 of 2 needed said yes: Ben")
    await anna.post(f"{path}/yes", shown_at=path)

    await shows(ben, path, "It was carried, and holds.")
    assert "member, mediator" in plain((await anna.get(who)).text)
    assert "is mediator no more" in plain((await anna.get(who)).text)


async def test_the_charter_is_amended_with_a_form_that_keeps_what_was_typed_wrong(anna: Member, ben: Member) -> None:
    wrong = await anna.post("community/move", shown_at="community", credit_limit="lots", decide_percent="60")
    assert wrong.status_code == 422
    assert "Write a number, such as 1.5." in wrong.text
    assert 'value="60"' in wrong.text
    far = await anna.post("community/move", shown_at="community", decide_percent="101")
    assert (far.status_code, "1 to 100 percent" in far.text) == (422, True)
    same = await anna.post("community/move", shown_at="community")
    assert (same.status_code, "That is the charter as it stands." in same.text) == (422, True)

    path = await moved(anna, "community", ben, credit_limit="15", invites="hosts", mediation="binding")
    assert "what a mediator's word is in agreements made from then on: advice becomes binding" in plain(
        (await ben.get(path)).text
    )
    for member in (anna, ben):
        await member.post(f"{path}/yes", shown_at=path)
    await shows(ben, path, "It was carried, and holds.")

    page = plain((await ben.get("community")).text)
    assert "15 hours" in page
    assert "the founder and who is host" in page
    assert "what the mediator says binds, unless all parties end it otherwise" in page
    refused = await ben.post("community/invite", shown_at="community", days="7")
    assert (refused.status_code, "its hosts let people in" in refused.text) == (422, True)


async def test_nothing_is_moved_without_a_choice_and_nobody_votes_on_themselves(anna: Member, ben: Member) -> None:
    who = f"person/{id_of(ben)}"
    nothing = await anna.post(f"{who}/move", shown_at=who, text="because")
    assert (nothing.status_code, "Choose what you move." in nothing.text) == (422, True)
    assert "because" in nothing.text

    path = await moved(anna, who, ben, what="removed")

    assert "Say yes" not in (await ben.get(path)).text
    assert "Say yes" in (await anna.get(path)).text
