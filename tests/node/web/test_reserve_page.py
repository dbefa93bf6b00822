"""The page of something that is lent: when it is free, and a form whose faults stand beside their fields."""

import html
from datetime import UTC, datetime, timedelta

import pytest

from tests.node.web.conftest import Member, until


def at(day: int, hour: int) -> str:
    moment = datetime.now(UTC).replace(hour=hour, minute=0) + timedelta(days=day)
    return moment.strftime("%Y-%m-%d %H:%M")


@pytest.fixture
async def bike(anna: Member, ben: Member) -> str:
    """The path of Anna's bike on Ben's page."""
    posted = await anna.post(
        "post",
        shown_at="post",
        role="offer",
        kind="transport",
        title="Cargo bike",
        wants="credit",
        pay="1",
        lent="hourly",
    )
    id_ = str(posted.url).split("/listing/")[1].split("?")[0]

    async def arrived() -> bool:
        return (await ben.get(f"listing/{id_}")).status_code == 200

    await until(arrived)
    return f"listing/{id_}"


async def test_a_neighbour_reserves_it_and_its_owners_yes_shows_in_what_is_free(
    anna: Member, ben: Member, bike: str
) -> None:
    assert "all day" in (await ben.get(bike)).text

    asked = await ben.post(f"{bike}/reserve", shown_at=bike, begins=at(2, 10), ends=at(2, 13))

    assert "Asked for." in asked.text
    assert "3 hours" in asked.text
    trade = str(asked.url).split("/agreement/")[1].split("?")[0]

    async def arrived() -> bool:
        return (await anna.get(f"agreement/{trade}")).status_code == 200

    await until(arrived)
    await anna.post(f"agreement/{trade}/accept", shown_at=f"agreement/{trade}")
    assert "00:00–10:00; 13:00–24:00" in (await anna.get(bike)).text


@pytest.mark.parametrize(
    ("begins", "ends", "field", "sentence"),
    [
        ("soon", at(3, 10), "begins", "The beginning is no time"),
        ("", at(3, 10), "begins", "Say from when"),
        (at(-2, 10), at(3, 10), "begins", "The beginning is in the past"),
        (at(3, 10), "", "ends", "Say until when"),
        (at(3, 10), at(3, 9), "ends", "The end is not after the beginning"),
        (at(3, 10), "late", "ends", "The end is no time"),
    ],
)
async def test_a_fault_stands_beside_its_field_and_what_was_typed_is_kept(
    ben: Member, bike: str, begins: str, ends: str, field: str, sentence: str
) -> None:
    answer = await ben.post(f"{bike}/reserve", shown_at=bike, begins=begins, ends=ends)

    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert page.split(f'id="reserve-{field}-error">')[1].startswith(sentence)
    assert f'value="{begins}"' in page
    assert f'value="{ends}"' in page


async def test_who_comes_too_late_is_told_when_it_is_free(anna: Member, ben: Member, bike: str) -> None:
    asked = await ben.post(f"{bike}/reserve", shown_at=bike, begins=at(2, 10), ends=at(2, 13))
    trade = str(asked.url).split("/agreement/")[1].split("?")[0]

    async def accepted() -> bool:
        await anna.post(f"agreement/{trade}/accept", shown_at="agreements", nonce=await anna.nonce("post"))
        return "00:00–10:00; 13:00–24:00" in (await ben.get(bike)).text

    await until(accepted)
    again = await ben.post(f"{bike}/reserve", shown_at=bike, begins=at(2, 11), ends=at(2, 13))

    page = html.unescape(again.text)
    told = page.split('id="reserve-begins-error">')[1]
    assert told.startswith(f"Not free then: 0 of 1 are left. It is free from {at(2, 13)} UTC to {at(2, 15)} UTC.")
