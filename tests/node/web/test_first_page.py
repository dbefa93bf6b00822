"""Who is a member already, at the first page of an empty computer: brought back by friends, or by a paper."""

import base64
import re

import httpx

from ruil.crypto.keys import SigningKey
from ruil.crypto.words import from_words
from ruil.node import backup, identity
from ruil.protocol import keeping
from tests.node.web.conftest import Member
from tests.node.web.test_browser import browse, in_a_browser
from tests.node.web.test_friends_page import given, handed_over, split
from tests.node.web.test_together import plain

PASSPHRASE = "five words drawn by chance"


def area(page: str, name: str) -> str:
    """What stands in a large field of a page."""
    return page.split(f'<textarea id="{name}"')[1].split(">")[1].split("<")[0]


async def test_who_lost_everything_joins_their_friends_shares_and_has_a_word_to_hand_on(
    anna: Member, ben: Member, carla: Member, newcomer: Member
) -> None:
    await split(anna, ben, carla)
    shares = [await given(friend) for friend in (ben, carla)]
    await newcomer.get("")

    again = await newcomer.post("begin/restore", **{"share-1": shares[0], "share-3": shares[1]})

    assert "Your shares are joined" in again.text, plain(again.text)
    (word,) = handed_over(again.text)
    assert keeping.open_word(word).name == "Anna"
    who = identity.read(newcomer.folder)
    assert (who.name, who.member_id) == ("Anna", identity.read(anna.folder).member_id)
    shown = plain((await newcomer.get("")).text)
    assert "Your new key does not count yet: " in shown
    assert "to at least 2 members who know you" in shown
    words = again.text.split('<strong class="six">')[1].split("<")[0]
    passed = await ben.post("friends/pass", shown_at="friends", text=word, same="yes", words=words)
    assert "1 of 2 have passed that on" in plain(passed.text)


async def test_what_is_wrong_with_a_share_stands_beside_it_and_all_that_was_pasted_is_kept(
    anna: Member, ben: Member, carla: Member, newcomer: Member
) -> None:
    await split(anna, ben, carla)
    share = await given(ben)
    words = keeping.open_share(await given(carla)).words
    for pasted, beside, why in (
        ({"share-1": ""}, "share-1", "Paste what your friends gave you"),
        ({"share-1": share[:-3]}, "share-1", "damaged"),
        ({"share-1": share, "share-2": "keep-something"}, "share-2", "this is not a share"),
        ({"share-1": share, "share-2": words[:-1]}, "share-2", "word 33"),
        ({"share-1": share}, "share-2", "1 is missing"),
        ({"share-2": share, "share-3": share}, "share-1", "1 is missing"),
        ({"share-1": share, "share-2": words, "at": "192.168.1.5"}, "at", "is not an address"),
    ):
        refused = await newcomer.post("begin/restore", **pasted)

        assert refused.status_code == 422
        assert why.lower() in refused.text.split(f'id="restore-{beside}-error"')[1][:200].lower(), (pasted, beside)
        for name, text in pasted.items():
            assert (area(refused.text, f"restore-{name}") if name != "at" else text) == text
        assert 'id="first-name"' in refused.text  # one can begin as somebody new all the same
        assert not (newcomer.folder / identity.FILE).exists()
    on_paper_alone = await newcomer.post("begin/restore", **{"share-1": words})
    assert (on_paper_alone.status_code, "at least one as a text" in plain(on_paper_alone.text)) == (422, True)

    again = await newcomer.post("begin/restore", **{"share-1": share, "share-2": words})  # hers was on paper

    assert "Your shares are joined" in again.text


async def test_a_key_is_written_on_paper_and_its_member_is_themselves_again_with_any_invitation(
    anna: Member, newcomer: Member
) -> None:
    assert anna.page.desk is not None
    seen = await anna.post("devices/paper", shown_at="devices")
    assert (seen.status_code, "first look round" in seen.text, 'class="paper"' in seen.text) == (422, True, False)
    assert backup.marked(anna.folder) is None
    shown = await anna.post("devices/paper", shown_at="devices", alone="yes")
    words = re.findall("<li>(.*?)</li>", shown.text.split('<ol class="paper">')[1].split("</ol>")[0])
    assert SigningKey.from_seed(from_words(" ".join(words))).public == identity.read(anna.folder).key.public
    assert backup.marked(anna.folder) is not None
    invitation = (await anna.page.desk.call("invite", {}))["invitation"]
    typed = {"words": " ".join(words), "name": "Anna", "invitation": invitation}
    for change, beside, why in (
        ({"words": ""}, "words", "Type the 24 words"),
        ({"words": "zzzz " + " ".join(words[1:])}, "words", "zzzz"),
        ({"words": " ".join(words[:23])}, "words", "24"),
        ({"name": " "}, "name", "Say what your neighbours call you"),
        ({"invitation": ""}, "invitation", "any invitation"),
        ({"invitation": "somewhere"}, "invitation", "This is not an invitation"),
        ({"invitation": "", "community": "elm"}, "community", "64 letters and digits"),
        ({"at": "nowhere"}, "at", "is not an address"),
        ({"member": "anna"}, "member", "is not a member"),
    ):
        refused = await newcomer.post("begin/paper", **(typed | change))

        assert refused.status_code == 422
        assert why in refused.text.split(f'id="paper-{beside}-error"')[1][:200], (beside, why)
        assert area(refused.text, "paper-words") == (typed | change)["words"]
        assert area(refused.text, "paper-invitation") == (typed | change)["invitation"]
        assert not (newcomer.folder / identity.FILE).exists()

    back = await newcomer.post("begin/paper", **typed)

    assert "Welcome back." in back.text, plain(back.text)
    old, new = identity.read(anna.folder), identity.read(newcomer.folder)
    assert (new.member_id, new.device_id == old.device_id, backup.marked(newcomer.folder) is None) == (
        old.member_id, False, False,
    )  # fmt: skip


async def test_a_key_is_kept_in_a_file_and_its_member_is_themselves_again_with_its_passphrase(
    anna: Member, newcomer: Member
) -> None:
    for typed, beside, why in (
        ({"passphrase": "short", "again": "short"}, "passphrase", "at least 12 characters"),
        ({"passphrase": PASSPHRASE, "again": "another"}, "again", "not the same"),
    ):
        refused = await anna.post("devices/file", shown_at="devices", **typed)
        assert refused.status_code == 422
        assert why in refused.text.split(f'id="file-{beside}-error"')[1][:200]
    made = await anna.post("devices/file", shown_at="devices", passphrase=PASSPHRASE, again=PASSPHRASE)
    assert made.headers["content-disposition"] == 'attachment; filename="my-key.ruil"'
    assert backup.marked(anna.folder) is not None

    async def chosen(data: bytes, **typed: str) -> httpx.Response:
        typed["nonce"] = await newcomer.nonce("")
        address, headers = newcomer.page.url + newcomer.page.base + "begin/file", {"Sec-Fetch-Site": "same-origin"}
        files = {"file": ("my-key.ruil", data)} if data else {"other": ("", b"")}
        return await newcomer.browser.post(address, data=typed, files=files, headers=headers)

    nothing = await chosen(b"", passphrase=PASSPHRASE)
    assert "Choose the file" in nothing.text.split('id="file-file-error"')[1][:200]
    picture = await chosen(b"a picture", passphrase=PASSPHRASE)
    assert "is not a ruil backup" in picture.text.split('id="file-file-error"')[1][:200]
    wrong = await chosen(made.content, passphrase="not this one at all")
    assert "not the passphrase" in wrong.text.split('id="file-passphrase-error"')[1][:200]
    (kept,) = re.findall('name="kept" value="([^"]*)"', wrong.text)
    assert base64.b64decode(kept) == made.content  # nobody has to look for the file again
    assert not (newcomer.folder / identity.FILE).exists()

    back = await chosen(b"", passphrase=PASSPHRASE, kept=kept)

    assert "Welcome back." in back.text, plain(back.text)
    assert identity.read(newcomer.folder).member_id == identity.read(anna.folder).member_id


async def test_as_many_fields_are_shown_as_shares_are_needed(newcomer: Member) -> None:
    share = keeping.Share(
        member=bytes(32), name="Anna", old=bytes(32), key=bytes(32), needed=5, days=7, words="", community=bytes(32)
    )

    page = (await newcomer.post("begin/restore", **{"share-1": share.text})).text

    assert ("restore-share-5" in page, "restore-share-6" in page) == (True, False)


@in_a_browser
async def test_the_shares_are_joined_in_a_browser_on_a_phone_without_javascript(
    anna: Member, ben: Member, carla: Member, newcomer: Member
) -> None:
    await split(anna, ben, carla)
    shares = [await given(friend) for friend in (ben, carla)]
    login = newcomer.page.login_url()

    def do(page) -> None:  # type: ignore[no-untyped-def]  # playwright may not be installed
        page.goto(login)
        page.click("text=friends bring me back")
        page.fill("#restore-share-1", shares[0])
        page.click("text=Join the shares")
        page.get_by_text("1 is missing").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.fill("#restore-share-2", shares[1])
        page.click("text=Join the shares")
        page.get_by_text("Hand your word on").wait_for()
        assert page.locator("figure.qr svg").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

    await browse(do, viewport={"width": 320, "height": 640}, java_script_enabled=False)
