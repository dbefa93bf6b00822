"""Letters between real nodes: whoever is away, what was written comes once, and its writer reads how far it came."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ruil.protocol.errors import Refused
from tests.node.shell import Shell, eventually, founding
from tests.node.test_pictures import opened, photo
from tests.node.test_three_nodes import hasty, memberships

pytestmark = pytest.mark.processes


@dataclass
class Street:
    """Carla founded; Anna and Ben dial her and know nobody else. So they meet only if she is there."""

    anna: Shell
    ben: Shell
    carla: Shell


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    homes = tmp_path_factory.mktemp("talk")
    anna, ben, carla = (hasty(homes / name) for name in ("anna", "ben", "carla"))
    founding(carla)
    carla.ask("profile", "--name", "Carla")
    with carla.running():
        eventually(lambda: carla.look("status")["addresses"] != [])
        for shell, name in ((anna, "Anna"), (ben, "Ben")):
            shell.ask("init", name)
            shell.ask("invite", "use", carla.look("invite")["invitation"])
        try:
            for shell in (anna, ben):
                shell.start()
            for shell in (anna, ben, carla):
                eventually(lambda: memberships(shell) == ["founder", "member", "member"])  # noqa: B023
                eventually(lambda: names(shell) == ["Anna", "Ben", "Carla"])  # noqa: B023
            yield Street(anna, ben, carla)
        finally:
            for shell in (anna, ben):
                shell.kill()


def names(one: Shell) -> list[str]:
    return sorted(row["name"] for row in one.look("people")["people"])


def letters(one: Shell, partner: str) -> list[tuple[str, str]]:
    """What stands in a conversation, without reading it: (words, state)."""
    found = one.look("talk", person=partner, peek=True)["letters"]
    return [(each["text"], each["state_text"]) for each in found]


def test_a_letter_to_somebody_away_waits_with_a_neighbour_and_its_writer_sees_each_step(street: Street) -> None:
    anna, ben, carla = street.anna, street.ben, street.carla
    posted = anna.look("listing", role="offer", kind="tools", title="Ladder", quantity=1, unit="one", wants=[])
    ladder = posted["listing"]["short"]
    eventually(lambda: [row["short"] for row in ben.look("near")["listings"]] == [ladder])
    ben.kill()
    eventually(lambda: carla.look("status")["neighbours"] == 1)

    said = anna.run("talk", "Ben", "Do you still want it?", "--about", ladder)
    assert said.stdout.startswith("Written to Ben: "), said.stderr
    eventually(lambda: letters(anna, "Ben") == [("Do you still want it?", "left with Carla")])
    assert carla.look("talks")["conversations"] == []  # it is not hers to read
    anna.kill()
    eventually(lambda: carla.look("status")["neighbours"] == 0)

    ben.start()
    eventually(lambda: letters(ben, "Anna") == [("Do you still want it?", "")])
    assert [(row["name"], row["new"]) for row in ben.look("talks")["conversations"]] == [("Anna", 1)]
    shown = ben.run("talk", "Anna").stdout
    assert f"Anna about Ladder ({ladder}): Do you still want it? [new]" in shown
    ben.look("write", person="Anna", text="Yes, please")
    eventually(lambda: letters(ben, "Anna")[1:] == [("Yes, please", "left with Carla")])
    ben.kill()
    eventually(lambda: carla.look("status")["neighbours"] == 0)

    anna.start()
    eventually(lambda: letters(anna, "Ben") == [("Do you still want it?", "read"), ("Yes, please", "")])


def test_what_was_said_to_be_kept_is_there_after_the_node_was_killed_and_comes_once(street: Street) -> None:
    anna, ben = street.anna, street.ben
    assert ben.node is None

    said = []
    for number in range(2):
        said.append(anna.look("write", person="Ben", text=f"letter {number}")["letter"]["text"])
        anna.kill()
        anna.start()
        if number == 1:
            street.carla.kill()
            street.carla.start()
    ben.start()

    eventually(lambda: [text for text, _ in letters(ben, "Anna")][-2:] == said)
    eventually(lambda: [state for _, state in letters(anna, "Ben")][-2:] == ["delivered"] * 2)
    assert len(letters(ben, "Anna")) == len(letters(anna, "Ben"))


def test_a_letter_written_while_no_node_runs_is_kept_and_goes_out_at_the_next_start(
    street: Street, tmp_path: Path
) -> None:
    street.anna.kill()

    file = tmp_path / "photo.jpg"
    file.write_bytes(photo())
    said = street.anna.ask("talk", "Ben", "I was offline", "--picture", str(file))["letter"]
    assert (said["state"], said["picture"]) == ("kept here", True)
    street.anna.start()

    eventually(lambda: letters(street.ben, "Anna")[-1] == ("I was offline", ""))
    (saved,) = street.ben.ask("talk", "Anna", "--save", str(tmp_path / "from Anna"))["saved"]
    assert opened(Path(saved).read_bytes()).size == (200, 400)
    assert b"SECRET" not in Path(saved).read_bytes()


def test_who_is_blocked_is_not_shown_and_reads_no_more_than_that_it_came(street: Street) -> None:
    anna, ben = street.anna, street.ben
    ben.look("block", person="Anna", reason="she never came")
    anna.look("write", person="Ben", text="Why?")
    eventually(lambda: letters(anna, "Ben")[-1] == ("Why?", "delivered"))

    assert "Why?" not in ben.run("talk", "Anna").stdout
    assert "hidden by block lists" in ben.run("talk").stdout
    assert ben.look("talks")["conversations"] == []
    assert letters(anna, "Ben")[-1] == ("Why?", "delivered")
    code, why = ben.refused("talk", "Anna", "Go away")
    assert (code, "Say --anyway" in why) == (8, True)
    ben.ask("talk", "Anna", "Go away", "--anyway")
    assert "Why?" in ben.run("talk", "Anna", "--hidden").stdout
    ben.look("unblock", person="Anna")
    assert ("Why?", "") in letters(ben, "Anna")


def test_what_can_not_be_written_has_its_sentence_and_exit_code(street: Street) -> None:
    for asked, sentence in (
        ({"person": "Nobody", "text": "hello"}, "no member here is called 'Nobody'"),
        ({"person": "Anna", "text": "hello"}, "a letter to yourself"),
        ({"person": "Ben", "text": "hello", "about": "zzzzzz"}, "no listing and no agreement here is called 'zzzzzz'"),
        ({"person": "Ben", "text": "hello", "days": 31}, "between an hour and 30 days"),
        ({"person": "Ben", "text": "hello", "days": 0}, "between an hour and 30 days"),
        ({"person": "Ben", "text": "x" * 8_001}, "8001 characters"),
        ({"person": "Ben", "text": "   "}, "an empty letter"),
        ({"person": "Ben", "picture": "%%%"}, "not sent as base64"),
    ):
        with pytest.raises(Refused, match=re.escape(sentence)):
            street.anna.look("write", **asked)
    for words, sentence in (
        (("Ben", "hello", "--forget"), "one of the two"),
        (("Ben", "--picture", __file__), "this is no picture that is understood here"),
        (("Ben", "--picture", __file__ + ".jpg"), "can not be read"),
    ):
        code, why = street.anna.refused("talk", *words)
        assert (code, sentence in why) == (8, True), (words, why)


def test_a_conversation_is_thrown_away_on_this_device_alone(street: Street) -> None:
    anna, ben = street.anna, street.ben
    eventually(lambda: {state for _, state in letters(anna, "Ben")} <= {"", "delivered", "read"})
    before = letters(ben, "Anna")
    assert before

    assert "are gone from this device" in anna.run("talk", "Ben", "--forget").stdout

    assert letters(anna, "Ben") == []
    assert letters(ben, "Anna") == before
    assert "Nobody has written yet" in anna.run("talk").stdout
