"""What a proposal says, on the page: additions, wishes, mediators, what it costs whom; rings begun and mended."""

from tests.node.web.conftest import Member, NewMember, invited
from tests.node.web.test_together import plain, shows


async def offered(anna: Member, *others: Member, wants: str = "credit", pay: str = "0.5") -> str:
    """The path of Anna's loaves, once the others have them."""
    posted = await anna.post("post", shown_at="post", role="offer", kind="bread", title="Rye loaf", quantity="4",
                             unit="loaf", wants=wants, pay=pay, days="9")  # fmt: skip
    listing = "listing/" + str(posted.url).split("/listing/")[1].split("?")[0]
    for other in others:
        await shows(other, listing, "Rye loaf")
    return listing


def path_of(answer: object) -> str:
    return "agreement/" + str(answer.url).split("/agreement/")[1].split("?")[0]  # type: ignore[attr-defined]


async def test_both_sides_add_to_a_trade_and_wishes_add_to_its_price(anna: Member, ben: Member) -> None:
    listing = await offered(anna, ben)
    assert "You can spend 10 hours; Anna can spend 10 hours." in plain((await ben.get(listing)).text)

    made = await ben.post(
        f"{listing}/propose", shown_at=listing, quantity="2", how="asked",
        **{"mine-1": "2 hour ironing", "theirs-1": "1 jar honey", "wish-1": "with walnuts", "adds-1": "0.5"},
    )  # fmt: skip

    path = path_of(made)
    await shows(anna, path, "Waits for you")
    page = plain((await anna.get(path)).text)
    for words in ("Ben gives you 2 hour ironing", "you give Ben 1 jar honey", "with walnuts", "1.5 hours"):
        assert words in page, words
    row = page.split("How everybody stands who would pay")[1].split("</table>")[0]
    assert "Ben" in row
    assert "1.5 hours" in row
    assert "8.5 hours" in row  # what Ben could still spend after it


async def test_an_offer_lists_how_one_may_have_it_and_who_proposes_ticks_what_they_like(
    anna: Member, ben: Member
) -> None:
    wrong = await anna.post("post", shown_at="post", role="need", kind="bread", title="Cake", quantity="1", unit="cake",
                            wants="nothing", days="9", **{"option-1": "walnuts"})  # fmt: skip
    assert plain(wrong.text).partition('id="post-option-1-error">')[2].startswith("Options are for what is offered")
    posted = await anna.post(
        "post", shown_at="post", role="offer", kind="bread", title="Cake", quantity="4", unit="cake", wants="credit",
        pay="1", days="9", **{"option-1": "walnuts", "costs-1": "0.5", "option-2": "candles"},
    )  # fmt: skip
    listing = "listing/" + str(posted.url).split("/listing/")[1].split("?")[0]
    await shows(ben, listing, "walnuts (adds 0.5 hours), candles")
    free = await ben.post(f"{listing}/propose", shown_at=listing, quantity="1", how="asked", **{"wish-1": "raisins"})
    assert plain(free.text).partition('id="propose-wish-1-error">')[2].startswith("Wishes: 'raisins' is none of its")

    made = await ben.post(f"{listing}/propose", shown_at=listing, quantity="1", how="asked",
                          **{"chosen-1": "walnuts", "wish-1": "raisins", "adds-1": "0.25"})  # fmt: skip

    page = plain(made.text)
    for words in ("1 option walnuts", "1 option raisins", "you give Anna 1.75 hours"):
        assert words in page, words


async def test_what_is_wrong_with_an_addition_stands_beside_it_and_all_is_kept(anna: Member, ben: Member) -> None:
    listing = await offered(anna, ben)
    for typed, field, sentence in (
        ({"adds-1": "0.5"}, "wish-1", "Say what is wished."),
        ({"wish-1": "nuts", "adds-1": "lots"}, "adds-1", "Write a number, such as 1.5."),
        ({"wish-1": "nuts", "wish-2": "nuts"}, "wish-1", "One wish is named twice"),
        ({"wish-1": "nuts", "how": "other", "other": "3 jar honey"}, "wish-1", "Wishes go with a price"),
        ({"how": "other", "other": "3"}, "other", "In return: 3 of what?"),
        ({"how": "other", "other": "1.5 kg flour"}, "other", "In return: 1.5 is no whole number"),
        ({"how": "other", "other": "0 eggs"}, "other", "In return: 0 is no whole number"),
        ({"mediator": "Zoe"}, "mediator", "No member here is called"),
        ({"mediator": "", "backup": "Anna"}, "mediator", "Name the mediator before"),
        ({"mediator": "Anna"}, "mediator", "Mediator and backup are two people, and no parties"),
    ):
        answer = await ben.post(
            f"{listing}/propose", shown_at=listing, quantity="2", text="kept", **{"how": "asked", **typed}
        )
        page = plain(answer.text)
        assert answer.status_code == 422, typed
        assert page.partition(f'id="propose-{field}-error">')[2].startswith(sentence), (typed, sentence)
        assert "kept" in page


async def test_a_mediator_with_days_and_a_word_that_binds_is_named_in_the_form(
    anna: Member, ben: Member, new_member: NewMember
) -> None:
    carla = await invited(new_member, anna, "Carla", "52.37, 4.90")
    listing = await offered(anna, ben, carla, wants="nothing", pay="")
    await shows(ben, "community", "Carla")

    made = await ben.post(
        f"{listing}/propose", shown_at=listing, quantity="1", how="gift", mediator="Carla", mediation_days="5",
        binding="yes",
    )  # fmt: skip

    assert "Carla says how it ends if it goes wrong. That binds" in plain(made.text)
    assert ben.page.desk is not None
    known = ben.page.desk.agreement(path_of(made).split("/")[1])
    assert (known.proposal.mediation_days, known.proposal.binding) == (5, True)


async def test_a_ring_is_begun_on_a_form_and_mended_when_one_drops_out(
    anna: Member, ben: Member, new_member: NewMember
) -> None:
    carla = await invited(new_member, anna, "Carla", "")
    dora = await invited(new_member, anna, "Dora", "")
    for name in ("Carla", "Dora"):
        await shows(anna, "community", name)
        await shows(ben, "community", name)
    rows = {f"{field}-{row}": text for row, (who, what) in enumerate(
        (("Anna", "bread"), ("Ben", "honey"), ("Carla", "ironing"), ("Dora", "eggs")), 1
    ) for field, text in (("who", who), ("much", "2"), ("unit", "jar"), ("what", what))}  # fmt: skip
    two = {name: text if name[-1] in "12" else "" for name, text in rows.items()}
    few = await anna.post("together/ring", shown_at="together/ring", **two)
    assert (few.status_code, "A ring needs three people or more." in few.text, "honey" in few.text) == (422, True, True)
    stranger = await anna.post("together/ring", shown_at="together/ring", **{**rows, "who-2": "Zoe"})
    assert plain(stranger.text).partition('id="begin-who-2-error">')[2].startswith("No member here is called 'Zoe'")

    made = path_of(await anna.post("together/ring", shown_at="together/ring", **rows))

    for member in (ben, carla, dora):
        await shows(member, made, "Waits for you")
    assert "Anna gives you 2 jar bread" in plain((await ben.get(made)).text)
    await ben.post(f"{made}/accept", shown_at=made)
    await dora.post(f"{made}/decline", shown_at=made, reason="I am away")
    await shows(anna, made, "Somebody dropped out of the ring")
    nobody = await anna.post(f"{made}/without", shown_at=made)
    assert (nobody.status_code, "Choose who dropped out." in nobody.text) == (422, True)

    again = path_of(await anna.post(f"{made}/without", shown_at=made, left="Dora"))

    for member in (ben, carla):
        await shows(member, again, "Waits for you")
        await member.post(f"{again}/accept", shown_at=again)
    await shows(anna, again, "agreed")
    assert "Carla gives you 2 jar ironing" in plain((await anna.get(again)).text)
