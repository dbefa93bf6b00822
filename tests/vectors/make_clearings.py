"""The vectors of docs/spec/clearing.md and calls.md, one fault in each, and one of what is lent.

Made like those of make_protocol.py, with its hands: what is expected is written out, only ids are computed.
"""

from typing import Any

import msgpack

from tests.vectors.make_protocol import (
    ACCEPT,
    ADMIT,
    CANCEL,
    CLOSE,
    DAY,
    DELIVER,
    HOUR,
    PROPOSE,
    RECEIVE,
    REVOKE,
    T0,
    Case,
    Device,
    Said,
    Town,
    _bytes,
    _case,
    _pack,
    _promise,
    _proposal,
)  # fmt: skip

CONSENT, JOIN, VOTE = 7, 41, 46


def cases() -> dict[str, Case]:
    """Every vector of clearings and calls: path below tests/vectors/ -> what the file holds."""
    return {**_clearings(), **_calls(), **_loans()}


# Clearings ------------------------------------------------------------------------------------------------------------


class Circle:
    """Anna owes Ben 30, Ben owes Carla 50, Carla owes Anna 20; and a clearing of 20 that Anna proposes."""

    def __init__(self, amount: int = 20, **changed: Any) -> None:
        self.town = Town().found()
        self.anna = self.town.anna
        self.ben, self.carla = self.town.join("Ben"), self.town.join("Carla")
        self.people = (self.anna, self.ben, self.carla)
        around = list(zip(self.people, (self.ben, self.carla, self.anna), (30, 50, 20), strict=True))
        self.debts = [self.owes(*each) for each in around]
        ends = [(one.member, two.member) for one, two, _ in around]
        self.parts = [
            _promise(
                *each, amount, what="what is owed", unit="credit", due=T0 + DAY,
                clears={"agreement": debt.id, "commitment": 0},
            )
            for each, debt in zip(ends, self.debts, strict=True)
        ]  # fmt: skip
        self.parts[0].update(changed)
        self.made = self.anna.say(PROPOSE, _proposal(*self.parts), T0 + HOUR)

    def owes(self, debtor: Device, creditor: Device, amount: int, due: int = T0 + 30 * DAY) -> Said:
        promised = _promise(debtor.member, creditor.member, amount, what="credit", unit="credit", due=due)
        at = max(debtor.at, creditor.at)
        first = debtor.say(PROPOSE, _proposal(promised), at)
        creditor.say(ACCEPT, {}, at, ref=first)
        return first

    def sign(self, *people: Device, at: int = T0 + 2 * HOUR) -> list[bytes]:
        return sorted(each.say(ACCEPT, {}, at, ref=self.made).id for each in people)

    def close(self, answers: list[bytes], at: int = T0 + 3 * HOUR, by: Device | None = None) -> Said:
        return (by or self.anna).say(CLOSE, {"answers": answers}, at, ref=self.made)

    def whole(self) -> "Circle":
        self.close(self.sign(self.ben, self.carla))
        return self

    def book(self, comment: str, stands: str, off: list[int], **facts: Any) -> Case:
        received = {debt.id: [each] for debt, each in zip(self.debts, off, strict=True)}
        facts = {"balances": {}, "received": received, "state": {self.made.id: [[T0 + 4 * HOUR, stands]]}, **facts}
        return self.town.book(comment, **facts)


def _clearings() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"clearing/{name}.json"] = case

    story = Circle().whole()
    add(
        "set-off",
        story.book(
            "Twenty go all the way round: Carla owes nothing any more, and nobody paid anything.",
            "completed",
            [20, 20, 20],
            agreed_at={story.made.id: T0 + 3 * HOUR},
            ended_at={story.debts[2].id: T0 + 3 * HOUR},
        ),
    )

    story = Circle()
    yes = story.sign(story.ben, story.carla)
    lasts = [[T0 + 2 * DAY, "proposed"], [T0 + 2 * DAY + 1, "lapsed"]]
    add(
        "signed-by-all",
        story.book("Signed by all and not closed: nothing is set off.", "", [0, 0, 0], state={story.made.id: lasts}),
    )
    closed = story.close(yes, T0 + 2 * DAY + 1)
    add(
        "closed-too-late",
        story.book(
            "The proposer closes a day and a millisecond after the time to answer.",
            "proposed",
            [0, 0, 0],
            out_of_turn={story.made.id: {closed.id: "the clearing had to be closed by"}},
        ),
    )

    story = Circle()
    closed = story.close(story.sign(story.ben))
    add(
        "not-signed-by-all",
        story.book(
            "Carla has not signed.",
            "proposed",
            [0, 0, 0],
            out_of_turn={story.made.id: {closed.id: "not everybody has accepted"}},
        ),
    )

    story = Circle()
    phone = story.town.device("Anna's phone", of=story.anna)
    phone.certify()
    closed = story.close(story.sign(story.ben, story.carla), by=phone)
    add(
        "closed-by-another-device",
        story.book(
            "Anna's other device can not close: her proposing device could still take it back.",
            "proposed",
            [0, 0, 0],
            out_of_turn={story.made.id: {closed.id: "only the device that proposed a clearing"}},
        ),
    )

    story = Circle().whole()
    story.anna.say(CANCEL, {}, T0 + 4 * HOUR, ref=story.made)
    add("cancelled-after-closing", story.book("Once closed it can not be taken back.", "completed", [20, 20, 20]))

    story = Circle()
    given = story.anna.say(DELIVER, {"commitment": 0, "quantity": 30}, T0 + HOUR, ref=story.debts[0])
    story.ben.say(RECEIVE, {"delivery": given.id, "quantity": 30}, T0 + HOUR, ref=story.debts[0])
    story.whole()
    anna, ben = story.anna.member, story.ben.member
    add(
        "paid-before",
        story.book(
            "Anna had paid Ben before: that debt is left as it was. She gets the 20 that went round.",
            "completed",
            [30, 20, 20],
            balances={anna: -10, ben: 10},
        ),
    )

    story = Circle().whole()
    given = story.anna.say(DELIVER, {"commitment": 0, "quantity": 30}, T0 + 5 * HOUR, ref=story.debts[0])
    add(
        "paid-after",
        story.book(
            "Anna pays all thirty, of which twenty were set off: that is more than promised.",
            "completed",
            [20, 20, 20],
            out_of_turn={story.debts[0].id: {given.id: "that delivers more than promised"}},
        ),
    )

    story = Circle(amount=25)
    story.whole()
    anna, carla = story.anna.member, story.carla.member
    add(
        "more-than-owed",
        story.book(
            "Of Carla's 20 no 25 can be set off: 20 count, and only she and Anna see another balance.",
            "completed",
            [25, 25, 20],
            balances={carla: 5, anna: -5},
        ),
    )

    story = Circle().whole()
    ben_owes = story.owes(story.ben, story.anna, 30)
    again = [
        _promise(one, two, 30, what="what is owed", unit="credit", due=T0 + DAY,
                 clears={"agreement": debt, "commitment": 0})
        for one, two, debt in (
            (story.anna.member, story.ben.member, story.debts[0].id),
            (story.ben.member, story.anna.member, ben_owes.id),
        )
    ]  # fmt: skip
    second = story.anna.say(PROPOSE, _proposal(*again), T0 + 4 * HOUR)
    yes = [story.ben.say(ACCEPT, {}, T0 + 4 * HOUR, ref=second).id]
    story.anna.say(CLOSE, {"answers": yes}, T0 + 4 * HOUR, ref=second)
    add(
        "set-off-twice",
        story.book(
            "Anna and Ben set off 30 where 10 are left: 10 count, and the difference stands between the two.",
            "completed",
            [30, 20, 20],
            balances={story.anna.member: 20, story.ben.member: -20},
        ),
    )

    story = Circle()
    for who in (story.anna, story.ben):
        who.say(CANCEL, {}, T0 + HOUR, ref=story.debts[0])
    story.whole()
    add(
        "of-a-cancelled-debt",
        story.book(
            "Anna and Ben had ended what she owed him: nothing of it is set off.",
            "completed",
            [0, 20, 20],
            balances={story.anna.member: 20, story.ben.member: -20},
        ),
    )

    story = Circle(clears={"agreement": _bytes("no agreement"), "commitment": 0})
    story.whole()
    add(
        "of-an-unknown-debt",
        story.book(
            "Anna's debt is not known here: the others are set off.",
            "completed",
            [0, 20, 20],
            balances={story.anna.member: 20, story.ben.member: -20},
        ),
    )

    story = Circle().whole()
    word = {"until": T0 + 9 * DAY, "most": 40}
    first = story.ben.say(CONSENT, word, T0 + 3 * HOUR)
    story.ben.say(CONSENT, {**word, "most": 0}, T0 + 4 * HOUR)
    assert first
    part = {**story.parts[0], "clears": {"agreement": bytes(32), "commitment": 0}}

    def refused(comment: str, why: str, **changed: Any) -> Case:
        proposal = _proposal({**part, **changed}, answer_by=T0 + HOUR)
        return _case(comment, "body", why, kind=PROPOSE, payload=_pack(proposal))

    add("in-goods", refused("A debt of loaves.", "not a Propose: only debts of credit", unit="loaf"))
    more = "not a Propose: a clearing sets off debts and does nothing else"
    add("with-a-listing", refused("It names a listing.", more, listing=bytes(32)))
    add("with-least", refused("Less would be enough.", more, least=1))
    both = _proposal(part, _promise(story.ben.member, story.anna.member), answer_by=T0 + HOUR)
    add("with-bread", _case("And two loaves of bread.", "body", more, kind=PROPOSE, payload=_pack(both)))
    add("consent", story.town.book("Ben's latest word counts.", consent={story.ben.member: [T0 + 9 * DAY, 0]}))
    return made


# Calls ----------------------------------------------------------------------------------------------------------------


class Call:
    """Anna asks for a name and gives 100; Ben and Carla send one in; Dora belonged here before it was opened."""

    def __init__(self) -> None:
        self.town = Town().found()
        self.anna = self.town.anna
        self.ben, self.carla, self.dora = (self.town.join(name) for name in ("Ben", "Carla", "Dora"))
        rest = {"other": self.anna.member, "action": "transfer", "due": T0 + 9 * DAY}
        gets = {"gives": False, "what": "credit", "unit": "credit", "total": 100, "voted": True, **rest}
        asked = {"parties": [self.anna.member], "commitments": [], "answer_by": T0 + DAY}
        self.made = self.anna.say(PROPOSE, {**asked, "slots": [{"role": "contributor", "terms": [gets]}]}, T0 + HOUR)
        self.joins = [who.say(JOIN, {"slot": 0}, T0 + 2 * HOUR, ref=self.made) for who in (self.ben, self.carla)]

    def vote(self, who: Device, index: int, at: int = T0 + 3 * HOUR) -> Said:
        return who.say(VOTE, {"join": self.joins[index].id}, at, ref=self.made)

    def close(self, *votes: Said) -> Said:
        """Both are in. A vote counts for what it was cast for; one for something else is given to Ben."""
        bens, carlas = self.joins
        for_carla = [each for each in votes if msgpack.unpackb(each.payload)["join"] == carlas.id]
        seats = [
            self.town.seat(bens, *(each for each in votes if each not in for_carla)),
            self.town.seat(carlas, *for_carla),
        ]
        return self.anna.say(CLOSE, {"seats": seats}, T0 + DAY, ref=self.made)

    def book(self, comment: str, ben: int, carla: int, **facts: Any) -> Case:
        shares = {self.ben.member: ben, self.carla.member: carla}
        return self.town.book(
            comment, promised_to={self.made.id: {who: each for who, each in shares.items() if each}}, **facts
        )

    def unbound(self, comment: str, said: Said, why: str) -> Case:
        return self.book(comment, 0, 0, out_of_turn={self.made.id: {said.id: why}})


def _calls() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"calls/{name}.json"] = case

    story = Call()
    story.close(story.vote(story.dora, 0), story.vote(story.anna, 0), story.vote(story.ben, 1))
    add("split", story.book("Two of three for Ben's: 67 to 33, to the last part.", 67, 33))

    story = Call()
    story.close()
    add("nobody-voted", story.book("Nobody voted: all are worth the same.", 50, 50))

    story = Call()
    story.vote(story.dora, 0)
    story.close(story.vote(story.anna, 1))
    add("left-out", story.book("Dora's vote is not in the close.", 0, 100))

    story = Call()
    story.close(story.vote(story.anna, 1))
    story.vote(story.dora, 0, T0 + 4 * HOUR)
    add("backdated", story.book("A vote of before the close, read after it, changes nothing.", 0, 100))

    story = Call()
    closed = story.close(story.vote(story.dora, 0), story.vote(story.dora, 1))
    add(
        "counted-twice", story.unbound("The close counts Dora twice.", closed, "the close counts somebody's vote twice")
    )

    story = Call()
    vote = story.vote(story.dora, 0)
    closed = story.close(vote, vote)
    add("one-vote-twice", story.unbound("One vote, twice.", closed, "the close counts somebody's vote twice"))

    story = Call()
    late = story.vote(story.dora, 0, T0 + DAY + 1)
    add("too-late", story.unbound("A millisecond after the time to answer.", late, "votes were counted until"))

    story = Call()
    guest = story.town.device("Emil")
    guest.certify()
    guest.enter(story.dora.invite("Emil"))
    vote = story.vote(guest, 0)
    add("provisional", story.unbound("Emil was not let in.", vote, "only who belonged here before"))

    story = Call()
    story.dora.at = T0 + 2 * HOUR
    guest = story.town.join("Emil", story.dora)
    vote = story.vote(guest, 0)
    add("let-in-later", story.unbound("Emil was let in after it was opened.", vote, "only who belonged here before"))

    story = Call()
    old = story.town.device("Dora's old laptop", of=story.dora)
    old.certify()
    story.dora.say(REVOKE, story.dora.revoke(old, 1), T0 + HOUR)
    seats = [story.town.seat(join) for join in story.joins]
    seats[0]["votes"] = [old.id + (5).to_bytes(8, "big")]
    seats[1]["votes"] = [story.vote(story.anna, 1).position]
    story.anna.say(CLOSE, {"seats": seats}, T0 + DAY, ref=story.made)
    add("lost-vote-revoked-before", story.book("Dora had revoked that laptop when it was opened.", 0, 100))

    story = Call()
    emil = story.town.join("Emil", story.dora)
    vote = story.vote(emil, 0)
    phone = story.town.device("Emil's phone", of=emil)
    phone.certify()
    again = story.anna.invite("Emil's phone")
    story.anna.say(ADMIT, {"token": again["token"]}, T0 + 4 * HOUR, ref=phone.enter(again))
    story.close(vote)
    add("let-in-once-more", story.book("Anna lets Emil in again, later: he belonged here before.", 100, 0))

    story = Call()
    emil = story.town.device("Emil")
    emil.certify()
    invitation = story.anna.invite("Emil")
    entrance = emil.enter(invitation)
    fay = story.town.join("Fay", emil)
    story.anna.say(ADMIT, {"token": invitation["token"]}, T0 + 2 * HOUR, ref=entrance)
    vote = story.vote(fay, 0)
    add(
        "let-in-by-a-guest",
        story.unbound("Emil let Fay in before, and was let in himself after.", vote, "only who belonged here before"),
    )

    story = Call()
    stray = story.dora.say(VOTE, {"join": _bytes("no join")}, T0 + 3 * HOUR, ref=story.made)
    closed = story.close(stray)
    add("for-nobody", story.unbound("For what nobody sent in.", closed, "the close counts a vote for another join"))

    story = Call()
    vote = story.dora.draft(VOTE, {"join": story.joins[0].id}, T0 + 3 * HOUR, ref=story.made)
    closed = story.close(vote)
    add("unknown-vote", story.unbound("A vote nobody has read.", closed, "the close names a vote that is not known"))

    def lost(by: Device, vote: Said) -> bytes:
        """The proof that somebody said something else in place of their vote."""
        by.ids.pop()
        first, second = sorted((vote.signed, by.draft(ACCEPT, {}, T0 + 3 * HOUR, ref=story.made).signed))
        body = {"a": first, "b": second, "community": story.town.community, "device": by.id, "version": 1}
        return _pack(body)

    story = Call()
    vote = story.vote(story.dora, 0)
    story.close(vote, story.vote(story.anna, 1))
    add(
        "lost-vote",
        story.book("Dora forks in place of her vote, and it counts still.", 50, 50, proofs=[lost(story.dora, vote)]),
    )

    story = Call()
    vote = story.vote(story.dora, 0)
    story.close(vote, story.vote(story.anna, 1))
    story.town.entries.remove(vote)
    add(
        "lost-vote-unread",
        story.book("The same for who never read it.", 50, 50, proofs=[lost(story.dora, vote)]),
    )

    story = Call()
    stranger = story.town.device("Zoe")
    stranger.certify()
    vote = story.vote(stranger, 0)
    story.close(vote, story.vote(story.anna, 1))
    add(
        "lost-vote-of-a-stranger",
        story.book("Anybody can make up a device and fork it.", 0, 100, proofs=[lost(stranger, vote)]),
    )

    story = Call()
    vote = story.dora.say(VOTE, {"join": story.joins[0].id}, T0 + 3 * HOUR, ref=story.made)
    plain = story.anna.say(PROPOSE, _proposal(_promise(story.anna.member, story.ben.member)), T0 + 3 * HOUR)
    stray = story.dora.say(VOTE, {"join": vote.id}, T0 + 3 * HOUR, ref=plain)
    add(
        "nothing-to-vote-on",
        story.book(
            "An agreement without votes.", 0, 0, out_of_turn={plain.id: {stray.id: "there is nothing to vote on"}}
        ),
    )
    term = {"gives": True, "other": story.anna.member, "action": "transfer", "what": "credit", "unit": "credit"}
    slot = {"role": "payer", "terms": [{**term, "due": T0 + DAY, "total": 9, "voted": True}]}
    body = {"parties": [story.anna.member], "commitments": [], "answer_by": T0 + HOUR, "slots": [slot]}
    add("voted-to-pay", _case("Who is liked best pays most.", "body", "not a Propose: votes split a total among those",
                              kind=PROPOSE, payload=_pack(body)))  # fmt: skip
    return made


# What was lent --------------------------------------------------------------------------------------------------------


def _loans() -> dict[str, Case]:
    town = Town().found()
    anna, ben = town.anna, town.join("Ben")
    lent = _promise(anna.member, ben.member, 100, what="credit line", unit="credit", least=0)
    back = _promise(ben.member, anna.member, 100, what="credit", unit="credit", per=0, due=T0 + 9 * DAY)
    line = anna.say(PROPOSE, _proposal(lent, back), T0 + HOUR)
    ben.say(ACCEPT, {}, T0 + HOUR, ref=line)
    given = anna.say(DELIVER, {"commitment": 0, "quantity": 60}, T0 + 2 * HOUR, ref=line)
    ben.say(RECEIVE, {"delivery": given.id, "quantity": 60}, T0 + 2 * HOUR, ref=line)
    some = ben.say(DELIVER, {"commitment": 1, "quantity": 25}, T0 + 3 * HOUR, ref=line)
    anna.say(RECEIVE, {"delivery": some.id, "quantity": 25}, T0 + 3 * HOUR, ref=line)
    at = T0 + DAY
    case = town.book(
        "Of a line of 100 Ben drew 60 and gave back 25: he owes 35, and Anna stands by for 40.",
        balances={anna.member: -35, ben.member: 35},
        promised={anna.member: [[at, 40]], ben.member: [[at, 35]]},
    )
    return {"credit/borrowed.json": case}
