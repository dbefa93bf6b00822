"""Friends on the page: shares are made, kept, confirmed and given back; a word is passed on, shown and protested."""

import re
from html import unescape

from ruil.crypto.fingerprint import fingerprint
from ruil.crypto.keys import SigningKey
from ruil.node import friends
from ruil.protocol.bodies import encode
from ruil.protocol.keeping import Word
from ruil.protocol.successions import succeed
from tests.node.web.conftest import Member, until
from tests.node.web.test_browser import browse, in_a_browser
from tests.node.web.test_deciding import id_of
from tests.node.web.test_together import plain, shows
from tests.protocol.actors import key


def handed_over(page: str) -> list[str]:
    """What a page shows to be copied."""
    return re.findall(r"<textarea[^>]* data-copy>([^<]*)</textarea>", page)


def field(page: str, name: str) -> str:
    """What stands in a field of a page."""
    return unescape(re.findall(rf'<input id="{name}"[^>]* value="([^"]*)"', page)[0])


async def split(anna: Member, ben: Member, carla: Member) -> list[str]:
    """Ben and Carla keep a share of Anna's; the texts as she handed them over."""
    await shows(anna, "community", "Carla")
    made = await anna.post("friends/split", shown_at="friends", **{"friend-1": "Ben", "friend-2": "carla"})
    texts = handed_over(made.text)
    for friend, text in zip((ben, carla), texts, strict=True):
        assert "You keep a share for Anna" in plain(await kept(friend, text))
    return texts


async def kept(friend: Member, text: str, **more: str) -> str:
    return (await friend.post("friends/keep", shown_at="friends", text=text, **more)).text


async def word_of(anna: Member, texts: list[str], new: SigningKey) -> str:
    """What is made on an empty computer from these shares."""
    desk = anna.page.desk
    assert desk is not None
    share, recovery = friends.joined(texts)
    body = succeed(recovery, desk.peer.community, desk.me, share.old, new.public)
    return Word("Anna", desk.peer.community, encode(body)).text


async def given(friend: Member) -> str:
    """The share a friend gives back to Anna."""
    page = (await friend.get("friends")).text
    whose = re.findall(r'name="name" value="([^"]*)"', page)[0]
    shown = await friend.post("friends/give", shown_at="friends", name=whose, sure="yes")
    (text,) = handed_over(shown.text)
    return text


async def test_shares_are_made_kept_and_confirmed_and_their_words_are_the_same_on_both_pages(
    anna: Member, ben: Member, carla: Member
) -> None:
    assert "Nobody could bring you back" in plain((await anna.get("friends")).text)

    await split(anna, ben, carla)

    page = plain((await anna.get("friends")).text)
    assert "Any 2 of your friends together, and 7 days without your protest, bring you back." in page
    theirs = plain((await ben.get("friends")).text)
    words = re.findall(r"Yours says: ((?:\w+ ?){6})", theirs)[0]
    assert words in page
    assert "Carla" not in theirs.replace('<option value="Carla">', "")  # who holds the others is for Anna alone
    wrong = await anna.post("friends/confirm", shown_at="friends", name="Ben", words="six words of some other share")
    assert (wrong.status_code, field(wrong.text, "confirm-words")) == (422, "six words of some other share")
    assert "make new shares" in wrong.text.split('id="confirm-words-error"')[1][:200]
    done = await anna.post("friends/confirm", shown_at="friends", name="Ben", words=words.upper())
    assert "They have your share still." in done.text
    assert plain(done.text).count("not heard of it since") == 1  # Carla's
    taken_back = await anna.post("friends/forget", shown_at="friends")
    assert "worth nothing from here on" in taken_back.text
    assert "Nobody could bring you back" in plain(taken_back.text)


async def test_what_is_wrong_with_the_friends_stands_beside_each_and_everything_typed_is_kept(
    anna: Member, ben: Member, carla: Member
) -> None:
    del ben
    await shows(anna, "community", "Carla")
    await shows(carla, "community", "Ben")
    typed = {"friend-1": "Ben", "friend-2": "Carla", "needed": "2", "days": "5"}
    for change, beside, why in (
        ({"friend-2": ""}, "friend-2", "at least two friends"),
        ({"friend-2": "ben"}, "friend-2", "named above already"),
        ({"friend-2": "Zoe"}, "friend-2", "No member here is called"),
        ({"friend-2": "Anna"}, "friend-2", "Anna is you"),
        ({"needed": "3"}, "needed", "at most as many as there are friends"),
        ({"needed": "1"}, "needed", "at least 2"),
        ({"needed": "some"}, "needed", "whole number"),
        ({"days": "61"}, "days", "1 to 60 days"),
    ):
        sent = typed | change

        refused = await anna.post("friends/split", shown_at="friends", **sent)

        assert (refused.status_code, handed_over(refused.text)) == (422, [])
        assert why in refused.text.split(f'id="split-{beside}-error"')[1][:200], beside
        assert {name: field(refused.text, f"split-{name}") for name in sent} == sent
    assert "Nobody could bring you back" in plain((await anna.get("friends")).text)


async def test_a_share_for_somebody_else_is_refused_beside_its_field_and_one_on_paper_is_words(
    anna: Member, ben: Member, carla: Member
) -> None:
    texts = await split(anna, ben, carla)
    assert "for somebody else" in (await kept(ben, texts[1])).split('id="keep-text-error"')[1][:200]
    assert "this is not a share to keep" in (await kept(ben, "keep")).lower()
    assert "Paste the text" in await kept(ben, " ")

    on_paper = await anna.post(
        "friends/split", shown_at="friends", **{"friend-1": "Ben", "friend-2": "Carla"}, paper="yes"
    )

    assert handed_over(on_paper.text) == []
    assert on_paper.text.split('<ol class="paper">')[1].split("</ol>")[0].count("<li>") == 33


async def test_a_new_share_takes_the_place_of_the_old_one_once_its_keeper_has_asked(
    anna: Member, ben: Member, carla: Member
) -> None:
    await split(anna, ben, carla)
    again = await anna.post("friends/split", shown_at="friends", **{"friend-1": "Ben", "friend-2": "Carla"})
    text = handed_over(again.text)[0]

    assert "ask them, and say that it is a new one" in (await kept(ben, text)).split('id="keep-text-error"')[1][:400]
    assert "You keep a share for Anna" in plain(await kept(ben, text, again="yes"))


async def test_a_share_is_given_back_only_to_whom_one_has_seen(anna: Member, ben: Member, carla: Member) -> None:
    await split(anna, ben, carla)
    unsure = await ben.post("friends/give", shown_at="friends", name="Anna")
    assert (unsure.status_code, handed_over(unsure.text)) == (422, [])
    assert "First see them or hear them" in unsure.text
    nobody = await ben.post("friends/give", shown_at="friends", name="Zoe", sure="yes")
    assert (nobody.status_code, "You keep no share of" in nobody.text) == (422, True)

    shares = [await given(friend) for friend in (ben, carla)]

    share, recovery = friends.joined(shares)
    assert (share.name, share.needed, share.days) == ("Anna", 2, 7)
    assert anna.page.desk is not None
    assert recovery.public.hex() == (await anna.page.desk.call("friends", {}))["plan"]["key"]


async def test_a_word_is_passed_on_after_its_six_words_were_compared_and_protested_by_who_lost_nothing(
    anna: Member, ben: Member, carla: Member
) -> None:
    await split(anna, ben, carla)
    theirs, mine = anna.page.desk, ben.page.desk
    assert theirs is not None
    assert mine is not None

    async def known() -> bool:
        return mine.book.digest() == theirs.book.digest()

    await until(known)
    new = key("anna's new key")
    word = await word_of(anna, [await given(friend) for friend in (ben, carla)], new)
    words = " ".join(fingerprint(new.public))

    damaged = await ben.post("friends/pass", shown_at="friends", text="heir-nothing")
    assert (damaged.status_code, "heir-nothing" in damaged.text) == (422, True)
    assert "damaged" in damaged.text.split('id="pass-text-error"')[1][:200]
    compared = await ben.post("friends/pass", shown_at="friends", text=word, same="yes")
    assert (compared.status_code, words in compared.text, "Passed on." in compared.text) == (422, True, False)
    other = await ben.post("friends/pass", shown_at="friends", text=word, same="yes", words="some other words")
    assert (other.status_code, "shows other words" in other.text) == (422, True)
    done = await ben.post("friends/pass", shown_at="friends", text=word, same="yes", words=words)
    assert "Passed on." in done.text, plain(done.text)
    assert "1 of 2 have passed that on" in plain(done.text)
    await carla.post("friends/pass", shown_at="friends", text=word, same="yes", words=words)

    path = f"person/{id_of(anna)}"
    await shows(ben, path, "on another one signs for them, if nobody protests")
    await shows(anna, "", "Ben and Carla say that your key is lost")  # on every page, until she answers
    said = await anna.post("friends/protest", shown_at="friends")
    assert "You have protested." in said.text
    assert "say that your key is lost" not in plain((await anna.get("")).text)
    await shows(ben, path, "Anna protested against another key: theirs stays")
    again = await anna.post("friends/protest", shown_at="friends")
    assert (again.status_code, "protested already" in again.text) == (422, True)


@in_a_browser
async def test_friends_are_asked_on_a_phone_without_javascript_and_nothing_scrolls_sideways(
    anna: Member, ben: Member, carla: Member
) -> None:
    del ben, carla
    await shows(anna, "community", "Carla")
    login, friends_page = anna.page.login_url(), anna.page.url + anna.page.base + "friends"

    def do(page) -> None:  # type: ignore[no-untyped-def]  # playwright may not be installed
        page.goto(login)
        page.goto(friends_page)
        page.fill("#split-friend-1", "Ben")
        page.fill("#split-friend-2", "Carla")
        page.click("text=Make the shares")
        page.get_by_text("Hand these over now").wait_for()
        assert page.locator("textarea[data-copy]").count() == 2
        assert page.locator("figure.qr svg").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

    await browse(do, viewport={"width": 320, "height": 640}, java_script_enabled=False)
