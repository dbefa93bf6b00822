"""Rings at the desk: each gives to the next, and nobody is bound before all have signed."""

import re

import msgspec

from ruil.node import clock
from ruil.node.desk.agreements import known_now
from ruil.node.desk.desk import Desk, Verbs
from ruil.node.views import Plain
from ruil.protocol.bodies import Action, Commitment
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import Millis
from ruil.protocol.limits import DAY
from ruil.protocol.shapes.ring import ring, without

_GIVES = re.compile(r"\s*(.+?)\s*>\s*(.+?)\s*:\s*(\d+)\s+(\S+)\s+(.+?)\s*")


class Ring(msgspec.Struct, forbid_unknown_fields=True):
    """Who gives what to whom, each as `Anna > Ben: 2 loaf bread`."""

    gives: list[str]
    days: int = 14
    answer_days: int = 3
    text: str = ""


class Mended(msgspec.Struct, forbid_unknown_fields=True):
    """A ring without somebody who dropped out."""

    id: str
    left: str
    answer_days: int = 3


async def begin(desk: Desk, asked: Ring) -> Plain:
    """Propose a ring."""
    now = clock.now()
    due = Millis(now + max(asked.days, asked.answer_days) * DAY)
    given = [_given(desk, text, due) for text in asked.gives]
    made = ring(given, Millis(now + asked.answer_days * DAY), text=asked.text)
    return known_now(desk, await desk.say(Drafted(made)))


def _given(desk: Desk, text: str, due: Millis) -> Commitment:
    read = _GIVES.fullmatch(text)
    if read is None:
        raise Refused(f"{text!r} does not say who gives what to whom: write Anna > Ben: 2 loaf bread")
    giver, taker, quantity, unit, what = read.groups()
    action: Action = "work" if unit in ("hour", "hours") else "transfer"
    return Commitment(desk.member(giver), desk.member(taker), action, what, int(quantity), unit, due)


async def mend(desk: Desk, asked: Mended) -> Plain:
    """Propose a ring again without somebody: who gave to them gives to whom they would have given to."""
    known = desk.agreement(asked.id)
    answer_by = Millis(clock.now() + asked.answer_days * DAY)
    made = without(known.proposal, desk.member(asked.left), answer_by, None if known.state.ended else known.id)
    return known_now(desk, await desk.say(Drafted(made)))


VERBS: Verbs = {"ring": (Ring, begin), "ring-without": (Mended, mend)}
