"""One's credit on the page: how one stands, movements with their receipts, trust lines, circles of debts."""

import csv
import io

from tests.node.web.conftest import Member
from tests.node.web.test_together import plain, shows


async def bought(anna: Member, ben: Member) -> str:
    """Ben buys a loaf for half an hour, which is delivered and paid: the agreement's path."""
    posted = await anna.post("post", shown_at="post", role="offer", kind="bread", title="Rye loaf", quantity="2",
                             unit="loaf", wants="credit", pay="0.5", days="9")  # fmt: skip
    listing = "listing/" + str(posted.url).split("/listing/")[1].split("?")[0]
    await shows(ben, listing, "Rye loaf")
    made = await ben.post(f"{listing}/propose", shown_at=listing, quantity="1", how="asked")
    path = "agreement/" + str(made.url).split("/agreement/")[1].split("?")[0]
    await shows(anna, path, "Waits for you")
    await anna.post(f"{path}/accept", shown_at=path)
    await anna.post(f"{path}/deliver", shown_at=path)
    await shows(ben, path, "It arrived")
    await ben.post(f"{path}/receive", shown_at=path)
    await shows(ben, path, "completed")
    return path


async def test_a_payment_stands_in_the_statement_with_its_receipt_and_comes_as_a_file(
    anna: Member, ben: Member
) -> None:
    path = await bought(anna, ben)

    page = plain((await ben.get("account")).text)

    assert "-0.5 hours" in page
    assert path in page
    assert "9.5 hours" in page  # left of the limit of ten
    rows = list(csv.DictReader(io.StringIO((await ben.get("account/statement.csv")).text)))
    assert [(row["other"], row["amount"], row["balance"]) for row in rows] == [("Anna", "-30", "-30")]
    said = (await ben.get("account/statement.json")).json()
    assert said["statement"][0]["receipt"] == rows[0]["receipt"]
    assert (await ben.get("account/statement.csv")).headers["content-disposition"].startswith("attachment")


async def test_a_trust_line_is_given_drawn_on_and_seen_from_both_ends(anna: Member, ben: Member) -> None:
    wrong = await anna.post("account/trust", shown_at="account", person="Zoe", amount="2")
    assert (wrong.status_code, "No member here is called" in wrong.text) == (422, True)
    made = await anna.post("account/trust", shown_at="account", person="Ben", amount="2", days="30", back="30")
    path = "agreement/" + str(made.url).split("/agreement/")[1].split("?")[0]
    await shows(ben, path, "Waits for you")
    await ben.post(f"{path}/accept", shown_at=path)
    await shows(anna, path, "agreed")

    assert "Ben can draw from you" in plain((await anna.get("account")).text)
    assert "You can draw from Anna" in plain((await ben.get("account")).text)
    looked = await ben.post("account/path", shown_at="account", person="Anna", amount="1")
    assert "you draw 1 hour" in " ".join(plain(looked.text).split())
    far = await ben.post("account/path", shown_at="account", person="Anna", amount="5")
    assert (far.status_code, "carry 2 hours of 5 hours" in far.text) == (422, True)


async def test_consent_is_given_shown_and_taken_back(anna: Member, ben: Member) -> None:
    del ben
    wrong = await anna.post("account/consent", shown_at="account", most="lots")
    assert (wrong.status_code, "Write a number" in wrong.text) == (422, True)
    far = await anna.post("account/consent", shown_at="account", most="2", until="366")
    assert (far.status_code, "1 to 365 days" in far.text) == (422, True)

    assert "Noted." in (await anna.post("account/consent", shown_at="account", most="2", until="30")).text
    assert "up to 2 hours of one debt" in plain((await anna.get("account")).text)
    await anna.post("account/consent", shown_at="account", most="0", until="30")
    assert "of one debt, until" not in plain((await anna.get("account")).text)


async def test_where_there_is_no_circle_it_is_said_and_nothing_is_signed(anna: Member, ben: Member) -> None:
    del ben
    looked = await anna.post("account/clear", shown_at="account", only="look", ask="yes")
    assert (looked.status_code, "there is no circle of debts through you" in looked.text.lower()) == (422, True)
    asked = await anna.post("account/clear", shown_at="account")
    assert "ask them too" in asked.text
    assert (await anna.post("account/nothing", shown_at="account")).status_code == 404
