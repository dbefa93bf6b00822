"""Calls at the desk: ask many for ideas, vote, and let the votes split a reward."""

import msgspec

from ruil.node import clock
from ruil.node.desk.agreements import known_now
from ruil.node.desk.desk import Desk, Verbs
from ruil.node.views import Plain
from ruil.protocol.bodies import Vote
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import Millis
from ruil.protocol.limits import DAY, JOINS_MAX
from ruil.protocol.shapes.call import call
from ruil.protocol.slots import standing


class Calling(msgspec.Struct, forbid_unknown_fields=True):
    """A call: `reward` in the community's unit, for at least `people` and at most `most` contributions."""

    what: str
    reward: str
    people: int = 1
    most: int = JOINS_MAX
    answer_days: int = 7
    days: int = 21
    text: str = ""


class Voting(msgspec.Struct, forbid_unknown_fields=True):
    """A vote in call `id` for what `who` sent in."""

    id: str
    who: str


async def open_call(desk: Desk, asked: Calling) -> Plain:
    now = clock.now()
    reward = desk.parts(asked.reward)
    if reward < 1:
        raise Refused("reward: say how much is shared out, a number above 0")
    if not asked.what.strip():
        raise Refused("what: say what you ask for, such as a name for the garden")
    answer_by = Millis(now + min(asked.answer_days, asked.days) * DAY)
    due = Millis(now + asked.days * DAY)
    made = call(desk.me, asked.what, reward, due, answer_by, least=asked.people, most=asked.most, text=asked.text)
    return known_now(desk, await desk.say(Drafted(made)))


async def vote(desk: Desk, asked: Voting) -> Plain:
    known = desk.open_proposal(asked.id)
    if not any(term.voted for slot in known.proposal.slots for term in slot.terms):
        raise Refused("there is nothing to vote on: that is no call")
    member = desk.member(asked.who)
    found = [joined.id for joined in standing(known.staying()) if joined.member == member]
    if not found:
        raise Refused(f"who: {desk.book.members.name(member)} has sent nothing in")
    await desk.say(Drafted(Vote(found[0]), known.id))
    return known_now(desk, known.id)


VERBS: Verbs = {"call": (Calling, open_call), "vote": (Voting, vote)}
