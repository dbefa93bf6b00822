"""The commands for when something goes wrong, and for what lasts: settle, extend, mediate, lend, borrow, a team."""

from collections.abc import Callable
from typing import Any

from cyclopts import App, Group

from ruil import speak
from ruil.node.cli import bids, places
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Anyway, Id, Json

TROUBLE = Group.create_ordered("When it goes otherwise")
LENDING = Group.create_ordered("Lending and working together")


def add_to(app: App, show: Callable[[dict[str, Any]], None]) -> None:
    """Give the app these commands. `show`: how an agreement is shown."""

    @app.command(group=TROUBLE)
    def settle(
        agreement: Id, *, received: list[str] | None = None, like: str = "", reason: str = "", as_json: Json = False
    ) -> None:
        """Let it end as it is: `ruil settle ab3d`, or with so much received: `--received 1=3 --received 2=1.5`.

        The numbers are those of the promises as `ruil agreements` shows them. `--like Anna` says what Anna said,
        `--like mediator` what the mediator proposes. It ends when everybody has said the same."""
        answer = ask("settle", id=agreement, received=received or [], like=like, reason=reason)
        speak.answer(answer, as_json=as_json, people=show)

    @app.command(group=TROUBLE)
    def extend(agreement: Id, *, days: int, as_json: Json = False) -> None:
        """Let all of it be due so many days later. Counts when everybody has said the same."""
        speak.answer(ask("extend", id=agreement, days=days), as_json=as_json, people=show)

    @app.command(group=TROUBLE)
    def dispute(agreement: Id, why: str = "", *, as_json: Json = False) -> None:
        """Ask the mediator whom the agreement names: `ruil dispute ab3d "stale, all five"`."""
        speak.answer(ask("dispute", id=agreement, reason=why), as_json=as_json, people=show)

    @app.command(group=TROUBLE)
    def mediate(
        agreement: Id, *, received: list[str] | None = None, like: str = "", reason: str = "", as_json: Json = False
    ) -> None:
        """As its mediator, say how an agreement should end, as in `ruil settle`."""
        answer = ask("mediate", id=agreement, received=received or [], like=like, reason=reason)
        speak.answer(answer, as_json=as_json, people=show)

    def loan(verb: str, amount: str, other: str, rest: dict[str, Any], *, as_json: bool) -> None:
        speak.answer(ask(verb, amount=amount, other=other, **rest), as_json=as_json, people=show)

    @app.command(group=LENDING)
    def lend(
        amount: str,
        to: str,
        *,
        times: int = 1,
        every: int = 30,
        first: int = 30,
        guarantor: list[str] | None = None,
        listing: str = "",
        mediator: str = "",
        backup: str = "",
        text: str = "",
        bid: bool = False,
        anyway: Anyway = False,
        as_json: Json = False,
    ) -> None:
        """Offer somebody a loan: `ruil lend 20 Ben --times 4 --every 30 --guarantor Greta`.

        It comes back in --times parts, the first after --first days, then one every --every days. --listing is what
        they need; with --bid it is a sealed bid for that. Each --guarantor stands in for what is late."""
        rest = {"times": times, "every_days": every, "first_days": first, "guarantors": guarantor or []}
        more = {"listing": listing, "mediator": mediator, "backup": backup, "text": text, "anyway": anyway}
        if bid:
            answer = ask("lend", amount=amount, other=to, **rest, **more, bid=True)
            speak.answer(answer, as_json=as_json, people=bids.show)
            return
        loan("lend", amount, to, {**rest, **more}, as_json=as_json)

    @app.command(group=LENDING)
    def borrow(
        amount: str,
        from_: str,
        *,
        times: int = 1,
        every: int = 30,
        first: int = 30,
        guarantor: list[str] | None = None,
        mediator: str = "",
        backup: str = "",
        text: str = "",
        anyway: Anyway = False,
        as_json: Json = False,
    ) -> None:
        """Ask somebody for a loan: `ruil borrow 20 Anna --times 4`, with the options of `ruil lend`."""
        rest = {"times": times, "every_days": every, "first_days": first, "guarantors": guarantor or []}
        more = {"mediator": mediator, "backup": backup, "text": text, "anyway": anyway}
        loan("borrow", amount, from_, {**rest, **more}, as_json=as_json)

    @app.command(group=LENDING)
    def team(
        *,
        role: list[str],
        days: int = 30,
        answer_days: int = 7,
        people: int = 0,
        mediator: str = "",
        backup: str = "",
        text: str = "",
        as_json: Json = False,
    ) -> None:
        """Begin a team that works for you: `ruil team --role "30 hour painting for 1" --role "4 meal cooking"`.

        Each role says how much at most, and what one costs (`for 1.5`) or what all share (`shares 6`). Others take part
        with `ruil join`; you pay for what they delivered, and it ends by itself after --days."""
        asked = {"roles": role, "days": days, "answer_days": answer_days, "people": people, "text": text}
        answer = ask("team", **asked, mediator=mediator, backup=backup)
        speak.answer(answer, as_json=as_json, people=places.show)
