"""The commands for sealed bids: bid for what somebody needs, and see what became of every bid."""

from typing import Any

from cyclopts import App, Group

from ruil import speak
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Anyway, Id, Json


def add_to(app: App, group: Group) -> None:
    """Give the app these commands."""
    for command in (bid, bids):
        app.command(command, group=group)


def bid(
    listing: Id,
    *,
    quantity: int = 1,
    days: int = 14,
    pay: str = "",
    in_return: str = "",
    gift: bool = False,
    text: str = "",
    mediator: str = "",
    backup: str = "",
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Bid sealed for a need that takes bids: `ruil bid ab3d --pay 1.5`. Nobody reads it before all bids are opened.

    Options as in `ruil propose`; --days are counted from then. Your last bid counts. A loan: `ruil lend --bid`."""
    asked = {"quantity": quantity, "days": days, "pay": pay, "in_return": in_return, "gift": gift, "text": text}
    answer = ask("bid", listing=listing, **asked, mediator=mediator, backup=backup, anyway=anyway)
    speak.answer(answer, as_json=as_json, people=show)


def bids(listing: Id, *, count: bool = False, as_json: Json = False) -> None:
    """The bids for a need: who has bid, and once they are opened, what. Accept one with `ruil accept`.

    --count says which have come, once their time is over; a running node does it by itself."""
    speak.answer(ask("bids", listing=listing, count=count), as_json=as_json, people=show)


def show(plain: dict[str, Any]) -> None:
    """Every bid for a need, for people."""
    rows = [{**row, "what": "; ".join(row["terms"])} for row in plain["bids"]]
    columns = {"name": "who", "at_text": "when", "fate": "bid", "agreement": "agreement", "state": "", "what": "what"}
    speak.table(rows, columns, "Nobody has bid yet.")
    if not plain["counted"]:
        speak.say(f"Bids are taken until {plain['until_text']}, and opened after that.")
