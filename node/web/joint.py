"""What somebody typed to begin something with many, or to join it: read into a request for the desk."""

from typing import Final

from ruil.node.views import Plain
from ruil.node.web.typed import Typed
from ruil.protocol.bodies import CREDIT

STEPS: Final = 3  # rows of lower prices in the form
GOALS: Final = 4  # rows of what is needed
RING: Final = 6  # rows of who gives in a ring: of more people one is nearly always away


def begin(typed: Typed, shape: str) -> Plain:
    """A request to begin: `shape` is one of `SHAPES`."""
    days = typed.whole("answer_days", 7)
    asked = _READ[shape](typed) | {"answer_days": days, "text": typed.text("text")}
    return asked if shape in LENDING else asked | {"days": max(typed.whole("days", 21), days)}


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
            typed.errors[starts] = f"Write more than {above}: more than the row above."
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


def _idea(typed: Typed) -> Plain:
    return {
        "what": typed.text("what", "Say what you ask for, such as a name for the garden."),
        "reward": typed.amount("reward", "Say what is shared out, such as 2."),
        "people": _least(typed, "people", 1),
    }


def _team(typed: Typed) -> Plain:
    roles = []
    typed.values.setdefault("roles", "")
    for row in range(1, GOALS + 1):
        much, unit, what, each = (f"{name}-{row}" for name in ("much", "unit", "what", "each"))
        if not any(typed.text(name) for name in (much, unit, what, each)):
            continue
        typed.text(much, "Say how much at most.")
        typed.text(what, "Say of what, such as painting.")
        role = f"{typed.whole(much, 1)} {'-'.join(typed.text(unit).split()) or 'hour'} {typed.text(what)}"
        roles.append(f"{role} for {typed.amount(each)}" if typed.text(each) else role)
    if not roles and not typed.wrong:
        typed.errors["roles"] = "Say what is to be done: 30 hour painting, for instance."
    return {"roles": roles, "people": _least(typed, "people")}


def _loan(typed: Typed) -> Plain:
    guarantor = typed.text("guarantor")
    return {
        "other": typed.text("other", "Say with whom."),
        "amount": typed.amount("amount", "Say how much, such as 2."),
        "times": typed.whole("times", 1),
        "first_days": typed.whole("first", 30),
        "every_days": typed.whole("every", 30),
        "guarantors": [guarantor] if guarantor else [],
    }


def vote(typed: Typed, agreement: str) -> Plain:
    """A `vote` request."""
    return {"id": agreement, "who": typed.text("who", "Choose whose idea you like best.")}


def _ring(typed: Typed) -> Plain:
    """Each gives to the one in the row below, the last to the first."""
    rows = [row for row in range(1, RING + 1) if any(typed.text(f"{name}-{row}") for name in ("who", "much", "what"))]
    typed.values.setdefault("who-1", "")
    gives = []
    for row, after in zip(rows, rows[1:] + rows[:1], strict=True):
        who = typed.text(f"who-{row}", "Say who gives it.")
        what = typed.text(f"what-{row}", "Say of what, such as bread.")
        unit = "-".join(typed.text(f"unit-{row}").split()) or "one"
        gives.append(f"{who} > {typed.text(f'who-{after}')}: {typed.whole(f'much-{row}', 1)} {unit} {what}")
    if len(rows) < 3 and not typed.wrong:
        typed.errors["who-3"] = "A ring needs three people or more."
        typed.values.setdefault("who-3", "")
    return {"gives": gives}


def _least(typed: Typed, name: str, default: int = 0) -> int:
    return typed.whole(name, default) if typed.text(name) else default


_READ: Final = {
    "buy": _buy, "hire": _hire, "ask": _ask, "idea": _idea, "team": _team, "lend": _loan, "borrow": _loan,
    "ring": _ring,
}  # fmt: skip
SHAPES: Final = {  # the verb of the desk for each
    "buy": "group-buy", "hire": "charter", "ask": "crowdfund", "idea": "call", "team": "team", "lend": "lend",
    "borrow": "borrow", "ring": "ring",
}  # fmt: skip
LENDING: Final = ("lend", "borrow")


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


def without(typed: Typed, agreement: str) -> Plain:
    """A `ring-without` request."""
    left = typed.text("left", "Choose who dropped out.")
    return {"id": agreement, "left": left, "answer_days": typed.whole("answer_days", 3)}


def named(typed: Typed, agreement: str) -> Plain:
    """A request that says nothing but what it is about."""
    del typed
    return {"id": agreement}
