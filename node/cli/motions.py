"""The commands about what the members decide together."""

from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from ruil import speak
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Id, Json

app = App(name="motion", help="What the members decide: offices, who belongs here, the charter.")
Days = Annotated[int, Parameter(help="For how many days the members can vote on it.")]
Ends = Annotated[bool, Parameter(negative="", help="They are to have it no more.")]
DAYS = 14


def shown(known: dict[str, Any]) -> None:
    """What is moved, and how far it has come."""
    motion = known["motion"]
    speak.say(f"  {motion['about']}")
    for change in motion["changes"]:
        speak.say(f"    {change}")
    voted = ", ".join(motion["yes"]) or "nobody yet"
    speak.say(f"  said yes: {voted} ({len(motion['yes'])} of {motion['needed']} needed)")


def _said(plain: dict[str, Any]) -> None:
    known = plain["agreement"]
    speak.say(f"Motion {known['short']}: {'carried' if known['motion']['carried'] else known['state']}")
    shown(known)


@app.command
def office(
    person: str, office: str, *, ends: Ends = False, days: Days = DAYS, text: str = "", as_json: Json = False
) -> None:
    """Move that somebody is `host` (lets people in, where the charter says hosts do) or `mediator`."""
    asked = ask("move-office", person=person, office=office, ends=ends, answer_days=days, text=text)
    speak.answer(asked, as_json=as_json, people=_said)


@app.command
def remove(person: str, *, days: Days = DAYS, text: str = "", as_json: Json = False) -> None:
    """Move that somebody belongs here no more; say why with --text. What they signed before stands."""
    speak.answer(ask("move-membership", person=person, answer_days=days, text=text), as_json=as_json, people=_said)


@app.command(name="return")
def return_(person: str, *, days: Days = DAYS, text: str = "", as_json: Json = False) -> None:
    """Move that somebody who was removed belongs here again."""
    speak.answer(
        ask("move-membership", person=person, returns=True, answer_days=days, text=text),
        as_json=as_json,
        people=_said,
    )


@app.command
def amend(
    *,
    name: str = "",
    credit_limit: str = "",
    invites: Literal["members", "hosts", "founder"] | None = None,
    limit: Literal["fixed", "earned"] | None = None,
    mediation: Literal["advice", "binding"] | None = None,
    earned_percent: int | None = None,
    earned_most: str = "",
    decide_percent: int | None = None,
    list_of: list[str] | None = None,
    days: Days = DAYS,
    text: str = "",
    as_json: Json = False,
) -> None:
    """Move that the charter says something else. What is not said stays; the unit always does.

    --mediation binding: what a mediator says ends an agreement that is made from then on, unless all parties say
    otherwise; advice: they have to say it too. --list-of, once for each: whose block lists count for everybody who
    does not say no; --list-of "" for nobody's."""
    asked: dict[str, Any] = {"name": name, "credit_limit": credit_limit, "invites": invites or "", "text": text}
    asked |= {"limit": limit or "", "earned_percent": earned_percent, "earned_most": earned_most}
    asked |= {"mediation": mediation or "", "decide_percent": decide_percent, "answer_days": days, "lists": list_of}
    speak.answer(ask("move-charter", **asked), as_json=as_json, people=_said)


@app.command(name="list")
def list_(*, as_json: Json = False) -> None:
    """What can be voted on now, and what was decided."""

    def people(plain: dict[str, Any]) -> None:
        for known in plain["motions"]:
            _said({"agreement": known})
            speak.say(f"  until {known['answer_by_text']}")
        if not plain["motions"]:
            speak.say("Nothing is to be decided.")
        for known in plain["decided"]:
            _said({"agreement": known})

    speak.answer(ask("motions"), as_json=as_json, people=people)


@app.command
def yes(motion: Id, *, as_json: Json = False) -> None:
    """Say yes to a motion. Who says nothing says no."""
    speak.answer(ask("yes", id=motion), as_json=as_json, people=_said)


@app.command
def withdraw(motion: Id, *, as_json: Json = False) -> None:
    """Take a motion of yours back, before it is carried."""
    speak.answer(ask("cancel", id=motion), as_json=as_json, people=_said)
