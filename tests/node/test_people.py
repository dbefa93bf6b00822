"""Who people are and whom one hides, from the command line: profiles, block lists, and who answers for whom."""

from pathlib import Path

import pytest

from tests.node.shell import Shell
from tests.node.test_motions import Three


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Three:
    return Three(tmp_path_factory.mktemp("people"))


def names(shell: Shell, *words: str) -> list[str]:
    return [row["name"] for row in shell.ask("people", *words)["people"]]


def test_members_are_found_by_what_they_can_seek_and_speak(three: Three) -> None:
    said = three.ben.ask("profile", "--can", "Roofing, baking", "--seeks", "garden", "--speaks", "nl", "--about", "Hi")
    assert said["profile"]["can"] == ["roofing", "baking"]
    three.go_round()

    assert names(three.carla, "--can", "roofing") == ["Ben"]
    assert names(three.carla, "--speaks", "NL", "--seeks", "garden") == ["Ben"]
    assert names(three.carla, "--can", "singing") == []
    assert names(three.carla, "baking") == ["Ben"]
    assert three.ben.ask("profile", "--name", "Benno", "--can", "")["profile"] == {
        "name": "Benno", "about": "Hi", "can": [], "seeks": ["garden"], "speaks": ["nl"],
    }  # fmt: skip
    assert three.ben.ask("status")["name"] == "Benno"
    three.ben.ask("profile", "--name", "Ben")


def test_what_is_wrong_with_a_profile_has_its_sentence(three: Three) -> None:
    assert "your name must be given" in three.ben.refused("profile", "--name", " ")[1]
    assert "what you can, seek or speak has 41 characters" in three.ben.refused("profile", "--can", "x" * 41)[1]
    many = ",".join(f"skill {number}" for number in range(13))
    assert "13" in three.ben.refused("profile", "--can", many)[1]


def test_a_block_hides_and_loses_nothing_and_who_means_it_can_trade_all_the_same(tmp_path: Path) -> None:
    three = Three(tmp_path)
    posted = three.ben.ask("offer", "bread", "Loaf", "--quantity", "4", "--want", "nothing")["listing"]["short"]
    three.go_round()
    before = three.carla.ask("propose", posted, "--gift")["agreement"]["short"]

    said = three.carla.ask("block", "Ben", "he never came")

    assert [(row["name"], row["by"][0]["name"], row["by"][0]["reason"]) for row in said["hidden"]] == [
        ("Ben", "you", "he never came")
    ]
    near = three.carla.ask("near")
    assert (near["listings"], near["hidden"]) == ([], 1)
    assert "1 more are hidden by block lists" in three.carla.run("near").stdout
    assert [row["name"] for row in three.carla.ask("near", "--hidden")["listings"]] == ["Ben"]
    assert [row["short"] for row in three.carla.ask("agreements")["agreements"]] == [before]  # it is signed
    code, why = three.carla.refused("propose", posted, "--gift")
    assert (code, "Ben is hidden from you: you block them (he never came). Say --anyway" in why) == (8, True)
    assert three.carla.ask("propose", posted, "--gift", "--anyway")["agreement"]["state"] == "proposed"

    # What Ben asks her does not lie in her way; she can look at it, and has to mean it to accept.
    wanted = three.carla.ask("offer", "help", "Garden", "--want", "nothing")["listing"]["short"]
    three.go_round()
    asked = three.ben.ask("propose", wanted, "--gift")["agreement"]["short"]
    three.go_round()
    assert asked not in [row["short"] for row in three.carla.ask("agreements")["agreements"]]
    assert asked in [row["short"] for row in three.carla.ask("agreements", "--hidden")["agreements"]]
    assert "Say --anyway" in three.carla.refused("accept", asked)[1]
    assert three.carla.ask("accept", asked, "--anyway")["agreement"]["state"] == "agreed"
    assert asked in [row["short"] for row in three.carla.ask("agreements")["agreements"]]

    # So it is for all that names him: what the sentence tells her to say, each of these takes.
    ring = ("Carla > Ben: 1 loaf bread", "Ben > Anna: 1 jar jam", "Anna > Carla: 1 hour garden")
    for begin in (("lend", "1", "Ben"), ("borrow", "1", "Ben"), ("trust", "Ben", "1"), ("ring", *ring)):
        assert "Say --anyway" in three.carla.refused(*begin)[1], begin
        assert three.carla.ask(*begin, "--anyway")["agreement"]["state"] == "proposed"

    # Anna follows Carla's list, and everybody sees on whose lists Ben is.
    three.go_round()
    assert three.anna.ask("near")["hidden"] == 0
    assert three.anna.ask("follow", "Carla")["follows"][0]["name"] == "Carla"
    assert three.anna.ask("near")["hidden"] == 1
    assert "blocked by Carla: he never came" in three.anna.run("why", "Ben").stdout
    three.anna.ask("unfollow", "Carla")
    assert three.anna.ask("near")["hidden"] == 0
    assert three.carla.ask("unblock", "Ben")["hidden"] == []
    assert three.carla.ask("near")["hidden"] == 0


def test_the_charters_list_counts_for_who_does_not_say_no(tmp_path: Path) -> None:
    three = Three(tmp_path)
    moved = three.anna.ask("motion", "amend", "--list-of", "Anna")["agreement"]
    assert moved["motion"]["changes"] == ["whose block lists count for everybody: nobody's becomes Anna"]
    three.carried(moved["short"], three.anna, three.ben)
    three.anna.ask("block", "Carla", "spam")
    three.go_round()

    assert [row["name"] for row in three.ben.ask("blocks")["hidden"]] == ["Carla"]
    assert "which the charter names" in three.ben.run("blocks").stdout
    assert three.ben.ask("unfollow", "Anna")["hidden"] == []


def test_who_invited_somebody_answers_for_them(three: Three) -> None:
    shown = " ".join(three.carla.run("why", "Anna").stdout.split())
    assert "answers for Ben (member): 0 promises kept, 0 broken, on 0 block lists" in shown
    assert "invited by Anna, who answers for Ben" in " ".join(three.carla.run("why", "Ben").stdout.split())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("block", "Ben", " "), "a block needs its reason"),
        (("block", "Carla", "me"), "you can not block yourself"),
        (("unblock", "Ben"), "you do not block Ben"),
        (("follow", "Carla"), "your own list counts anyway"),
        (("unfollow", "Ben"), "you do not follow Ben's list"),
        (("block", "Zoe", "who"), "no member here is called 'Zoe'"),
    ],
)
def test_what_can_not_be_blocked_or_followed_has_its_sentence(
    three: Three, words: tuple[str, ...], sentence: str
) -> None:
    code, why = three.carla.refused(*words)

    assert (code, sentence in why) == (8, True), why
