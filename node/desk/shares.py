"""Shares at the desk: made for friends, confirmed, taken back; and those of others, kept and given back.

They stand in the profile's folder (node/friends.py), and say nothing in any log but the plan that everybody reads.
"""

import secrets

import msgspec
import trio

from ruil.node import friends
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.friends import Friend
from ruil.node.shares import NEEDED_MIN
from ruil.node.views import Plain
from ruil.protocol import keeping
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import member_text
from ruil.protocol.limits import HEIR_DAYS, HEIR_DAYS_MAX
from ruil.protocol.members import Standing
from ruil.protocol.successions import NOBODY, plan


class Split(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to entrust a share to, by name or id; how many of them have to come together, and how many days everybody
    then waits. `paper`: with the words of each share, to be written down; else each is sealed to its friend."""

    friends: list[str]
    needed: int = NEEDED_MIN
    days: int = HEIR_DAYS
    paper: bool = False


class Keep(msgspec.Struct, forbid_unknown_fields=True):
    """The text a friend handed over. `again`: it takes the place of another share of theirs, and they were asked."""

    text: str
    again: bool = False


class Confirm(msgspec.Struct, forbid_unknown_fields=True):
    """A friend, and the six words that stand beside the share they have."""

    name: str
    words: str


class Give(msgspec.Struct, forbid_unknown_fields=True):
    """Whose share, by name or id."""

    name: str


async def shares(desk: Desk, _asked: Nothing) -> Plain:
    """To whom this profile gave shares, and whose it keeps."""
    folder = desk.drawer.folder
    return {"given": friends.given(folder), "kept": friends.kept(folder)}


async def split(desk: Desk, asked: Split) -> Plain:
    who, folder = desk.identity, desk.drawer.folder
    _ = who.key  # refused where it is not, before anybody is looked for
    if not 1 <= asked.days <= HEIR_DAYS_MAX:
        raise Refused(f"days: friends wait for 1 to {HEIR_DAYS_MAX} days")
    holders = [_holder(desk, name) for name in asked.friends]
    at = (*desk.reached(), *desk.addresses())
    public, made = await trio.to_thread.run_sync(friends.split, who, holders, asked.needed, asked.days, at)
    rows = []
    for each, share in zip(holders, made, strict=True):
        text = share.text if asked.paper else keeping.keep(share, each.devices, secrets.token_bytes(32)).text
        rows.append({"name": each.name, "text": text, **({"words": share.words} if asked.paper else {})})
    await _planned(desk, public, asked.needed, asked.days)
    friends.remember(folder, public, asked.needed, asked.days, holders, made)
    return {"needed": asked.needed, "days": asked.days, "shares": rows}


def _holder(desk: Desk, text: str) -> Friend:
    """Who is meant, and the devices that a share for them is sealed to. Raises `Refused`."""
    member = desk.member(text)
    name, known = desk.book.members.name(member), desk.book.members.get(member)
    if member == desk.me:
        raise Refused(f"{name} is you: a share is for somebody else")
    if known is None or known.standing not in (Standing.FOUNDER, Standing.ADMITTED):
        raise Refused(f"{name} is no member of this community, as far as is known here")
    devices = tuple(device for device in sorted(known.devices) if not desk.book.revoked(device))
    if not devices:
        raise Refused(f"{name} has no device that a share could be sealed to")
    return Friend(member_text(member), name, devices)


async def _planned(desk: Desk, key: bytes, needed: int, days: int) -> None:
    await desk.say(Drafted(plan(desk.identity.key, desk.peer.community, key, needed, days, desk.me)))


async def keep(desk: Desk, asked: Keep) -> Plain:
    share = friends.keep(desk.drawer.folder, asked.text, again=asked.again)
    return {"name": share.name, "words": friends.check_words(share.words)}


async def confirm(desk: Desk, asked: Confirm) -> Plain:
    row = friends.confirm(desk.drawer.folder, asked.name, asked.words)
    return {"name": row["name"], "confirmed": row["confirmed"]}


async def give(desk: Desk, asked: Give) -> Plain:
    share = friends.give(desk.drawer.folder, asked.name, (*desk.reached(), *desk.addresses()))
    return {"name": share.name, "needed": share.needed, "text": share.text, "words": share.words}


async def forget(desk: Desk, _asked: Nothing) -> Plain:
    """Nobody brings this member back any more."""
    await _planned(desk, NOBODY, NEEDED_MIN, HEIR_DAYS)
    friends.remember(desk.drawer.folder, b"", NEEDED_MIN, HEIR_DAYS, [], [])
    return {}


VERBS: Verbs = {
    "friends.shares": (Nothing, shares),
    "friends.split": (Split, split),
    "friends.keep": (Keep, keep),
    "friends.confirm": (Confirm, confirm),
    "friends.give": (Give, give),
    "friends.forget": (Nothing, forget),
}
