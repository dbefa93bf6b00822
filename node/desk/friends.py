"""Friends at the desk: the plan for the day on which one's key is lost, and the words about keys that wait.

Here is what everybody reads; who holds a share, and whose this profile keeps, is in shares.py.
"""

import msgspec

from ruil.crypto.fingerprint import fingerprint
from ruil.node import clock, friends
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol import keeping
from ruil.protocol.bodies import Protest, Succeed
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import member_text
from ruil.protocol.successions import Option


class PassOn(msgspec.Struct, forbid_unknown_fields=True):
    """A word that somebody handed over. `words`: the six that their computer shows, if they were compared."""

    text: str
    words: str = ""


def waiting(desk: Desk, option: Option) -> Plain:
    """A key that would take the place of another."""
    name = desk.book.members.name
    return {
        "name": name(option.member),
        "member": member_text(option.member),
        "mine": option.member == desk.me,
        "words": " ".join(fingerprint(option.key)),
        "passed_on": [name(each) for each in option.passed_on],
        "needed": option.needed,
        "counts_from": option.since,
        "protested": option.stopped,
        "no": option.member in desk.book.successions.said(Protest(option.member, option.old, option.key)),
        "by_itself": option.by is None,
        "counts": any(
            each.key == option.key and each.since <= clock.now()
            for each in desk.book.successions.chains.get(option.member, ())
        ),
    }


async def who_brings_back(desk: Desk, _asked: Nothing) -> Plain:
    heir = desk.book.successions.plan(desk.me, clock.now())
    return {
        "plan": {"key": heir.key.hex(), "needed": heir.needed, "days": heir.days} if heir is not None else None,
        "waiting": [waiting(desk, each) for each in desk.book.successions.options],
        "my_word": friends.word(desk.drawer.folder) if _waits(desk) else None,
    }


def _waits(desk: Desk) -> bool:
    """Whether the key of this device is one that friends stand for and that does not count yet."""
    return desk.identity.person is not None and desk.peer.member is None


def _named(desk: Desk, text: str) -> tuple[str, Succeed]:
    word = keeping.open_word(text)
    if word.community != desk.peer.community:
        raise Refused("this word is about a member of another community")
    body = word.succeed
    known = desk.book.members.get(body.member)
    if known is None:
        raise Refused(f"{word.name} is no member of this community, as far as is known here")
    return desk.book.members.name(body.member), body


async def heir(desk: Desk, asked: PassOn) -> Plain:
    """What a word says, before it is passed on."""
    name, body = _named(desk, asked.text)
    heir = desk.book.successions.plan(body.member, clock.now())
    return {"name": name, "words": " ".join(fingerprint(body.key)), "days": heir.days if heir is not None else None}


async def pass_on(desk: Desk, asked: PassOn) -> Plain:
    _, body = _named(desk, asked.text)
    if asked.words and " ".join(asked.words.casefold().split()) != " ".join(fingerprint(body.key)):
        raise Refused("that computer shows other words than these: nothing was passed on")
    await desk.say(Drafted(body))
    (made,) = (
        each
        for each in desk.book.successions.options
        if (each.member, each.old, each.key, each.by) == (body.member, body.old, body.key, body.by)
    )
    return waiting(desk, made)


async def protest(desk: Desk, _asked: Nothing) -> Plain:
    """No to every key that somebody would have in the place of mine."""
    mine = [each for each in desk.book.successions.options if each.member == desk.me and each.by is not None]
    if not mine:
        raise Refused("nobody asks that another key takes the place of yours: there is nothing to protest against")
    said: set[bytes] = set()
    for each in mine:
        no = Protest(each.member, each.old, each.key)
        if each.key in said or desk.me in desk.book.successions.said(no):
            continue
        await desk.say(Drafted(no))
        said.add(each.key)
    if not said:
        raise Refused("you have protested already")
    return {"waiting": [waiting(desk, each) for each in desk.book.successions.options if each.member == desk.me]}


VERBS: Verbs = {
    "friends": (Nothing, who_brings_back),
    "heir": (PassOn, heir),
    "pass": (PassOn, pass_on),
    "protest": (Nothing, protest),
}
