"""Profiles and block lists at the desk: how one is shown and found; whom one hides, and whose list one follows."""

import msgspec

from ruil.node import clock, views
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.place import cell_from_text
from ruil.node.views import Plain
from ruil.protocol.bodies import Block, Follow, Profile
from ruil.protocol.events import Drafted
from ruil.protocol.ids import MemberId, member_text


class Shown(msgspec.Struct, forbid_unknown_fields=True):
    """How one would be shown. What is not said stays; nothing said at all only asks."""

    name: str | None = None
    about: str | None = None
    place: str | None = None
    can: list[str] | None = None
    seeks: list[str] | None = None
    speaks: list[str] | None = None


class Blocking(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to block, and why."""

    person: str
    reason: str = ""


class Whom(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody, by name or member id."""

    person: str


async def profile(desk: Desk, asked: Shown) -> Plain:
    held = desk.profile
    cell = cell_from_text(asked.place) if asked.place is not None else held.cell
    made = msgspec.structs.replace(
        held,
        name=held.name if asked.name is None else asked.name.strip(),
        about=held.about if asked.about is None else asked.about.strip(),
        cell=cell,
        can=held.can if asked.can is None else words(asked.can),
        seeks=held.seeks if asked.seeks is None else words(asked.seeks),
        speaks=held.speaks if asked.speaks is None else words(asked.speaks),
    )
    made = Profile(**{name: getattr(made, name) for name in made.__struct_fields__})  # `replace` checks nothing
    if made != held:
        await desk.say(Drafted(made))
    return {"profile": views.profile(made)}


def words(typed: list[str]) -> tuple[str, ...]:
    """What somebody typed as a list: each once, in small letters, parted by commas too."""
    each = (part.strip().lower() for text in typed for part in text.split(","))
    return tuple(dict.fromkeys(part for part in each if part))


async def block(desk: Desk, asked: Blocking) -> Plain:
    whom = desk.member(asked.person)
    await desk.say(Drafted(Block(whom, asked.reason.strip())))
    return _lists(desk)


async def unblock(desk: Desk, asked: Whom) -> Plain:
    await desk.say(Drafted(Block(desk.member(asked.person), lifted=True)))
    return _lists(desk)


async def follow(desk: Desk, asked: Whom) -> Plain:
    await desk.say(Drafted(Follow(desk.member(asked.person))))
    return _lists(desk)


async def unfollow(desk: Desk, asked: Whom) -> Plain:
    await desk.say(Drafted(Follow(desk.member(asked.person), follows=False)))
    return _lists(desk)


async def blocks(desk: Desk, _asked: Nothing) -> Plain:
    return _lists(desk)


def _lists(desk: Desk) -> Plain:
    """Who is hidden from this member, by whose lists and why; and whose lists count."""
    book, charter = desk.book, desk.book.members.charter
    named = charter.lists if charter is not None else ()

    def row(member: MemberId) -> Plain:
        return {"id": member_text(member), "name": book.members.name(member)}

    return {
        "hidden": [
            {**row(member), "by": views.blocked(book, said, desk.me)}
            for member, said in sorted(book.blocks.hidden(desk.me).items())
        ],
        "follows": [{**row(member), "charter": member in named} for member in book.blocks.follows(desk.me)],
        "at": clock.now(),
    }


VERBS: Verbs = {
    "profile": (Shown, profile),
    "block": (Blocking, block),
    "unblock": (Whom, unblock),
    "blocks": (Nothing, blocks),
    "follow": (Whom, follow),
    "unfollow": (Whom, unfollow),
}
