"""Devices: a computer speaks for a member whose key it never sees; people act for an organisation in their roles."""

import re
import stat
from pathlib import Path

import httpx
import pytest

from ruil.node import identity
from ruil.node.errors import DiskRefused
from ruil.protocol.bodies import encode
from ruil.protocol.grants import Grant
from ruil.protocol.ids import DeviceId, Millis
from ruil.protocol.limits import DAY, DEVICE_TEXT_MS
from ruil.protocol.members import certify
from tests.node.shell import Shell, carry, eventually, founder, founding, invited

QUIET = {"DISCOVER": "no"}


class Bakery:
    """Anna founded the community; she runs the bakery's own profile too, and Ben is a member. Nothing is running."""

    def __init__(self, homes: Path) -> None:
        self.anna = founder(homes / "anna")
        self.shop = Shell(homes / "bakery")
        self.shop.ask("init", "Bakery", "--organisation")
        self.shop.ask("invite", "use", self.anna.ask("invite", "new")["invitation"])
        self.shop.ask("status")
        self.ben = invited(Shell(homes / "ben"), "Ben", self.anna)
        self.ben.ask("status")
        for guest in (self.shop, self.ben):
            carry(guest, self.anna)
        self.anna.ask("status")  # her node lets them in
        self.spread()

    def spread(self) -> None:
        for one in (self.shop, self.ben):
            carry(self.anna, one)

    def held(self, home: Path, role: str) -> Shell:
        """A profile in which Ben acts for the bakery."""
        asked = self.ben.ask("device", "ask", "--name", f"Ben's {role}")["request"]
        grant = self.shop.ask("device", "grant", asked, "--role", role)["grant"]
        self.ben.ask("device", "take", grant, "--into", str(home))
        return Shell(home)


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Bakery:
    return Bakery(tmp_path_factory.mktemp("bakery"))


@pytest.fixture(scope="module")
def hand(bakery: Bakery) -> Shell:
    shell = bakery.held(bakery.ben.home.parent / "till", "hand")
    carry(bakery.anna, shell)
    return shell


# People with roles ----------------------------------------


@pytest.mark.processes
def test_a_shop_has_a_keeper_a_trader_and_a_hand_who_sell_together(tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna", **QUIET))
    with anna.running():
        eventually(lambda: anna.look("status")["addresses"] != [])
        shop, ben, carla = (Shell(tmp_path / name, **QUIET) for name in ("shop", "ben", "carla"))
        shop.ask("init", "Bakery", "--organisation")
        ben.ask("init", "Ben")
        carla.ask("init", "Carla")
        for guest in (shop, ben, carla):
            guest.ask("invite", "use", anna.look("invite")["invitation"])
        with shop.running(), ben.running(), carla.running():
            for guest in (shop, ben, carla):
                eventually(lambda: len(members(guest)) == 4)  # noqa: B023
            tills = {}
            for person, role in ((ben, "trader"), (carla, "hand")):
                asked = person.ask("device", "ask", "--name", f"the {role}'s")["request"]
                grant = shop.ask("device", "grant", asked, "--role", role)["grant"]
                person.ask("device", "take", grant, "--into", str(tmp_path / role))
                tills[role] = Shell(tmp_path / role, **QUIET)
            with tills["trader"].running(), tills["hand"].running():
                everybody = (anna, shop, ben, carla, *tills.values())
                eventually(lambda: len({one.look("status")["book"] for one in everybody}) == 1)
                assert tills["hand"].look("status")["speaks_as"] == "Bakery (Carla, hand)"

                listing = tills["trader"].look("listing", role="offer", kind="bread", title="Loaf", wants=["nothing"])
                eventually(lambda: len(anna.look("near")["listings"]) == 1)
                sold = anna.look("propose", listing=listing["listing"]["short"], gift=True)["agreement"]["short"]
                eventually(lambda: len(tills["hand"].look("agreements")["agreements"]) == 1)
                code, why = tills["hand"].refused("accept", sold)
                assert (code, "this is for a trader or a keeper" in why) == (8, True)
                eventually(lambda: len(tills["trader"].look("agreements")["agreements"]) == 1)
                tills["trader"].look("accept", id=sold)
                eventually(lambda: "deliver" in tills["hand"].look("agreements")["agreements"][0]["can"])
                tills["hand"].look("deliver", id=sold)
                eventually(lambda: "receive" in anna.look("agreements")["agreements"][0]["can"])
                anna.look("receive", id=sold)

                shop.look("revoke", device="Carla")
                eventually(lambda: len({one.look("status")["book"] for one in everybody}) == 1)
                said = [(row["name"], row["text"]) for row in anna.look("agreement", id=sold)["agreement"]["timeline"]]
                assert ("Bakery (Ben, trader)", "accepted") in said
                assert [who for who, what in said if what.startswith("delivered")] == ["Bakery (Carla, hand)"]
                assert anna.look("agreements")["agreements"][0]["state"] == "completed"
                pages = seen(anna, "community", f"agreement/{sold}")
                assert "Who acts for it: Ben (trader)" in pages[0]
                assert "Bakery (Ben, trader) accepted" in pages[1]
                (row,) = (each for each in anna.look("people")["people"] if each["organisation"])
                assert [(one["name"], one["role"]) for one in row["people"]] == [("Ben", "trader")]


def seen(one: Shell, *pages: str) -> list[str]:
    """What these pages of a running node say, without their markup."""
    with httpx.Client(follow_redirects=True) as browser:
        base = str(browser.get(one.look("login")["url"]).url)  # the one of its start is good for a minute
        return [" ".join(re.sub("<[^>]*>", "", browser.get(base + page).text).split()) for page in pages]


def members(one: Shell) -> list[str]:
    return [row["id"] for row in one.look("people")["people"] if row["membership"] in ("founder", "member")]


def test_a_held_profile_has_its_device_key_and_no_other(hand: Shell, bakery: Bakery) -> None:
    who, shop = identity.read(hand.home), identity.read(bakery.shop.home)

    assert (who.member, who.member_id, who.granted.role) == (None, shop.member_id, "hand")
    assert shop.key.seed.hex() not in (hand.home / "identity.json").read_text()
    assert stat.S_IMODE((hand.home / "identity.json").stat().st_mode) == 0o600
    assert hand.ask("status")["member"] == bakery.shop.ask("status")["member"]


def test_the_key_that_waits_for_an_answer_is_for_its_owner_alone(bakery: Bakery) -> None:
    asked = bakery.ben.ask("device", "ask")

    file = bakery.ben.home / "asked" / f"{asked['device']}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "command",
    [
        ("backup", "create", "key.ruil", "--passphrase-file", "-"),
        ("backup", "words"),
        ("device", "revoke", "Bakery"),
        ("device", "ask"),
    ],
)
def test_what_takes_the_members_key_is_refused_where_it_is_not(hand: Shell, command: tuple[str, ...]) -> None:
    code, why = hand.refused(*command)

    assert code == 8
    assert "the key of Bakery is not on this computer" in why
    assert not Path("key.ruil").exists()


def test_a_held_device_grants_nothing(hand: Shell, bakery: Bakery) -> None:
    asked = bakery.anna.ask("device", "ask")["request"]

    assert "the key of Bakery is not on this computer" in hand.refused("device", "grant", asked, "--role", "hand")[1]


def test_a_hand_is_not_offered_what_takes_another_role_and_is_told_who_can(hand: Shell, bakery: Bakery) -> None:
    bread = bakery.shop.ask("offer", "bread", "Rye", "--want", "nothing")["listing"]["short"]
    carry(bakery.shop, bakery.anna)
    asked = bakery.anna.ask("propose", bread, "--gift")["agreement"]["short"]
    for shell in (hand, bakery.shop):
        carry(bakery.anna, shell)

    (row,) = (row for row in hand.ask("agreements")["agreements"] if row["short"] == asked)

    assert row["can"] == []
    assert row["kept_from"].endswith("this is for a trader or a keeper")
    (row,) = (row for row in bakery.shop.ask("agreements")["agreements"] if row["short"] == asked)
    assert (row["can"], row["kept_from"]) == (["accept", "decline", "counter"], "")


def test_a_hand_invites_nobody(hand: Shell) -> None:
    assert "this is for a keeper" in hand.refused("invite", "new")[1]


def test_a_damaged_certificate_of_a_held_profile_is_found(hand: Shell, tmp_path: Path) -> None:
    text = (hand.home / "identity.json").read_text()
    (tmp_path / "identity.json").write_text(text.replace('"certificate": "', '"certificate": "ff'))
    (tmp_path / "identity.json").chmod(0o600)

    with pytest.raises(DiskRefused, match="damaged"):
        identity.read(tmp_path)


# What is typed ----------------------------------------


@pytest.fixture(scope="module")
def request_(bakery: Bakery) -> str:
    return str(bakery.ben.ask("device", "ask")["request"])


def grants_refused(bakery: Bakery, *words: str, by: Shell | None = None) -> str:
    code, why = (by or bakery.shop).refused("device", "grant", *words)
    assert code == 8
    return why


def test_a_request_that_can_not_be_granted_has_its_sentence(bakery: Bakery, request_: str, tmp_path: Path) -> None:
    assert "this request is damaged" in grants_refused(bakery, request_[:-3], "--role", "hand")
    assert "this is not a request" in grants_refused(bakery, "grant-aaaa", "--role", "hand")
    assert "say what Ben may do: --role hand, --role trader, --role keeper" in grants_refused(bakery, request_)
    assert "say what Ben may do" in grants_refused(bakery, request_, "--role", "boss")
    assert "nobody else can speak for a person" in grants_refused(bakery, request_, "--role", "hand", by=bakery.anna)
    assert "that is you" in grants_refused(bakery, request_, "--role", "hand", by=bakery.ben)
    own = Shell(tmp_path / "new").ask("device", "ask")["request"]
    assert "nobody is named as holder" in grants_refused(bakery, own, "--role", "hand")
    with bakery.shop.clock_ahead(DEVICE_TEXT_MS + DAY):
        assert "this request has expired" in grants_refused(bakery, request_, "--role", "hand")


def test_who_is_no_member_here_holds_nothing(bakery: Bakery, tmp_path: Path) -> None:
    oak = founder(tmp_path / "oak").ask("device", "ask")["request"]
    dora = invited(Shell(tmp_path / "dora"), "Dora", bakery.anna).ask("device", "ask")["request"]
    alone = Shell(tmp_path / "alone")
    alone.ask("init", "Eve")

    assert "was made in another community" in grants_refused(bakery, oak, "--role", "hand")
    assert "is no member of this community" in grants_refused(bakery, dora, "--role", "hand")
    assert "you are in no community yet" in alone.refused("device", "ask")[1]


def test_a_grant_that_can_not_be_taken_has_its_sentence(bakery: Bakery, tmp_path: Path) -> None:
    asked = bakery.ben.ask("device", "ask")["request"]
    grant = bakery.shop.ask("device", "grant", asked, "--role", "hand")["grant"]
    into = ("--into", str(tmp_path / "till"))

    def taken(text: str, *more: str, by: Shell = bakery.ben) -> str:
        code, why = by.refused("device", "take", text, *more)
        assert code == 8
        assert not (tmp_path / "till").exists()
        return why

    assert "this grant is damaged" in taken(grant[:-3], *into)
    assert "this is not a grant" in taken(asked, *into)
    assert "for another device than one this computer asked for" in taken(grant, *into, by=bakery.anna)
    assert "say where the new one goes with --into" in taken(grant)
    assert "belongs to Anna already" in taken(grant, "--into", str(bakery.anna.home))
    with bakery.ben.clock_ahead(DEVICE_TEXT_MS + DAY):
        assert "this grant has expired" in taken(grant, *into)
    bakery.ben.ask("device", "take", grant, *into)
    assert "for another device" in bakery.ben.refused("device", "take", grant, "--into", str(tmp_path / "again"))[1]


def test_a_grant_of_another_community_than_one_asked_in_is_not_taken(bakery: Bakery, tmp_path: Path) -> None:
    device = DeviceId(bytes.fromhex(bakery.ben.ask("device", "ask")["device"]))
    oak = identity.read(founder(tmp_path / "oak").home)
    assert oak.community is not None
    said = certify(oak.key, device, "till", Millis(0))
    grant = Grant(device, oak.community, encode(said), "Oak", 2**32 - 1)

    code, why = bakery.ben.refused("device", "take", grant.text, "--into", str(tmp_path / "till"))

    assert (code, "is for another community than the one you asked in" in why) == (8, True)
    assert not (tmp_path / "till").exists()


def test_a_request_whose_device_has_spoken_is_granted_no_more(bakery: Bakery, tmp_path: Path) -> None:
    asked = bakery.ben.ask("device", "ask")["request"]
    grant = bakery.shop.ask("device", "grant", asked, "--role", "hand")["grant"]
    bakery.ben.ask("device", "take", grant, "--into", str(tmp_path / "till"))
    till = Shell(tmp_path / "till")
    till.ask("status")
    carry(till, bakery.shop)

    assert "speaks for somebody already" in grants_refused(bakery, asked, "--role", "trader")


def test_revoking_says_which_device_it_can_not_find(bakery: Bakery) -> None:
    assert "no device that speaks" in bakery.shop.refused("device", "revoke", "Zoe")[1]
    (only, *_) = (each for each in bakery.shop.ask("device", "list")["devices"] if each["this"])
    assert "can not revoke itself" in bakery.shop.refused("device", "revoke", only["short"])[1]


def test_a_grant_nobody_took_up_is_taken_back_and_taken_up_later_counts_for_nobody(
    bakery: Bakery, tmp_path: Path
) -> None:
    asked = bakery.ben.ask("device", "ask", "--name", "Ben's van")["request"]
    grant = bakery.shop.ask("device", "grant", asked, "--role", "hand")["grant"]
    assert bakery.shop.ask("device", "revoke", asked)["device"]["name"] == "Ben's van"
    bakery.ben.ask("device", "take", grant, "--into", str(tmp_path / "van"))
    van = Shell(tmp_path / "van")
    carry(bakery.shop, van)

    code, why = van.refused("deliver", "0" * 64)

    assert code == 8, why
    assert "revoked" in van.refused("offer", "bread", "Loaf")[1]
    carry(van, bakery.shop)
    assert [
        each["revoked"] for each in bakery.shop.ask("device", "list")["devices"] if each["name"] == "Ben's van"
    ] == [True]
    assert "speaks already" in bakery.shop.refused("device", "revoke", asked)[1]


# Another computer of one's own ----------------------------------------


@pytest.mark.processes
def test_a_second_computer_of_a_member_reads_speaks_and_is_revoked(tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna", **QUIET))
    laptop = Shell(tmp_path / "laptop", **QUIET)
    with anna.running() as node:
        eventually(lambda: node.look("status")["addresses"] != [])
        grant = anna.ask("device", "grant", laptop.ask("device", "ask", "--name", "laptop")["request"])["grant"]
        assert laptop.ask("device", "take", grant)["role"] is None
        with laptop.running():
            eventually(lambda: anna.look("status")["book"] == laptop.look("status")["book"])
            laptop.look("listing", role="offer", kind="bread", title="Loaf")
            eventually(lambda: [row["mine"] for row in anna.look("near")["listings"]] == [True])
            assert laptop.look("status")["membership"] == "founder"

            anna.look("revoke", device="laptop")

            eventually(lambda: laptop.look("status")["book"] == anna.look("status")["book"])
            code, why = laptop.refused("need", "bread", "More")
            assert (code, "this device was revoked" in why) == (8, True)
            assert [each["revoked"] for each in anna.look("devices")["devices"] if each["name"] == "laptop"] == [True]


def test_both_computers_show_the_same_six_words_and_other_words_are_granted_nothing(tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna"))
    laptop = Shell(tmp_path / "laptop")
    asked = laptop.run("device", "ask", "--name", "laptop", "--qr")
    request, words = asked.stdout.strip(), asked.stderr.split("the same six words: ")[1].strip()
    assert "\u2588" in asked.stderr  # the picture, beside the text and not in it

    no, refused = anna.at_terminal("device", "grant", request, answers=["n"])
    assert (words in no, refused, "nothing was granted" in no) == (True, 8, True)
    yes, done = anna.at_terminal("device", "grant", request, answers=["y"])
    assert (words in yes, done, "grant-" in yes) == (True, 0, True)
    swapped = Shell(tmp_path / "thief").ask("device", "ask", "--name", "laptop")["request"]
    assert "shows other words" in anna.refused("device", "grant", swapped, "--words", words)[1]
    assert anna.ask("device", "grant", request, "--words", words.upper())["words"] == words
