"""Friends bring somebody back: shares are kept and joined on an empty computer, and their word is waited for."""

import contextlib
import dataclasses
import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from ruil.node import friends, identity, setup
from ruil.node.errors import DiskRefused
from ruil.node.friends import Friend
from ruil.protocol import keeping
from ruil.protocol.errors import Refused
from ruil.protocol.keeping import Share
from ruil.protocol.limits import DAY, HOUR
from tests.node.prompt import AHEAD
from tests.node.shell import Shell, carry, eventually, founder, founding, invited

QUIET = {"DISCOVER": "no"}


class Street:
    """Anna founded the community; Ben, Carla and Dora are members. Nothing is running."""

    def __init__(self, homes: Path) -> None:
        self.homes = homes
        self.anna = founder(homes / "anna")
        self.friends = [invited(Shell(homes / name.lower()), name, self.anna) for name in ("Ben", "Carla", "Dora")]
        for guest in self.friends:
            guest.ask("status")
            carry(guest, self.anna)
        self.anna.ask("status")
        self.ben, self.carla, self.dora = self.friends
        self.spread(self.anna)

    def spread(self, *speakers: Shell) -> None:
        """What these have said goes to all others."""
        for one in speakers:
            for other in (self.anna, *self.friends):
                if other is not one:
                    carry(one, other)

    def split(self) -> list[str]:
        """Anna's friends hold shares, of which any two bring her back; the texts as they were handed over."""
        made = self.anna.ask("friends", "split", "Ben", "Carla", "Dora", "--any", "2")
        texts = [each["text"] for each in made["shares"]]
        for friend, text in zip(self.friends, texts, strict=True):
            assert friend.ask("friends", "keep", text)["name"] == "Anna"
        self.spread(self.anna)
        return texts


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    made = Street(tmp_path_factory.mktemp("street"))
    made.split()
    return made


# With nodes that run ----------------------------------------


@pytest.mark.processes
def test_who_lost_everything_is_themselves_again_by_two_friends_and_seven_days(tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna", **QUIET))
    ben, carla = (Shell(tmp_path / name, program="tests.node.ahead", **QUIET) for name in ("ben", "carla"))
    again = Shell(tmp_path / "again", program="tests.node.ahead", **QUIET)
    with contextlib.ExitStack() as nodes:
        nodes.enter_context(anna.running())
        eventually(lambda: anna.look("status")["addresses"] != [])
        ben.ask("init", "Ben")
        ben.ask("invite", "use", anna.look("invite")["invitation"])
        nodes.enter_context(ben.running())
        eventually(lambda: ben.look("status")["membership"] == "member" and ben.look("status")["addresses"] != [])
        carla.ask("init", "Carla")
        carla.ask("invite", "use", ben.look("invite")["invitation"])
        nodes.enter_context(carla.running())
        eventually(lambda: all(names(one) == {"Anna", "Ben", "Carla"} for one in (anna, ben, carla)))
        made = anna.ask("friends", "split", "Ben", "Carla", "--any", "2", "--days", "3")
        for friend, share in zip((ben, carla), made["shares"], strict=True):
            friend.ask("friends", "keep", share["text"])
        anna.look("listing", role="offer", kind="bread", title="Loaf", wants=["nothing"])
        eventually(lambda: len({one.look("status")["book"] for one in (anna, ben, carla)}) == 1)
        member = anna.look("status")["member"]
        anna.kill()  # her house burns down

        word = again.ask("friends", "restore", *(one.ask("friends", "give", "Anna")["text"] for one in (ben, carla)))
        nodes.enter_context(again.running())
        for friend in (ben, carla):
            assert friend.ask("friends", "pass", word["word"], "--words", word["words"])["name"] == "Anna"
        eventually(lambda: len({one.look("status")["book"] for one in (ben, carla)}) == 1)
        (waiting,) = ben.look("friends")["waiting"]
        assert (waiting["passed_on"], waiting["needed"], waiting["protested"]) == (["Ben", "Carla"], 2, False)
        # Its certificate, and the two entries by which each neighbour shows who it is; nothing else of the others.
        assert again.look("status")["entries"] in (1, 3, 5)
        assert again.look("near")["listings"] == []
        assert again.look("friends")["my_word"]["text"] == word["word"]  # still to be handed over
        code, why = again.refused("offer", "bread", "Too early")
        assert (code, "wait until their word counts" in why) == (8, True)

    everybody = (ben, carla, again)
    for one in everybody:
        one.environment[AHEAD] = str(3 * DAY + HOUR)
    with ben.running(), carla.running(), again.running():
        eventually(lambda: len({one.look("status")["book"] for one in everybody}) == 1)
        status = again.look("status")
        assert (status["member"], status["membership"]) == (member, "founder")
        assert [(row["title"], row["mine"]) for row in again.look("near")["listings"]] == [("Loaf", True)]
        assert again.look("friends")["my_word"] is None  # everybody has heard it
        again.look("listing", role="offer", kind="bread", title="Cake", wants=["nothing"])
        eventually(lambda: len(ben.look("near")["listings"]) == 2)
        lost = next(each for each in again.look("devices")["devices"] if not each["this"])
        again.look("revoke", device=lost["id"])
        eventually(lambda: [each["revoked"] for each in again.look("devices")["devices"] if not each["this"]] == [True])
        eventually(lambda: len({one.look("status")["book"] for one in everybody}) == 1)


def names(one: Shell) -> set[str]:
    return {row["name"] for row in one.look("people")["people"] if row["membership"] in ("founder", "member")}


@pytest.mark.processes
def test_a_key_is_changed_while_the_node_runs_which_goes_on_at_once(tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna", **QUIET))
    old = identity.read(anna.home)
    with anna.running():
        anna.look("listing", role="offer", kind="bread", title="Loaf", wants=["nothing"])

        changed = anna.ask("key", "change")

        new = identity.read(anna.home)
        assert (new.member_id, new.device_id, new.key.public == old.key.public) == (old.member_id, old.device_id, False)
        assert changed["words"] != changed["was"]
        anna.look("listing", role="offer", kind="bread", title="Cake", wants=["nothing"])
        assert {row["title"] for row in anna.look("near")["listings"]} == {"Loaf", "Cake"}
        (waiting,) = anna.look("friends")["waiting"]
        assert (waiting["mine"], waiting["by_itself"], waiting["words"]) == (True, True, changed["words"])
        assert anna.look("status")["member"] == changed["member"]


# From stick to stick ----------------------------------------


def test_a_share_says_whose_it_is_and_how_many_are_needed_and_not_who_holds_the_others(street: Street) -> None:
    share = street.ben.ask("friends", "give", "Anna")

    assert (share["name"], share["needed"], len(share["words"].split())) == ("Anna", 2, 33)
    mine, his = street.anna.ask("friends"), street.ben.ask("friends")
    row = next(each for each in mine["given"]["friends"] if each["name"] == "Ben")
    assert row["words"] == his["kept"][0]["words"]
    assert "Carla" not in str(his["kept"])
    for friend in street.friends[1:]:
        assert friend.ask("friends", "give", "Anna")["words"] != share["words"]


def test_what_friends_keep_and_who_they_are_is_for_the_owner_alone(street: Street) -> None:
    for file in (street.ben.home / "kept-shares.json", street.anna.home / "given-shares.json"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    given = (street.anna.home / "given-shares.json").read_text()
    for friend in street.friends:
        assert friend.ask("friends", "give", "Anna")["words"] not in given


def test_a_friend_is_confirmed_by_the_words_of_their_share(street: Street) -> None:
    words = street.ben.ask("friends")["kept"][0]["words"]

    assert "those are not the words" in street.anna.refused("friends", "confirm", "Ben", "other words")[1]
    assert "no friends of that name" in street.anna.refused("friends", "confirm", "Zoe", words)[1]
    assert street.anna.ask("friends", "confirm", "ben", words.upper())["confirmed"] > 0
    rows = {each["name"]: each["confirmed"] for each in street.anna.ask("friends")["given"]["friends"]}
    assert (rows["Ben"] is None, rows["Carla"]) == (False, None)


def test_a_text_that_is_not_for_this_computer_or_damaged_has_its_sentence(street: Street, tmp_path: Path) -> None:
    share = keeping.open_share(street.ben.ask("friends", "give", "Anna")["text"])
    ben = identity.read(street.ben.home).device_id
    text = keeping.keep(share, [ben], bytes(32)).text
    elsewhere = keeping.keep(replace(share, community=bytes(32)), [ben], bytes(32)).text

    assert "for somebody else, or for another computer" in street.carla.refused("friends", "keep", text)[1]
    assert "of another community" in street.ben.refused("friends", "keep", elsewhere)[1]
    assert "this share to keep is damaged" in street.ben.refused("friends", "keep", text[:-4])[1]
    assert "this is not a share to keep" in street.ben.refused("friends", "keep", share.text)[1]
    assert "you keep no share of 'Zoe'" in street.ben.refused("friends", "give", "Zoe")[1]
    assert "nobody asks" in street.carla.refused("friends", "protest")[1]
    lost, another = Shell(tmp_path / "lost"), replace(share, key=bytes(32)).text
    for texts, why in (
        ([share.text], "2 shares are needed; 1 is missing"),
        ([share.text, share.text], "2 shares are needed; 1 is missing"),
        ([share.text, another], "do not belong together"),
        ([share.text[:-4], another], "this share is damaged"),
    ):
        code, said = lost.refused("friends", "restore", *texts)
        assert (code, why in said) == (8, True), said
        assert not (lost.home / "identity.json").exists()
    assert "at least one as a text" in lost.refused("friends", "restore", share.words)[1]
    words = street.carla.ask("friends", "give", "Anna")["words"]
    assert "word 33" in lost.refused("friends", "restore", share.text, words[:-1])[1]
    assert lost.ask("friends", "restore", share.text, words)["name"] == "Anna"  # hers was on paper
    assert "belongs to Anna already" in street.anna.refused("friends", "restore", share.text)[1]


def test_a_share_somebody_made_up_takes_no_others_place(tmp_path: Path) -> None:
    setup.begin(tmp_path, "Ben")
    who = setup.found(tmp_path, "Elm Street")
    anna = dataclasses.replace(identity.make("Anna", "desktop"), community=who.community)
    ben = Friend("ben", "Ben", (who.device_id,))
    others = Friend("carla", "Carla", (who.device_id,))

    def handed(number: int, **changed: bytes) -> tuple[Share, str]:
        share = replace(friends.split(anna, [ben, others], 2, 7, ())[1][number], **changed)
        return share, keeping.keep(share, ben.devices, bytes(32)).text

    (true, text), (false, made_up) = handed(0), handed(0)
    assert friends.keep(tmp_path, text) == friends.keep(tmp_path, text) == true

    with pytest.raises(Refused, match=f"they see: {friends.check_words(true.words)}.*ask them"):
        friends.keep(tmp_path, made_up)
    assert friends.give(tmp_path, "Anna") == true

    friends.keep(tmp_path, made_up, again=True)  # Ben asked her
    assert friends.give(tmp_path, "Anna") == false

    elsewhere = keeping.open_kept(handed(1, community=bytes(32))[1])
    with pytest.raises(Refused, match="of another community"):
        friends.keep(tmp_path, replace(elsewhere, community=who.community).text, again=True)


def test_shares_are_not_made_so_that_one_alone_has_all(street: Street) -> None:
    for words, why in (
        (("Ben", "Carla", "--any", "1"), "at least 2"),
        (("Ben", "Carla", "--any", "3"), "at most as many as there are friends"),
        (("Ben", "Ben", "--any", "2"), "named twice"),
        (("Ben", "Anna", "--any", "2"), "Anna is you"),
        (("Ben", "Zoe", "--any", "2"), "no member here"),
        (("Ben", "Carla", "--any", "2", "--days", "61"), "1 to 60 days"),
    ):
        code, said = street.anna.refused("friends", "split", *words)
        assert (code, why in said) == (8, True), said


def test_a_member_who_lost_nothing_protests_and_stays_who_they_are(street: Street) -> None:
    thief = Shell(street.homes / "thief")
    given = [friend.ask("friends", "give", "Anna")["text"] for friend in (street.ben, street.carla)]
    word = thief.ask("friends", "restore", *given)["word"]
    assert "shows other words" in street.dora.refused("friends", "pass", word, "--words", "a b c d e f")[1]
    assert "damaged" in street.dora.refused("friends", "pass", word[:-3])[1]
    assert "not you" in street.anna.refused("friends", "pass", word)[1]
    passed = street.dora.ask("friends", "pass", word)
    assert (passed["passed_on"], passed["counts_from"]) == (["Dora"], None)
    assert "passed this on already" in street.dora.refused("friends", "pass", word)[1]
    street.ben.ask("friends", "pass", word)
    carry(street.dora, street.anna)
    carry(street.ben, street.anna)
    (asked,) = street.anna.ask("friends")["waiting"]
    assert (asked["mine"], asked["protested"], asked["counts_from"] is not None) == (True, False, True)

    assert street.anna.ask("friends", "protest")["waiting"][0]["protested"] is False  # nobody has repeated it yet
    carry(street.anna, street.ben)
    street.ben.ask("status")  # his node repeats it by itself
    carry(street.ben, street.carla)

    (asked,) = street.carla.ask("friends")["waiting"]
    assert (asked["protested"], asked["counts"]) == (True, False)
    assert "protested already" in street.anna.refused("friends", "protest")[1]
    carry(street.ben, thief)
    with thief.clock_ahead(30 * DAY):
        assert thief.refused("offer", "bread", "Loaf")[0] == 8


def test_somebody_changes_their_key_and_the_old_one_is_worth_nothing(street: Street, tmp_path: Path) -> None:
    anna, old = street.anna, identity.read(street.anna.home)
    words = anna.ask("backup", "words")["words"]
    member = anna.ask("status")["member"]

    changed = anna.ask("key", "change")

    who = identity.read(anna.home)
    assert (who.member_id, who.key.public == old.key.public, changed["member"]) == (old.member_id, False, member)
    assert anna.ask("offer", "bread", "Loaf", "--want", "nothing")["listing"]["mine"] is True
    invitation = anna.ask("invite", "new")["invitation"]
    carry(anna, street.ben)
    street.ben.ask("status")  # his node repeats it, so that nobody can say that they were first
    assert ("Anna", True) in [(each["name"], each["counts"]) for each in street.ben.ask("friends")["waiting"]]
    thief = Shell(tmp_path / "thief")
    thief.ask(
        "backup", "restore", "--words", "--name", "Anna", "--invite", invitation, typed=" ".join(words)
    )  # the old paper
    carry(street.ben, thief)
    assert "its key was followed by another" in thief.refused("offer", "bread", "Stolen")[1]
    fresh = anna.ask("backup", "words")
    laptop = Shell(tmp_path / "laptop")
    laptop.ask(
        "backup", "restore", "--words", "--name", "Anna", "--invite", invitation, "--member", fresh["member"],
        typed=" ".join(fresh["words"]),
    )  # fmt: skip
    carry(street.ben, laptop)
    assert laptop.ask("status")["member"] == member
    assert laptop.ask("offer", "bread", "Cake", "--want", "nothing")["listing"]["mine"] is True
    assert "signs with the key they began with" in anna.refused("device", "ask")[1]
    request = Shell(tmp_path / "phone").ask("device", "ask", "--name", "phone")["request"]
    anna.ask("device", "grant", request)
    (anna.home / "given-shares.json").write_text("{")
    with pytest.raises(DiskRefused, match="given-shares"):
        friends.given(anna.home)


def test_who_trusts_nobody_any_more_takes_the_plan_back(street: Street) -> None:
    dora = street.dora
    dora.ask("friends", "split", "Ben", "Carla", "--any", "2")
    assert dora.ask("friends")["plan"]["needed"] == 2

    dora.ask("friends", "forget")

    plain = dora.ask("friends")
    assert (plain["plan"], plain["given"]["friends"]) == (None, [])
    assert "Nobody could bring you back" in dora.run("friends").stdout
