"""Every page, as a browser without JavaScript sees and uses it."""

from collections.abc import AsyncIterator

import httpx
import trio

from ruil.crypto.fingerprint import fingerprint
from ruil.node import identity
from ruil.node.web.pages import ROWS
from tests.node.web.conftest import Member, until

BREAD = {"role": "offer", "kind": "bread", "title": "Sourdough loaf", "quantity": 4, "unit": "loaf"}


async def bread(anna: Member, ben: Member) -> str:
    """The id of Anna's bread for half an hour each, once Ben has it."""
    assert anna.page.desk is not None
    posted = await anna.page.desk.call("listing", {**BREAD, "wants": ["credit 0.5"]})

    async def seen() -> bool:
        return "Sourdough loaf" in (await ben.get("")).text

    await until(seen)
    return str(posted["listing"]["id"])


async def test_the_first_page_asks_who_you_are_and_leads_there_from_everywhere(newcomer: Member) -> None:
    first = await newcomer.get("")
    assert "Your name" in first.text

    for path in ("post", "agreements", "community", "health", "listing/abcd", "agreement/abcd", "person/Ben"):
        assert str((await newcomer.get(path)).url).endswith(newcomer.page.base)


async def test_after_the_first_run_the_page_welcomes(newcomer: Member) -> None:
    answer = await newcomer.post("begin", name="Anna", place="52.37, 4.90", community="Elm Street")

    assert "Welcome." in answer.text
    assert "Nothing is posted here yet." in answer.text
    who = identity.read(newcomer.folder)
    assert (who.name, who.cell is not None, who.entrance[:8]) == ("Anna", True, "charter:")


async def test_a_first_run_needs_an_invitation_or_a_new_community_but_not_both(newcomer: Member) -> None:
    neither = await newcomer.post("begin", name="Anna")
    both = await newcomer.post("begin", name="Anna", community="Elm Street", invitation="abc")

    assert (neither.status_code, both.status_code) == (422, 422)
    assert "one of the two" in neither.text
    assert 'value="Elm Street"' in both.text
    assert not (newcomer.folder / identity.FILE).exists()


async def test_a_damaged_invitation_is_explained_beside_its_field_and_what_was_typed_stays(newcomer: Member) -> None:
    answer = await newcomer.post("begin", name="Anna", invitation="not an invitation")

    assert answer.status_code == 422
    assert 'id="first-invitation-error">This is not an invitation' in answer.text
    assert 'value="Anna"' in answer.text


async def test_while_the_profile_is_being_opened_nobody_is_asked_for_their_name_again(newcomer: Member) -> None:
    newcomer.page.begun = True

    assert "Your node is starting" in (await newcomer.get("")).text


async def test_an_offer_goes_from_the_form_to_near_me(anna: Member) -> None:
    answer = await anna.post(
        "post",
        shown_at="post",
        role="offer",
        kind="bread",
        title="Sourdough loaf",
        quantity="4",
        unit="loaf",
        wants="credit",
        pay="0.5",
    )

    assert "Posted." in answer.text
    assert "0.5 hours" in answer.text
    assert "Sourdough loaf" in (await anna.get("")).text


async def test_a_mistake_in_a_listing_stands_beside_its_field_and_what_was_typed_is_kept(anna: Member) -> None:
    answer = await anna.post(
        "post", shown_at="post", role="need", kind="bread", title="Bread", quantity="many", place="nowhere"
    )

    assert answer.status_code == 422
    assert 'id="post-quantity-error"' in answer.text
    assert 'aria-describedby="post-quantity-error"' in answer.text
    assert 'value="many"' in answer.text

    corrected = await anna.post(
        "post", shown_at="post", role="need", kind="bread", title="Bread", quantity="2", place="nowhere"
    )

    assert 'id="post-place-error"' in corrected.text


async def test_near_me_is_searched_by_text_kind_role_and_distance(anna: Member) -> None:
    assert anna.page.desk is not None
    await anna.page.desk.call("listing", BREAD)
    await anna.page.desk.call("listing", {"role": "need", "kind": "transport", "title": "A ride", "place": "51.0, 5.0"})

    for query, bread_shown, ride_shown in (
        ("search=SOUR", True, False),
        ("kind=transport", False, True),
        ("role=offer", True, False),
        ("km=10", True, False),
        ("km=&search=&kind=&role=", True, True),
    ):
        text = (await anna.get("?" + query)).text
        assert (">Sourdough loaf<" in text, ">A ride<" in text) == (bread_shown, ride_shown), query


async def test_a_long_list_is_shown_in_parts(anna: Member) -> None:
    assert anna.page.desk is not None
    for number in range(ROWS + 5):
        await anna.page.desk.call("listing", {**BREAD, "title": f"Loaf {number}"})

    first = (await anna.get("?search=loaf")).text
    all_of_them = (await anna.get("?search=loaf&rows=" + str(2 * ROWS))).text

    assert first.count('class="card"') == ROWS
    assert f"?search=loaf&amp;rows={2 * ROWS}" in first
    assert all_of_them.count('class="card"') == ROWS + 5


async def test_an_address_of_an_earlier_run_says_what_to_do(anna: Member) -> None:
    answer = await anna.browser.get(anna.page.url + "/n-earlier/agreements")

    assert answer.status_code == 404
    assert "Run <code>ruil</code> once more" in answer.text


async def test_a_listing_shows_all_its_facts_and_who_stands_behind_it(anna: Member, ben: Member) -> None:
    id_ = await bread(anna, ben)

    text = (await ben.get(f"listing/{id_}")).text

    for fact in ("Sourdough loaf", "4 of 4 loaf", "0.5 hours", "about 2", "Nobody has rated Anna yet.", "Propose"):
        assert fact in text, fact


async def test_an_own_listing_is_renewed_and_withdrawn(anna: Member) -> None:
    assert anna.page.desk is not None
    id_ = (await anna.page.desk.call("listing", BREAD))["listing"]["id"]

    renewed = await anna.post(f"listing/{id_}/renew", shown_at=f"listing/{id_}", days="60")
    withdrawn = await anna.post(f"listing/{id_}/withdraw", shown_at=f"listing/{id_}")

    assert "in 59 days" in renewed.text
    assert "This listing is over." in withdrawn.text


async def test_a_whole_trade_goes_through_the_forms_alone(anna: Member, ben: Member) -> None:
    listing = f"listing/{await bread(anna, ben)}"
    proposed = await ben.post(f"{listing}/propose", shown_at=listing, quantity="2", how="asked", text="For Sunday?")
    assert "Waits for Anna" in proposed.text.replace("<bdi>", "").replace("</bdi>", "")
    trade = "agreement/" + str(proposed.url).split("/agreement/")[1].split("?")[0]

    async def shows(member: Member, words: str) -> None:
        async def shown() -> bool:
            return words in (await member.get(trade)).text

        await until(shown)

    await shows(anna, "Accept these terms")
    assert "For Sunday?" in (await anna.get(trade)).text
    assert 'class="count">1<' in (await anna.get("")).text
    assert "You are both bound now." in (await anna.post(f"{trade}/accept", shown_at=trade)).text
    too_much = await anna.post(f"{trade}/deliver", shown_at=trade, quantity="9")
    assert 'id="deliver-quantity-error">That delivers more than promised' in too_much.text
    assert "Noted." in (await anna.post(f"{trade}/deliver", shown_at=trade, quantity="")).text

    await shows(ben, "It arrived")
    assert "Confirmed." in (await ben.post(f"{trade}/receive", shown_at=trade, quantity="")).text

    await shows(anna, ">completed<")
    await shows(ben, ">completed<")
    assert "Choose: would you trade" in (await anna.post(f"{trade}/rate", shown_at=trade, words="Kind.")).text
    assert "Rated." in (await anna.post(f"{trade}/rate", shown_at=trade, good="yes", words="Kind.")).text
    await shows(ben, "it can be read when both have rated")
    await ben.post(f"{trade}/rate", shown_at=trade, good="yes", words="Still warm.")

    await shows(ben, "rated Ben well: Kind.")
    await shows(anna, "rated Anna well: Still warm.")
    person = (await ben.get("person/Anna")).text
    assert "You rated Anna well yourself." in person
    assert "<svg" in person
    assert "your own word" in person


async def test_other_terms_replace_a_proposal(anna: Member, ben: Member) -> None:
    listing = f"listing/{await bread(anna, ben)}"
    proposed = await ben.post(f"{listing}/propose", shown_at=listing, quantity="1", how="gift")
    trade = "agreement/" + str(proposed.url).split("/agreement/")[1].split("?")[0]

    async def there() -> bool:
        return (await anna.get(trade)).status_code == 200

    await until(there)
    unsaid = await anna.post(f"{trade}/counter", shown_at=trade, quantity="1", how="pay", pay="")
    countered = await anna.post(f"{trade}/counter", shown_at=trade, quantity="1", how="pay", pay="1.5")

    assert 'id="counter-pay-error">Say how much' in unsaid.text
    assert "1.5 hours" in countered.text
    assert ">replaced<" in (await anna.get(trade)).text


async def test_what_nobody_knows_is_said_to_be_not_here(anna: Member) -> None:
    for path in ("listing/aaaa", "agreement/aaaa", "person/Nobody"):
        answer = await anna.get(path)
        assert answer.status_code == 404
        assert "That is not here" in answer.text


async def test_an_invitation_is_shown_to_be_copied_and_is_in_no_address(anna: Member) -> None:
    answer = await anna.post("community/invite", shown_at="community", days="3")

    assert "It works once" in answer.text
    assert str(answer.url).endswith("community/invite")

    refused = await anna.post("community/invite", shown_at="community", days="99")

    assert 'id="invite-days-error">An invitation is good for 1 to 30 days' in refused.text


async def test_the_community_page_shows_the_charter_and_the_members(anna: Member, ben: Member) -> None:
    text = (await ben.get("community")).text

    for fact in ("Elm Street", "10 hours", "every member", ">Anna<", ">Ben<"):
        assert fact in text, fact
    assert anna.page.desk is not None


async def test_what_ben_sees_of_annas_key_are_the_words_anna_reads_to_him(anna: Member, ben: Member) -> None:
    assert anna.page.desk is not None
    words = " ".join(fingerprint(anna.page.desk.me))

    assert words in (await anna.get("health")).text
    assert words in (await ben.get("person/Anna")).text


async def test_health_shows_every_fact_it_is_given_even_ones_it_never_heard_of(anna: Member) -> None:
    anna.health_says |= {
        "network": "Connected to 2 neighbours.",
        "waiting": ["bread: deliver"],
        "next": "Invite a neighbour.",
        "storage": {"free": "3 GB"},
        "moon": "waning",
    }

    text = (await anna.get("health")).text

    for fact in ("Connected to 2 neighbours.", "bread: deliver", "Invite a neighbour.", "free: 3 GB", "Moon", "waning"):
        assert fact in text, fact


async def test_every_page_has_one_heading_a_title_and_a_label_for_each_field(anna: Member, ben: Member) -> None:
    id_ = await bread(anna, ben)

    for path in ("", "post", f"listing/{id_}", "agreements", "community", "person/Anna", "health"):
        text = (await ben.get(path)).text
        assert text.count("<h1>") == 1, path
        assert '<html lang="en">' in text
        for tag in ("<input", "<textarea", "<select"):
            for field in text.split(tag)[1:]:
                attributes = field.split(">")[0]
                if 'type="hidden"' not in attributes:
                    assert f'for="{attributes.split("id=")[1].split(chr(34))[1]}"' in text, (path, attributes)


async def test_what_changes_between_a_page_and_its_listening_is_told_at_once(anna: Member) -> None:
    shown = (await anna.get("")).text
    listen = shown.split('data-events="')[1].split('"')[0]

    anna.page.changed()

    with trio.fail_after(5):
        async with anna.browser.stream("GET", anna.page.url + listen) as stream:
            events = [line async for line in _until_changed(stream)]
    assert events == ["event: ready", "event: changed"]


async def _until_changed(stream: httpx.Response) -> AsyncIterator[str]:
    async for line in stream.aiter_lines():
        if line.startswith("event: "):
            yield line
        if line == "event: changed":
            return


async def test_a_trade_that_went_otherwise_is_settled_on_the_page(anna: Member, ben: Member) -> None:
    listing = f"listing/{await bread(anna, ben)}"
    proposed = await ben.post(f"{listing}/propose", shown_at=listing, quantity="2", how="asked")
    trade = "agreement/" + str(proposed.url).split("/agreement/")[1].split("?")[0]

    async def seen() -> bool:
        return (await anna.get(trade)).status_code == 200

    await until(seen)
    await anna.post(f"{trade}/accept", shown_at=trade)

    async def agreed() -> bool:
        return "End it as it is" in (await ben.get(trade)).text

    await until(agreed)

    # More than promised, and no number: each is said beside the field, and what was typed stays.
    for much, sentence in (("9", "That is more than promised: 9 of 2 loaf"), ("some", "is not a whole number")):
        wrong = await ben.post(f"{trade}/settle", shown_at=trade, **{"received-1": much})
        assert wrong.status_code == 422
        assert sentence in wrong.text
        assert f'value="{much}"' in wrong.text
    wrong = await ben.post(f"{trade}/extend", shown_at=trade, days="900")
    assert 'id="extend-days-error">An agreement can only go on longer' in wrong.text

    # One loaf for nothing: Ben says so, Anna sees it and says the same.
    await ben.post(f"{trade}/settle", shown_at=trade, **{"received-1": "1"})

    async def said() -> bool:
        return "would have it end with" in (await anna.get(trade)).text

    await until(said)
    settled = await anna.post(f"{trade}/settle", shown_at=trade, **{"received-1": "1"})
    assert '<span class="tag settled">' in settled.text
