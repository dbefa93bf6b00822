"""What somebody typed to begin something with many, or to join it: read into a request for the desk."""

from typing import Final

from ruil.node.views import Plain
from ruil.node.web.typed import Typed
from ruil.protocol.bodies import CREDIT

STEPS: Final = 3  # rows of lower prices in the form
GOALS: Final = 4  # rows of what is needed


def begin(typed: Typed, shape: str) -> Plain:
    """A request to begin: `shape` is one of `SHAPES`."""
    days = typed.whole("answer_days", 7)
    asked = _READ[shape](typed)
    return asked | {"answer_days": days, "days": max(typed.whole("days", 21), days), "text": typed.text("text")}


def _buy(typed: Typed) -> Plain:
    asked: Plain = {
        "what": typed.text("what", "Say what is bought, such as flour or a ladder."),
        "unit": typed.text("unit") or "piece",
        "price": typed.amount("price", "Say what one costs, such as 1.5."),
        "steps": _steps(typed),
        "people": _least(typed, "people"),
        "quantity": _least(typed, "total"),
        "seller": typed.text("seller"),
    }
    if typed.text("most"):
        asked["most"] = typed.whole("most", 1)
        if not typed.wrong and asked["most"] < asked["quantity"]:
            typed.errors["most"] = "That is less than is needed in all."
    return asked


def _steps(typed: Typed) -> list[str]:
    """The lower prices. Each begins with more than the one above it, or one of them would never hold."""
    steps, above = [], 1
    for row in range(1, STEPS + 1):
        starts, each = f"from-{row}", f"each-{row}"
        if not typed.text(starts) and not typed.text(each):
            continue
        total = typed.whole(starts, 0)
        if starts not in typed.errors and total <= above:
            typed.errors[starts] = f"Write more than {above}: each row begins with more than the one above it."
        price = typed.amount(each, "Say what one costs then.")
        above = max(above, total)
        steps.append(f"{total} {price}")
    return steps


def _hire(typed: Typed) -> Plain:
    asked: Plain = {
        "what": typed.text("what", "Say what is hired, such as a bus to the sea."),
        "cost": typed.amount("cost", "Say what it costs in all, such as 12."),
        "people": _least(typed, "people", 1),
        "carrier": typed.text("carrier"),
    }
    if typed.text("seats"):
        asked["seats"] = typed.whole("seats", 1)
        if not typed.wrong and asked["seats"] < asked["people"]:
            typed.errors["seats"] = "That is less than the people who are needed."
    return asked


def _ask(typed: Typed) -> Plain:
    goals = []
    typed.values.setdefault("goals", "")
    for row in range(1, GOALS + 1):
        much, unit, what = f"much-{row}", f"unit-{row}", f"what-{row}"
        if not typed.text(unit) and not typed.text(what):
            if typed.text(much):
                goals.append(f"{typed.amount(much)} {CREDIT}")
            continue
        typed.text(much, "Say how much is needed.")
        typed.text(what, "Say of what, such as painting or flour.")
        goals.append(f"{typed.whole(much, 1)} {'-'.join(typed.text(unit).split()) or 'one'} {typed.text(what)}")
    if not goals and not typed.wrong:
        typed.errors["goals"] = "Say what is needed: an amount of credit, hours, or things."
    return {"goals": goals}


def _least(typed: Typed, name: str, default: int = 0) -> int:
    return typed.whole(name, default) if typed.text(name) else default


_READ: Final = {"buy": _buy, "hire": _hire, "ask": _ask}
SHAPES: Final = {"buy": "group-buy", "hire": "charter", "ask": "crowdfund"}  # the verb of the desk for each


def join(typed: Typed, agreement: str) -> Plain:
    """A `join` request, or one for a `quote`."""
    asked: Plain = {
        "id": agreement,
        "quantity": typed.amount("quantity", "Say with how much you join."),
        "place": typed.text("place"),
        "if_people": _least(typed, "people"),
        "if_total": typed.amount("total"),
        "at_most": typed.amount("at_most"),
        "stay": typed.text("stay") == "yes",
        "text": typed.text("text"),
    }
    if typed.text("hours"):
        asked["within_hours"] = typed.whole("hours", 1)
    return asked


def again(typed: Typed, agreement: str) -> Plain:
    """An `again` request."""
    return {"id": agreement, "answer_days": typed.whole("answer_days", 7), "text": typed.text("text")}


def named(typed: Typed, agreement: str) -> Plain:
    """A request that says nothing but what it is about."""
    del typed
    return {"id": agreement}
