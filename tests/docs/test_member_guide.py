"""The member guide, followed to the letter by three people and a shop whose nodes run."""

import contextlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ruil import speak
from tests.node.shell import Shell, books, eventually, founding

pytestmark = pytest.mark.processes
GUIDE: Final = Path(__file__).parents[2] / "docs" / "member-guide.md"
_TYPED: Final = re.compile(r"    (anna|ben|carla|bakery|till|again)\$ ruil (.*)")
_REFUSED: Final = re.compile(r"    ! (.*)")
_NOW: Final = re.compile(r"It is now (completed|agreed|settled|lapsed|carried)")


@dataclass
class Street:
    """Three members, and what LISTING and AGREEMENT point at now."""

    people: dict[str, Shell]
    nodes: contextlib.ExitStack
    named: dict[str, str] = field(default_factory=dict)

    def type(self, who: str, line: str, sentence: str | None) -> None:
        """One line of the guide, which works, or is refused with this sentence."""
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime('"%Y-%m-%d 10:00"')
        till = str(self.people["anna"].home.with_name("till"))
        proof = str(self.shell(who).home / "proof.ruil")
        for word, meant in {**self.named, "TOMORROW": tomorrow, "proof.ruil": proof, "TILL": till}.items():
            line = re.sub(rf"\b{re.escape(word)}\b", meant, line)
        words = shlex.split(line)
        if sentence is None:
            self.note(who, self.shell(who).ask(*words))
            eventually(lambda: len(books(*self.people.values())) == 1)
        else:
            code, said = self.shell(who).refused(*words)
            assert (code, sentence in said) == (speak.REFUSED, True), (line, said)

    def shell(self, who: str) -> Shell:
        """Whose computer it is; `again` is an empty one."""
        return self.people.get(who) or Shell(self.people["anna"].home.with_name(who), DISCOVER="no")

    def note(self, who: str, answer: dict[str, Any]) -> None:
        for word in ("request", "grant", "word"):
            if word in answer:
                self.named[word.upper()] = answer[word]
        if answer["schema"] == "ruil.friends.split.1":
            self.named |= {f"FOR-{each['name'].upper()}": each["text"] for each in answer["shares"]}
        if answer["schema"] == "ruil.friends.give.1":
            self.named[f"{who.upper()}S-SHARE"] = answer["text"]
        if answer["schema"] == "ruil.device.take.1":
            till = self.people["till"] = Shell(Path(answer["home"]), DISCOVER="no")
            self.nodes.enter_context(till.running())
        for word in ("listing", "agreement"):
            if isinstance(answer.get(word), dict) and "short" in answer[word]:
                self.named[word.upper()] = answer[word]["short"]

    def state(self, who: str) -> str:
        looked = self.people[who].look("agreements")["agreements"], *self.people[who].look("motions").values()
        rows = [row for part in looked if isinstance(part, list) for row in part]
        row = next(row for row in rows if row["short"] == self.named["AGREEMENT"])
        return "carried" if row["motion"] and row["motion"]["carried"] else str(row["state"])


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    homes = tmp_path_factory.mktemp("guide")
    names = ("anna", "ben", "carla", "bakery")
    anna, ben, carla, bakery = (Shell(homes / name, DISCOVER="no") for name in names)
    with contextlib.ExitStack() as nodes:
        nodes.enter_context(founding(anna).running())
        eventually(lambda: anna.look("status")["addresses"] != [])
        for guest, name in ((ben, "Ben"), (carla, "Carla"), (bakery, "Bakery")):
            guest.ask("init", name, *(["--organisation"] if guest is bakery else []))
            guest.ask("invite", "use", anna.look("invite")["invitation"])
            nodes.enter_context(guest.running())
        everybody = dict(zip(names, (anna, ben, carla, bakery), strict=True))
        for one in everybody.values():
            eventually(lambda: members(one) == ["founder", "member", "member", "member"])  # noqa: B023
        yield Street(everybody, nodes)


def members(one: Shell) -> list[str]:
    return sorted(row["membership"] for row in one.look("people")["people"])


def sections() -> dict[str, str]:
    """The guide's sections, by heading."""
    parts = re.split(r"^## (.*)$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("section", sections())
def test_a_section_of_the_guide_can_be_followed_to_the_letter(street: Street, section: str) -> None:
    text = sections()[section]
    lines = text.splitlines()
    ends = refusals = 0
    for number, line in enumerate(lines):
        if typed := _TYPED.fullmatch(line):
            refused = _REFUSED.fullmatch(lines[number + 1]) if number + 1 < len(lines) else None
            street.type(typed[1], typed[2], refused[1] if refused else None)
            refusals += refused is not None
        elif now := _NOW.search(line):
            said = [typed for each in lines[:number] if (typed := _TYPED.fullmatch(each))]
            for who in {each[1] for each in said if not each[2].startswith("device ")}:
                eventually(lambda: street.state(who) == now[1])  # noqa: B023
            ends += 1

    assert ends or "nothing yet" in text
    assert refusals
