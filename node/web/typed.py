"""What somebody typed into a form: read into a request for the desk, and kept when something is wrong with it."""

import re
from collections.abc import Mapping
from typing import Final

from ruil.node.views import Plain
from ruil.protocol.limits import OPTIONS_MAX

# How a refusal of the protocol begins -> the field it is about, or several of which a form has one. What is not here
# stands at the top of the form.
_ABOUT: Final = {
    "a picture has": "picture",
    "this picture": "picture",
    "this is no picture": "picture",
    "a letter has": "text",
    "an empty letter": "text",
    "kind ": "kind",
    "a listing needs a kind": "kind",
    "title ": "title",
    "text ": "text",
    "unit ": "unit",
    "a quantity wanted": "pay",
    "the kind wanted": "other",
    "say what is wanted": "other",
    "in return: ": "other",
    "a quantity": "quantity",
    "a promised quantity": "quantity",
    "a delivered quantity": "quantity",
    "a received quantity": "quantity",
    "that delivers more": "quantity",
    "that confirms": "quantity",
    "your name": "name",
    "person": "person",
    "wishes go": "wish-1",
    "wishes: ": "wish-1",
    "one option is": "option-1",
    "an option ": "option-1",
    "options are for": "option-1",
    "one wish is": "wish-1",
    "name the mediator": "mediator",
    "mediator and backup": "mediator",
    "mediation days": "mediation_days",
    "a ring ": "who-1",
    "most: ": "most",
    "until_days": "until",
    "a community": "community name",
    "a credit limit": "credit_limit",
    "of all members": "decide_percent",
    "this invitation": "invitation",
    "this is not an invitation": "invitation",
    "an invitation is good": "days",
    "the words of": "words",
    "reason": "reason",
    "reward": "reward",
    "amount": "amount",
    "the beginning": "begins",
    "not free then": "begins",
    "the end": "ends",
    "days": "days",
    "an agreement can only go on longer": "days",
    "received": "received",
    "that is more than promised": "received",
    "each goal needs": "goals",
    "say what is needed": "goals",
    "role ": "goals what",
    "what a place brings": "what goals",
    "a price is more": "price",
    "cost: ": "cost",
    "the price of one": "price",
    "the total to be split": "cost",
    "the least number of people": "people",
    "at least ": "people",
    "the people you wait for": "people",
    "the least in all": "total goals",
    "the total you wait for": "total",
    "the most in all": "most seats goals",
    "the greatest number": "seats",
    "the most you pay": "at_most",
    "the most you would pay": "at_most",
    "the time you give": "hours",
    "the quantity you join": "quantity",
    "say which place": "place",
    "each ": "quantity",  # buyer, rider or whoever joins with so much
    "that comes to more": "quantity",
    "that costs": "quantity",
    "a proposal is answered": "answer_days",
    "nothing can be due": "days",
    "so many have to come": "needed",
    "those are not the words": "words",
    "no friends of that name": "name",
    "this is not a ": "text",
    "this share": "text",
    "this word": "text",
    "this request": "text",
    "this grant": "text",
    "this device speaks for somebody already": "text",
    "a passphrase": "passphrase",
    "that is not the passphrase": "passphrase",
    "this file": "file",
    "this backup": "file",
    "a latitude": "place",
    "the last moment for bids": "bids_until",
    "bids are taken": "bids_until",
    "sealed bids are for": "bids_until",
    "a loan is given back": "times",
    "the place": "place",
}

SENT_BEFORE: Final = (
    "This form was sent before, or is too old. Look whether it has been done already; if not, send it again."
)

# What is said of an amount begins with that amount, as it was typed: so it is found among several.
_OF_AMOUNTS: Final = (" is not an amount", " can not be paid", " is not a whole number", " is not a price")

WISHES: Final = 3  # rows of wishes in the form
_RING: Final = tuple(f"who-{row}" for row in range(1, 9))  # whom a ring names
_NUMBER: Final = re.compile(r"-?[0-9]{1,13}([.,][0-9]{1,13})?").fullmatch


class Typed:
    """The fields of one form as they were typed, with a sentence for each that is wrong and one for the whole."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})
        self.errors: dict[str, str] = {}
        self.top = ""
        self.amounts: list[str] = []  # the fields that hold an amount of credit

    @property
    def wrong(self) -> bool:
        return bool(self.errors or self.top)

    def text(self, name: str, need: str = "") -> str:
        """A field without the blanks around it; `need` is the sentence for an empty one that must be filled."""
        value = self.values.get(name, "").strip().replace("\r\n", "\n")
        if need and not value:
            self.errors[name] = need
        return value

    def touched(self, *names: str) -> bool:
        """Whether something was typed into one of these fields."""
        return any(self.text(name) for name in names)

    def whole(self, name: str, default: int) -> int:
        """A whole number of at least 1; `default` for an empty field."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdecimal() or not 0 < len(value) <= 13 or int(value) < 1:
            self.errors[name] = "Write a whole number of at least 1."
            return default
        return int(value)

    def amount(self, name: str, need: str = "") -> str:
        """An amount, such as 1.5. What the desk says about it stands beside this field."""
        self.amounts.append(name)
        value = self.text(name, need)
        if value and not _NUMBER(value):
            self.errors[name] = "Write a number, such as 1.5."
        return value

    def refuse(self, sentence: str, beside: str = "") -> None:
        """Put a refusal beside the field it is about, or at the top. `beside`: that field, where it is known."""
        if beside:
            self.errors[beside] = whole_sentence(sentence)
            return
        fields = next((fields for begins, fields in _ABOUT.items() if sentence.startswith(begins)), "")
        field = next((each for each in fields.split() if each in self.values), "")
        if not field and any(each in sentence for each in _OF_AMOUNTS):
            begins = [(name, self.text(name)) for name in self.amounts if self.text(name)]
            field = next((name for name, text in begins if sentence.startswith((f"{text!r} is", f"{text} can"))), "")
        if not field and " is not a place" in sentence:
            field = "place"
        if not field and sentence.startswith("no member here"):
            # Whom of several it is about: the sentence says it as it was typed, but for its capitals.
            people = ("seller", "carrier", "other", "guarantor", "person", "mediator", "backup", *_RING)
            field = next((each for each in people if repr(self.text(each)) in sentence), "")
        if not field and (" is not an amount" in sentence or " can not be paid" in sentence):
            field = "pay"
        said = whole_sentence(sentence)
        if field in self.values:
            self.errors[field] = said
        else:
            self.top = said


def whole_sentence(said: str) -> str:
    """A refusal with a capital and a full stop."""
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


def post(typed: Typed) -> Plain:
    """A `listing` request."""
    wants = {"nothing": ["nothing"], "credit": [], "other": [], "open": []}
    how = typed.text("wants") or "open"
    if how == "credit":
        wants["credit"] = ["credit " + typed.text("pay", "Say how much, such as 1.5.")]
    if how == "other":
        wants["other"] = [typed.text("other", "Say what you would like, such as 3 jar honey.")]
    role = typed.text("role", "Choose: do you offer this, or need it?")
    if role and role not in ("offer", "need"):
        typed.errors["role"] = "Choose: do you offer this, or need it?"
    lent = typed.text("lent")
    return {
        "role": role,
        "lent": lent if lent in ("hourly", "daily") else None,
        "kind": typed.text("kind", "Say what sort of thing it is, such as bread or transport."),
        "title": typed.text("title", "Give it a title others will understand."),
        "text": typed.text("text"),
        "quantity": typed.whole("quantity", 1),
        "unit": typed.text("unit") or "one",
        "wants": wants.get(how, []),
        "days": typed.whole("days", 30),
        "place": typed.text("place"),
        "bids_until": typed.text("bids_until"),
        "options": _options(typed, "option", "costs"),
    }


def _options(typed: Typed, name: str, adds: str) -> list[str]:
    """What rows of a form say: what, and what it adds to the price."""
    found = []
    for row in range(1, WISHES + 1):
        what, much = typed.text(f"{name}-{row}"), typed.amount(f"{adds}-{row}")
        if much and not what:
            typed.errors[f"{name}-{row}"] = "Say what is wished." if name == "wish" else "Say what may be chosen."
        if what:
            found.append(f"{what}: {much}" if much else what)
    return found


def bid(typed: Typed, listing: Plain) -> Plain:
    """A `lend` request that is a sealed bid for a need of credit."""
    guarantor = typed.text("guarantor")
    return {
        "listing": listing["id"],
        "other": listing["member"],
        "bid": True,
        "amount": typed.amount("amount", "Say how much, such as 2."),
        "times": typed.whole("times", 1),
        "first_days": typed.whole("first", 30),
        "every_days": typed.whole("every", 30),
        "guarantors": [guarantor] if guarantor else [],
        "text": typed.text("text"),
    }


def terms(typed: Typed) -> Plain:
    """What a `propose` or `counter` request has in common."""
    days = typed.whole("days", 14)
    asked: Plain = {
        "quantity": typed.whole("quantity", 1),
        "days": days,
        "answer_days": min(typed.whole("answer_days", 3), days),
        "text": typed.text("text"),
    }
    how = typed.text("how") or "asked"
    if how == "pay":
        asked["pay"] = typed.text("pay", "Say how much, such as 1.5.")
    elif how == "other":
        asked["in_return"] = typed.text("other", "Say what is given in return, such as 3 jar honey.")
    elif how == "gift":
        asked["gift"] = True
    return asked | _more(typed)


def _more(typed: Typed) -> Plain:
    """What either side adds, what is wished, and whom to ask when something goes wrong."""
    asked: Plain = {name: [text for row in (1, 2) if (text := typed.text(f"{field}-{row}"))]
                    for name, field in (("i_add", "mine"), ("they_add", "theirs"))}  # fmt: skip
    chosen = [text for row in range(1, OPTIONS_MAX + 1) if (text := typed.text(f"chosen-{row}"))]
    asked["wishes"] = chosen + _options(typed, "wish", "adds")
    asked |= {"mediator": typed.text("mediator"), "backup": typed.text("backup")}
    asked |= {"mediation_days": typed.whole("mediation_days", 14), "binding": typed.text("binding") == "yes"}
    return asked


def reserve(typed: Typed) -> Plain:
    """A `reserve` request."""
    asked: Plain = {
        "begins": typed.text("begins", "Say from when, such as 2026-12-01 10:00."),
        "ends": typed.text("ends", "Say until when, such as 2026-12-01 13:00."),
        "quantity": typed.whole("quantity", 1),
        "text": typed.text("text"),
    }
    if (typed.text("how") or "asked") == "pay":
        asked["pay"] = typed.text("pay", "Say how much, such as 1.5.")
    return asked | ({"gift": True} if typed.text("how") == "gift" else {})


def answer(typed: Typed, verb: str, agreement: str) -> Plain:
    """A request about an agreement: the verb is one of those `acts.can` names."""
    asked: Plain = {"id": agreement}
    if verb in ("decline", "cancel", "dispute", "settle", "mediate"):
        asked["reason"] = typed.text("reason")
    if verb in ("settle", "mediate"):
        typed.values.setdefault("received", "")
        asked["received"] = [
            f"{name.removeprefix('received-')}={typed.text(name)}"
            for name in typed.values
            if name.startswith("received-") and typed.text(name)
        ]
    elif verb == "extend":
        asked["days"] = typed.whole("days", 7)
    elif verb in ("deliver", "receive"):
        if typed.text("quantity"):
            asked["quantity"] = typed.whole("quantity", 1)
    elif verb == "rate":
        good = typed.text("good", "Choose: would you trade with them again?")
        asked |= {"good": good == "yes", "words": typed.text("words"), "about": typed.text("about")}
    elif verb == "counter":
        asked |= terms(typed)
    return asked
