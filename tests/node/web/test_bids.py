"""Sealed bids on the page: asked for, made with a form whose faults stand beside their fields, and seen by nobody."""

from datetime import UTC, datetime, timedelta

from tests.node.web.conftest import Member, until
from tests.node.web.test_together import plain


def days(number: int) -> str:
    """A time as people type it, so many days from now."""
    return (datetime.now(UTC) + timedelta(days=number)).strftime("%Y-%m-%d %H:%M")


async def needed(asker: Member, other: Member, **typed: str) -> str:
    """The path of something that is needed, once the other has it."""
    posted = await asker.post("post", shown_at="post", role="need", bids_until=days(2), **typed)
    assert "/listing/" in str(posted.url), plain(posted.text)
    path = "listing/" + str(posted.url).split("/listing/")[1].split("?")[0]

    async def arrived() -> bool:
        return (await other.get(path)).status_code == 200

    await until(arrived)
    return path


async def shows(member: Member, path: str, text: str) -> str:
    async def there() -> bool:
        return text in plain((await member.get(path)).text)

    await until(there)
    return plain((await member.get(path)).text)


async def test_a_bid_is_read_by_who_made_it_and_by_nobody_else(anna: Member, ben: Member) -> None:
    path = await needed(anna, ben, kind="garden", title="A wall")
    assert "Bids (0)" in plain((await ben.get(path)).text)

    answer = await ben.post(f"{path}/bid", shown_at=path, how="pay", pay="7.25", days="30")

    assert "Sealed. Nobody reads it before all bids are opened" in plain(answer.text)
    assert "Anna gives you 7.25 hours" in plain((await ben.get(path)).text)
    hers = await shows(anna, path, "Bids (1)")
    assert "sealed" in hers
    assert "7.25" not in hers
    assert "Propose to help" not in plain((await ben.get(path)).text)


async def test_a_loan_is_bid_with_its_parts(anna: Member, ben: Member) -> None:
    path = await needed(anna, ben, kind="credit", title="A saw", unit="credit", quantity="2")
    assert "2 hours of 2 hours" in plain((await ben.get(path)).text)

    wrong = await ben.post(f"{path}/lend", shown_at=path, amount="lots", times="2")
    assert (wrong.status_code, "Write a number, such as 1.5." in wrong.text) == (422, True)
    assert 'value="lots"' in wrong.text
    answer = await ben.post(f"{path}/lend", shown_at=path, amount="2", times="2")

    shown = plain(answer.text)
    assert "you give Anna 2 hours" in shown
    assert shown.count("Anna gives you 1 hour") == 2


async def test_a_time_that_is_none_stands_beside_its_field(anna: Member) -> None:
    for text, sentence in (("soon", "is no time"), ("2020-01-01", "some time in the future")):
        answer = await anna.post("post", shown_at="post", role="need", kind="garden", title="A wall", bids_until=text)
        assert answer.status_code == 422
        assert "post-bids_until-error" in answer.text
        assert sentence in plain(answer.text)
    offered = await anna.post("post", shown_at="post", role="offer", kind="garden", title="A wall", bids_until=days(2))
    assert (offered.status_code, "post-bids_until-error" in offered.text) == (422, True)
