"""What many do together on their pages: begun, joined on one's own conditions, closed, handed over and paid."""

import html
import shutil

import pytest
import trio

from tests.node.web.conftest import Member, until

FLOUR = {"what": "Flour", "unit": "sack", "price": "2", "from-1": "3", "each-1": "1.5", "people": "2"}


async def begun(member: Member, shape: str, *others: Member, **typed: str) -> str:
    """The path of something that was begun on a page, once the others have it."""
    answer = await member.post(f"together/{shape}", shown_at=f"together/{shape}", **typed)
    assert "Begun." in answer.text, answer.text
    path = "agreement/" + str(answer.url).split("/agreement/")[1].split("?")[0]
    for other in others:
        await shows(other, path, "Begun by")
    return path


async def shows(member: Member, path: str, words: str) -> None:
    """Until a page says this."""

    async def shown() -> bool:
        return words in plain((await member.get(path)).text)

    await until(shown)


def plain(page: str) -> str:
    """A page's text without marks that part a name from what stands beside it."""
    for mark in ("<bdi>", "</bdi>", "<strong>", "</strong>"):
        page = page.replace(mark, "")
    return html.unescape(page)


async def test_what_is_open_is_listed_with_what_is_needed_and_how_far_it_has_come(anna: Member, ben: Member) -> None:
    buying = await begun(anna, "buy", ben, **FLOUR, total="8", answer_days="5")
    await begun(anna, "hire", ben, what="Bus to the sea", cost="12", people="6", seats="20", answer_days="2")
    await begun(anna, "ask", ben, **{"much-1": "10", "much-2": "20", "unit-2": "hour", "what-2": "painting"})

    await ben.post(f"{buying}/join", shown_at=buying, quantity="2")

    page = plain((await ben.get("together")).text)
    listed = [page.index(words) for words in (">Bus to the sea<", ">Needed: 10 hours, 20 hour painting<", ">Flour<")]
    assert listed == sorted(listed)  # who closes first comes first; what one is in stands below
    assert "Who joins gets from Anna 1 sack Flour each, and gives Anna 2 hours each, 1.5 hours each from 3 on" in page
    assert '<progress max="2" value="1" aria-label="buyer, people">1 of 2 people needed</progress>' in page
    assert '<progress max="8" value="2" aria-label="buyer, in all">2 of 8 sack needed</progress>' in page
    assert "Nobody has joined yet, room for 20 places" in page


async def test_who_would_join_is_told_what_it_would_come_to_and_signs_nothing_by_asking(
    anna: Member, ben: Member
) -> None:
    buying = await begun(anna, "buy", ben, **FLOUR)

    one = plain((await ben.get(buying)).text)
    many = plain((await ben.post(f"{buying}/join", shown_at=buying, quantity="3", only="look")).text)
    alone = plain((await anna.get(buying)).text)

    assert "With 1: if it were closed now you would pay 2 hours and get 1 sack Flour." in one
    assert "If it were closed now you would pay 4.5 hours and get 3 sack Flour." in many
    assert 'value="3"' in many
    assert "Nobody has joined yet" in many
    assert "It can not be closed yet: 2 people are needed." in alone


async def test_a_place_is_taken_on_ones_own_conditions_and_given_back(anna: Member, ben: Member) -> None:
    buying = await begun(anna, "buy", ben, **FLOUR)

    joined = await ben.post(
        f"{buying}/join", shown_at=buying, quantity="2", people="2", total="3", at_most="3", hours="48", stay="yes"
    )
    await shows(anna, buying, "Ben with 2 sack, if at least 2 people, at least 3 sack in all, at most 3 hours to pay")

    assert "You are in." in joined.text
    assert "You would pay at most 3 hours and get 2 sack Flour." in plain(joined.text)
    assert "(stays for the next round)" in (await anna.get(buying)).text
    assert "You gave your place back." in (await ben.post(f"{buying}/leave", shown_at=buying)).text
    await shows(anna, buying, "Nobody has joined yet")


async def test_what_came_to_nothing_is_begun_again_and_who_stays_is_in(anna: Member, ben: Member) -> None:
    buying = await begun(anna, "buy", ben, **FLOUR)
    await ben.post(f"{buying}/join", shown_at=buying, quantity="2", stay="yes")
    await shows(anna, buying, "1 of 2 people needed")
    early = await anna.post(f"{buying}/again", shown_at=buying, answer_days="3")
    await anna.post(f"{buying}/cancel", shown_at=buying)

    again = await anna.post(f"{buying}/again", shown_at=buying, answer_days="3")

    assert early.status_code == 422
    assert "Begun." in again.text
    assert "in 2 days" in again.text
    assert "Ben with 2 sack" in plain(again.text)


async def test_who_is_asked_to_sell_has_to_accept_first_and_it_says_so(anna: Member, ben: Member) -> None:
    buying = await begun(anna, "buy", ben, **FLOUR, seller="Ben")

    asked = plain((await anna.get(buying)).text)
    await ben.post(f"{buying}/accept", shown_at=buying)

    assert "It can not be closed yet: Ben has not accepted yet; 2 people are needed." in asked
    await shows(anna, buying, "It can not be closed yet: 2 people are needed.")


async def test_only_who_can_close_sees_the_form_and_too_early_is_told_why(anna: Member, ben: Member) -> None:
    buying = await begun(anna, "buy", ben, **FLOUR)

    early = await anna.post(f"{buying}/close", shown_at=buying)

    assert early.status_code == 422
    assert "It can not be closed now: nobody has joined yet." in early.text
    assert "/close" not in (await ben.get(buying)).text
    assert "/join" not in (await anna.get(buying)).text  # nobody sells to themselves


async def test_ideas_are_sent_in_voted_on_and_the_reward_is_split_by_the_votes(anna: Member, ben: Member) -> None:
    call = await begun(anna, "idea", ben, what="A name for the garden", reward="1")
    await ben.post(f"{call}/join", shown_at=call, quantity="1", text="Sunny Side")
    await shows(anna, call, "Ben with 1")

    unchosen = await anna.post(f"{call}/vote", shown_at=call)
    chosen = await anna.post(f"{call}/vote", shown_at=call, who="Ben")
    closed = await anna.post(f"{call}/close", shown_at=call)

    assert (unchosen.status_code, "Choose whose idea you like best." in unchosen.text) == (422, True)
    assert "Noted. Your last vote counts." in chosen.text
    assert "you give Ben 1 hour" in plain(closed.text)
    assert "/vote" not in (await ben.get(call)).text  # nobody is asked to vote for themselves alone


async def test_credit_is_lent_and_a_team_is_begun(anna: Member, ben: Member) -> None:
    loan = await begun(anna, "lend", other="Ben", amount="2", times="2")  # no place in it is open
    await shows(ben, loan, "Anna gives you 2 hours")
    team = await begun(anna, "team", ben, **{"much-1": "8", "unit-1": "hour", "what-1": "painting", "each-1": "0.5"})

    answer = await ben.post(f"{loan}/accept", shown_at=loan)
    joined = await ben.post(f"{team}/join", shown_at=team, quantity="4")

    assert "you give Anna 1 hour" in plain(answer.text)
    assert "You are in." in joined.text


BUY = {"what": "Flour", "price": "2"}
HIRE = {"what": "Bus", "cost": "12"}


FAULTS = [  # the form, what is typed, the field that is wrong, and how its sentence begins
    ("buy", BUY | {"what": ""}, "what", "Say what is bought"),
    ("buy", BUY | {"price": "much"}, "price", "Write a number, such as 1.5."),
    ("buy", BUY | {"price": "0"}, "price", "A price is more than nothing"),
    ("buy", BUY | {"price": "1.2345"}, "price", "1.2345 can not be paid"),
    ("buy", BUY | {"from-1": "10", "each-1": "1", "from-2": "5", "each-2": "1"}, "from-2", "Write more than 10"),
    ("buy", BUY | {"from-1": "1", "each-1": "1"}, "from-1", "Write more than 1"),
    ("buy", BUY | {"from-1": "10"}, "each-1", "Say what one costs then."),
    ("buy", BUY | {"from-1": "10", "each-1": "0"}, "each-1", "'0' is not a price"),
    ("buy", BUY | {"from-1": "10", "each-1": "1.2345"}, "each-1", "1.2345 can not be paid"),
    ("buy", BUY | {"people": "0"}, "people", "Write a whole number of at least 1."),
    ("buy", BUY | {"people": "1000"}, "people", "At least 1000 and at most 256 can not both hold."),
    ("buy", BUY | {"total": "9", "most": "5"}, "most", "That is less than is needed in all."),
    ("buy", BUY | {"seller": "Nobody"}, "seller", "No member here is called 'Nobody'"),
    ("buy", BUY | {"answer_days": "500"}, "answer_days", "A proposal is answered in the future, within 90 days."),
    ("buy", BUY | {"days": "5000"}, "days", "Nothing can be due later than 730 days"),
    ("hire", HIRE | {"cost": "lots"}, "cost", "Write a number, such as 1.5."),
    ("hire", HIRE | {"cost": "0"}, "cost", "Cost: write a number above 0."),
    ("hire", HIRE | {"people": "0"}, "people", "Write a whole number of at least 1."),
    ("hire", HIRE | {"people": "9", "seats": "5"}, "seats", "That is less than the people who are needed."),
    ("idea", {"what": "", "reward": "1"}, "what", "Say what you ask for"),
    ("idea", {"what": "A name", "reward": "much"}, "reward", "Write a number, such as 1.5."),
    ("idea", {"what": "A name", "reward": "0"}, "reward", "Reward: say how much is shared out, a number above 0."),
    ("team", {}, "roles", "Say what is to be done"),
    ("team", {"much-1": "30"}, "what-1", "Say of what"),
    ("team", {"much-1": "30", "what-1": "painting", "each-1": "lots"}, "each-1", "Write a number, such as 1.5."),
    ("lend", {"amount": "1"}, "other", "Say with whom."),
    ("lend", {"amount": "lots", "other": "Anna"}, "amount", "Write a number, such as 1.5."),
    ("borrow", {"amount": "1", "other": "Nobody"}, "other", "No member here is called 'Nobody'"),
    ("lend", {"amount": "1", "other": "Anna", "times": "0"}, "times", "Write a whole number of at least 1."),
    ("ask", {}, "goals", "Say what is needed"),
    ("ask", {"much-1": "0"}, "goals", "Say what is needed: more than nothing of each."),
    ("ask", {"much-1": "many"}, "much-1", "Write a number, such as 1.5."),
    ("ask", {"much-1": "3", "unit-1": "kg"}, "what-1", "Say of what"),
    ("ask", {"what-2": "flour"}, "much-2", "Say how much is needed."),
    ("ask", {"much-1": "3", "what-1": "jam", "much-2": "4", "what-2": "jam"}, "goals", "Each goal needs a name"),
]


async def test_a_fault_in_what_is_begun_stands_beside_its_field(anna: Member) -> None:
    for shape, typed, field, sentence in FAULTS:
        answer = await anna.post(f"together/{shape}", shown_at=f"together/{shape}", **typed)

        page = html.unescape(answer.text)
        assert answer.status_code == 422, (shape, typed)
        assert page.partition(f'id="begin-{field}-error">')[2].startswith(sentence), (shape, typed, sentence)
        assert all(f'value="{each}"' in page for each in typed.values() if each), (shape, typed)
    assert anna.page.desk is not None
    assert (await anna.page.desk.call("agreements", {}))["agreements"] == []


FAULTS_OF_JOINS = [
    ({"quantity": "0"}, "quantity", "The quantity you join with of zero: say how much, at least 1."),
    ({"quantity": "21"}, "quantity", "Each rider joins with 1 to 20; that is 21."),
    ({"quantity": "two"}, "quantity", "Write a number, such as 1.5."),
    ({"quantity": "1.5"}, "quantity", "'1.5' is not a whole number."),
    ({"quantity": ""}, "quantity", "Say with how much you join."),
    ({"quantity": "20"}, "quantity", "That costs 120 hours, and you can spend"),
    (
        {"quantity": "1", "people": "21"},
        "people",
        "The people you wait for can never all join: there is room for 20.",
    ),
    (
        {"quantity": "15", "people": "7"},
        "people",
        "The people you wait for can never all join: there is room for 6.",
    ),
    ({"quantity": "1", "total": "21"}, "total", "The total you wait for can never come together"),
    (
        {"quantity": "2", "at_most": "5"},
        "at_most",
        "The most you would pay is never enough: it comes to at least 12",
    ),
    ({"quantity": "1", "hours": "0"}, "hours", "Write a whole number of at least 1."),
]


async def test_a_fault_in_a_join_stands_beside_its_field(anna: Member, ben: Member) -> None:
    hiring = await begun(anna, "hire", ben, what="Bus to the sea", cost="120", people="1", seats="20")

    for typed, field, sentence in FAULTS_OF_JOINS:
        answer = await ben.post(f"{hiring}/join", shown_at=hiring, **typed)

        page = html.unescape(answer.text)
        assert answer.status_code == 422, typed
        assert page.partition(f'id="join-{field}-error">')[2].startswith(sentence), (typed, sentence)
        assert all(f'value="{each}"' in page for each in typed.values() if each), typed
        assert ("<details open>" in page) == (len(typed) > 1), typed  # the conditions are unfolded where one is wrong
    assert "Nobody has joined yet" in (await ben.get(hiring)).text


async def test_of_several_places_one_is_chosen_first(anna: Member, ben: Member) -> None:
    asking = await begun(anna, "ask", ben, **{"much-1": "10", "much-2": "20", "unit-2": "hour", "what-2": "painting"})

    nowhere = await ben.post(f"{asking}/join", shown_at=asking, quantity="2")
    joined = await ben.post(f"{asking}/join", shown_at=asking, quantity="2.5", place="credit")

    assert "Say which place you take: credit, painting." in nowhere.text
    assert "you with 2.5 hours" in plain(joined.text)


sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"

DID = {"join": "joined", "close": "closed", "deliver": "delivered", "receive": "received", "rate": "rated"}


class Sitting:
    """One person in front of their page, on which nobody but the node changes anything between their own acts."""

    def __init__(self, browser: "sync_api.Browser", login: str) -> None:
        self.page = browser.new_context().new_page()
        self.page.set_default_timeout(10_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)
        self.page.goto(login)
        self.home = self.page.url

    def does(self, act: str, **typed: str) -> None:
        """Fill one of an agreement's forms, send it, and see that the page took it."""
        form = self.page.locator(f"form[action$='/{act}']")
        form.wait_for()  # what others did brings it
        for name, text in typed.items():
            form.locator(f"[name={name}]").fill(text)
        form.locator("button").first.click()
        self.page.wait_for_url(f"**?done={DID[act]}")

    def sees(self, words: str) -> None:
        self.page.get_by_text(words, exact=False).first.wait_for()


@pytest.mark.browser
@pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="no chromium is installed on this machine")
async def test_three_neighbours_buy_together_on_three_pages_and_each_sees_what_the_others_do(
    anna: Member, ben: Member, carla: Member
) -> None:
    logins = [member.page.login_url() for member in (anna, ben, carla)]

    def do() -> list[str]:
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                seller, early, late = people = [Sitting(browser, login) for login in logins]
                late.page.goto(f"{late.home}together")
                early.page.goto(f"{early.home}together")

                # Anna begins; it comes to the others' open pages by itself.
                seller.page.goto(f"{seller.home}together/buy")
                for name, text in FLOUR.items():
                    seller.page.fill(f"#begin-{name}", text)
                seller.page.click("main button.main")
                seller.sees("It can not be closed yet: 2 people are needed.")
                early.page.click("text=Flour")

                # Ben joins on a condition; Carla sees it on the list, and Anna on her page.
                early.page.click("text=My conditions")
                early.does("join", quantity="1", at_most="1.5")
                late.sees("1 of 2 people needed")
                seller.sees("at most 1.5 hours to pay")
                seller.sees("1 more person is needed")

                # Two more sacks make the price Ben waits for; Anna closes, and all are bound.
                late.page.click("text=Flour")
                late.does("join", quantity="2")
                seller.sees("2 of 2 people needed")
                seller.does("close")
                for one in people:
                    one.page.locator("#agreement .tag.agreed").wait_for()
                seller.does("deliver")
                for one in (early, late):
                    one.does("receive")
                for one in people:
                    one.page.locator("#agreement .tag.completed").wait_for()

                # Of several people one says whom one rates.
                assert early.page.get_by_label("Carla").count() == 0  # they promised each other nothing
                seller.page.get_by_label("Carla").check()
                seller.page.get_by_label("Yes, it was good").check()
                seller.does("rate", words="Shared the carrying")
                seller.sees("rated Carla")
                assert seller.page.get_by_label("Carla").count() == 0
                return [error for one in people for error in one.errors]
            finally:
                browser.close()

    assert await trio.to_thread.run_sync(do) == []
    assert carla.page.desk is not None
    assert (await carla.page.desk.call("status", {}))["balance"] == "-3 hours"
