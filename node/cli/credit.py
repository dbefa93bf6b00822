"""The commands about credit: how you stand, every movement, circles of debts, calls and trust lines."""

import csv
import sys
from typing import Any

from cyclopts import App, Group

from ruil import speak
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Anyway, Id, Json
from ruil.node.cli.places import TOGETHER, show

CREDIT = Group.create_ordered("Credit")


def add_to(app: App) -> None:
    """Give the app these commands."""
    for command in (exposure, statement, consent, clear, trust, lines, path):
        app.command(command, group=CREDIT)
    app.command(call, group=TOGETHER)
    app.command(vote, group=TOGETHER)


def exposure(person: str = "", *, as_json: Json = False) -> None:
    """What you (or somebody else) owe, have promised and could come to owe, and what is left of the limit."""

    def people(plain: dict[str, Any]) -> None:
        known = plain["exposure"]
        words = {
            "balance": "balance",
            "owed": "signed to pay, not paid yet",
            "asked": "to pay if proposals are accepted",
            "could": "to pay if open places are closed",
            "limit": "limit",
            "left": "left to sign for",
            "coming": "to be paid by others",
        }
        for name, text in words.items():
            speak.say(f"{text}: {known[f'{name}_text']}")
        speak.say(f"how the limit is worked out, in the smallest part: {known['limit_rule']}")

    speak.answer(ask("exposure", person=person), as_json=as_json, people=people)


def statement(person: str = "", *, as_json: Json = False, as_csv: bool = False) -> None:
    """Every movement of your credit, with its receipt; --as-csv for a spreadsheet."""
    columns = {
        "date": "date",
        "amount_text": "amount",
        "other": "with",
        "words": "for",
        "balance_text": "balance",
        "agreement": "agreement",
    }
    plain = ask("statement", person=person)
    if as_csv:
        names = ("date", "other", "words", "amount", "balance", "agreement", "receipt")
        rows = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
        rows.writeheader()
        rows.writerows(
            {**row, "other": _cell(row["other"]), "words": _cell(row["words"])} for row in plain["statement"]
        )
        return
    speak.answer(
        plain, as_json=as_json, people=lambda plain: speak.table(plain["statement"], columns, "Nothing has moved yet.")
    )


def _cell(text: str) -> str:
    """What others wrote, so that a spreadsheet shows it and never runs it as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def consent(*, most: str, until_days: int = 30, as_json: Json = False) -> None:
    """Let your node set debts off in a circle by itself: `ruil consent --until-days 30 --most 5`. 0 takes it back."""
    speak.answer(
        ask("consent", most=most, until_days=until_days),
        as_json=as_json,
        people=lambda plain: speak.say(
            f"Up to {plain['consent']['most']} of one debt, until {plain['consent']['until_text']}."
        ),
    )


def clear(
    *,
    ask_others: bool = False,
    look: bool = False,
    answer_days: int = 3,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Find a circle of debts through you and set it off; --ask-others when not all have consented beforehand.

    --look only shows the circle, and says nothing in anybody's name."""

    def circle(plain: dict[str, Any]) -> None:
        for debt in plain["circle"]:
            speak.say(f"{debt['debtor']} owes {debt['creditor']} {debt['amount_text']} ({debt['agreement']})")
        speak.say(f"Set off would be {plain['sets_off']} of each.")

    answer = ask("clear", ask=ask_others, look=look, answer_days=answer_days, anyway=anyway)
    speak.answer(answer, as_json=as_json, people=circle if look else show)


def lines(*, as_json: Json = False) -> None:
    """The trust lines you gave and were given, and how much can still be drawn."""

    def people(plain: dict[str, Any]) -> None:
        for each in plain["lines"]:
            who = f"{each['with']} can draw" if each["gives"] else f"you can draw from {each['with']}"
            speak.say(f"{who} {each['left_text']} of {each['whole_text']} until {each['until_text']} ({each['short']})")
        if not plain["lines"]:
            speak.say("There are none: ruil trust NAME AMOUNT opens one.")

    speak.answer(ask("lines"), as_json=as_json, people=people)


def trust(
    person: str,
    amount: str,
    *,
    days: int = 90,
    back_days: int = 90,
    answer_days: int = 7,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Let somebody draw credit from you: `ruil trust Ben 5 --days 90`. It is given back within --back-days after."""
    asked = {"days": days, "back_days": back_days, "answer_days": answer_days, "anyway": anyway}
    speak.answer(ask("trust", person=person, amount=amount, **asked), as_json=as_json, people=show)


def path(person: str, amount: str, *, as_json: Json = False) -> None:
    """By which trust lines a payment to somebody could go, when you do not have it yourself."""

    def people(plain: dict[str, Any]) -> None:
        for step in plain["path"]:
            draws = "draw" if step["borrower"] == "you" else "draws"
            speak.say(f"{step['borrower']} {draws} {step['amount_text']} from {step['lender']} ({step['agreement']})")

    speak.answer(ask("path", person=person, amount=amount), as_json=as_json, people=people)


def call(
    what: str,
    reward: str,
    *,
    people: int = 1,
    most: int = 256,
    answer_days: int = 7,
    days: int = 21,
    text: str = "",
    as_json: Json = False,
) -> None:
    """Ask many for ideas: `ruil call "A name for the garden" 2`. They send theirs with `ruil join`, members vote."""
    asked = {"what": what, "reward": reward, "people": people, "most": most, "text": text}
    speak.answer(ask("call", **asked, answer_days=answer_days, days=days), as_json=as_json, people=show)


def vote(agreement: Id, who: str, *, as_json: Json = False) -> None:
    """Vote for what somebody sent in to a call: `ruil vote ab3d Ben`. Your last vote counts."""
    speak.answer(ask("vote", id=agreement, who=who), as_json=as_json, people=show)
