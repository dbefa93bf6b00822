"""The vectors of docs/spec/motions.md, one fault in each."""

from typing import Any, Final

from tests.vectors.make_organisations import _certificate
from tests.vectors.make_protocol import (
    ACCEPT,
    CANCEL,
    CERTIFICATE,
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
)

JOIN: Final = 41
VOTE: Final = 46
ANSWER_BY: Final = T0 + DAY
MOVED: Final = T0 + HOUR
AT: Final = T0 + 2 * HOUR
YES: Final = AT - 1


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    for part in (_fields, _votes, _carrying, _removals, _charters):
        for name, case in part().items():
            assert name not in made
            made[f"motions/{name}.json"] = case
    return made


class Hall:
    """Anna founded the town; Ben, Carla and Dora belong. Of four people 51 % are three: Anna moves that Ben is host, if
    nothing else is said."""

    def __init__(self, by: str = "anna", at: int = MOVED, charter: Case | None = None, **motion: Any) -> None:
        self.charter = charter or {}
        self.town = Town(**self.charter).found()
        self.anna = self.town.anna
        self.ben, self.carla, self.dora = (self.town.join(name) for name in ("Ben", "Carla", "Dora"))
        self.first = self.move(getattr(self, by), at, **(motion or {"member": self.ben.member, "office": "host"}))

    def move(self, by: Device, at: int = MOVED, **motion: Any) -> Said:
        body = {"parties": [by.member], "commitments": [], "answer_by": max(ANSWER_BY, at + HOUR), "motion": motion}
        self.mover, self.first = by, by.say(PROPOSE, body, at)
        return self.first

    def yes(self, *who: Device, at: int = YES) -> list[Said]:
        return [each.say(VOTE, {"join": self.first.id}, at, ref=self.first) for each in who]

    def close(self, votes: list[Said], at: int = AT, by: Device | None = None) -> Said:
        return (by or self.mover).say(CLOSE, {"votes": [each.position for each in votes]}, at, ref=self.first)

    def carry(self, *who: Device, at: int = AT) -> Said:
        return self.close(self.yes(*who, at=at - 1), at)

    def remove(self, whom: str, by: str = "anna", at: int = AT) -> None:
        """The other three remove one of them."""
        others = [getattr(self, name) for name in ("anna", "ben", "carla", "dora") if name != whom]
        self.move(getattr(self, by), at - HOUR, member=getattr(self, whom).member, holds=False)
        self.carry(*others, at=at)

    def book(self, comment: str, state: str, about: Said | None = None, **facts: Any) -> Case:
        out = facts.pop("out_of_turn", None)
        first = about or self.first
        more = {"out_of_turn": {first.id: out}} if out is not None else {}
        return self.town.book(comment, state={first.id: [[AT, state]]}, **more, **facts)

    def amended(self, **changes: Any) -> bytes:
        return _pack({**self.founding(), **changes})

    def founding(self) -> Case:
        body = {"name": "Elm Street", "founder": self.anna.member, "founded_at": T0, "nonce": _bytes("nonce", 16)}
        return {**body, **self.charter}


def _fields() -> dict[str, Case]:
    anna, ben = Town().anna.member, _bytes("ben")

    def refused(comment: str, why: str, motion: Case, **changed: Any) -> Case:
        body = {"parties": [anna], "commitments": [], "answer_by": ANSWER_BY, "motion": motion, **changed}
        return _case(comment, "body", f"not a Propose: {why}", kind=PROPOSE, payload=_pack(body))

    host = {"member": ben, "office": "host"}
    more = "a motion has one party"
    two = sorted((anna, ben))
    return {
        "about-nothing": refused("Nothing is asked.", "a motion is about a member or about the charter", {}),
        "about-two-things": refused(
            "A member and the charter.",
            "a motion is about a member or about the charter",
            {"member": ben, "charter": b"x"},
        ),
        "charter-and-office": refused(
            "The charter, and no more.", "a motion about the charter", {"charter": b"x", "holds": False}
        ),
        "by-two": refused("Two parties.", more, host, parties=two),
        "with-a-promise": refused(
            "Bread is promised too.", more, host, parties=[anna], commitments=[_promise(anna, ben, due=ANSWER_BY)]
        ),
        "close-with-answers": _case(
            "A close of a motion and of something else.", "body", "not a Close: a close names", kind=CLOSE,
            payload=_pack({"answers": [bytes(32)], "votes": [bytes(40)]}),
        ),
    }  # fmt: skip


def _votes() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def out(name: str, comment: str, hall: Hall, vote: Said, why: str) -> None:
        made[name] = hall.book(comment, "proposed", out_of_turn={vote.id: why})

    hall = Hall()
    vote = hall.carla.say(VOTE, {"join": _bytes("else")}, YES, ref=hall.first)
    out("vote-for-something-else", "It names nothing of this.", hall, vote, "that is no vote on this motion")
    hall = Hall()
    hall.anna.at = MOVED + 1
    late = hall.town.join("Emil")
    (vote,) = hall.yes(late)
    out("vote-of-who-came-later", "Emil was let in a millisecond after.", hall, vote, "only who belonged here before")
    hall = Hall()
    guest = hall.town.device("Emil")
    guest.certify()
    guest.enter(hall.anna.invite("Emil"))
    (vote,) = hall.yes(guest)
    out("vote-of-a-guest", "Nobody has let Emil in.", hall, vote, "only who belonged here before")
    hall = Hall()
    hall.move(hall.anna, member=hall.ben.member, holds=False)
    (vote,) = hall.yes(hall.ben)
    out("vote-on-oneself", "It is about Ben.", hall, vote, "nobody votes on their own membership")
    hall = Hall()
    (vote,) = hall.yes(hall.ben, at=ANSWER_BY + 1)
    out("vote-too-late", "A millisecond after answer_by.", hall, vote, "the time to vote on it was over")
    return made


def _carrying() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def void(name: str, comment: str, hall: Hall, close: Said, why: str, **facts: Any) -> None:
        made[name] = hall.book(comment, "proposed", out_of_turn={close.id: why}, offices={hall.ben.member: []}, **facts)

    hall = Hall()
    hall.carry(hall.anna, hall.carla, hall.dora)
    made["carried"] = hall.book(
        "Three of four said yes: 51 % are three. Ben is host from then on.",
        "completed",
        offices={hall.ben.member: ["host"]},
        ended_at={hall.first.id: AT},
        out_of_turn={},
    )
    hall = Hall()
    void("too-few", "Two of four.", hall, hall.carry(hall.anna, hall.carla), "2 said yes; 3 are needed")
    hall = Hall(charter={"decide_percent": 26})
    hall.carry(hall.anna, hall.carla)
    made["needed-rounded-up"] = hall.book("26 % of four are two.", "completed", offices={hall.ben.member: ["host"]})

    hall = Hall()
    phone = hall.town.device("Anna's phone", of=hall.anna)
    phone.certify()
    close = hall.close(hall.yes(hall.anna, hall.carla, hall.dora), by=phone)
    void("closed-by-another-device", "Another log of Anna's.", hall, close, "only the device that moved it")

    hall = Hall()
    hall.anna.say(CANCEL, {}, YES, ref=hall.first)
    votes = hall.yes(hall.anna, hall.carla, hall.dora)
    said = [*votes, hall.close(votes)]
    made["closed-after-taking-back"] = hall.book(
        "Anna took it back before.", "withdrawn", out_of_turn={each.id: "the agreement is withdrawn" for each in said},
        offices={hall.ben.member: []},
    )  # fmt: skip

    hall = Hall()
    votes = hall.yes(hall.anna, hall.carla, hall.dora)
    few = [hall.close(votes[:1]) for _ in range(16)]
    close = hall.close(votes)
    made["closed-too-often"] = hall.book(
        "Sixteen closes with one vote, and one with three.", "proposed", offices={hall.ben.member: []},
        out_of_turn={**{each.id: "1 said yes" for each in few}, close.id: "it was closed 16 times"},
    )  # fmt: skip

    hall = Hall()
    guest = hall.town.device("Emil")
    guest.certify()
    guest.enter(hall.anna.invite("Emil"))
    hall.move(guest, member=hall.ben.member, office="host")
    close = hall.carry(hall.anna, hall.carla, hall.dora)
    void("moved-by-a-guest", "Nobody has let Emil in.", hall, close, "only who belongs here can move")

    hall = Hall()
    till = hall.town.device("Carla's till", of=hall.carla)
    till.say(CERTIFICATE, _certificate(hall.town, till, hall.dora, "trader"))
    hall.move(till, member=hall.ben.member, office="host")
    close = hall.carry(hall.anna, hall.carla, hall.dora)
    void("moved-by-a-trader", "Dora, who trades for Carla.", hall, close, "for an organisation it is a keeper")

    hall = Hall()
    close = hall.close(hall.yes(hall.anna, hall.carla, hall.dora), ANSWER_BY + DAY + 1)
    void("closed-too-late", "A day and a millisecond after answer_by.", hall, close, "the motion had to be closed")

    hall = Hall()
    votes = hall.yes(hall.anna, hall.carla)
    unread = hall.dora.draft(VOTE, {"join": hall.first.id}, YES, ref=hall.first)
    void("unknown-vote", "Dora's vote has not come.", hall, hall.close([*votes, unread]), "the close names a vote")

    hall = Hall()
    votes = hall.yes(hall.anna, hall.carla, hall.dora)
    hall.close(votes)
    hall.dora.ids.pop()
    rival = hall.dora.draft(ACCEPT, {}, YES, ref=hall.first)
    first, second = sorted((votes[2].signed, rival.signed))
    proof = _pack({"a": first, "b": second, "community": hall.town.community, "device": hall.dora.id, "version": 1})
    made["lost-vote"] = hall.book(
        "Dora forks in place of her vote: what was decided stands.", "completed",
        offices={hall.ben.member: ["host"]}, proofs=[proof],
    )  # fmt: skip

    hall = Hall()
    old = hall.town.device("Carla's old laptop", of=hall.carla)
    old.certify()
    hall.carla.say(REVOKE, hall.carla.revoke(old, 1), MOVED)
    hall.first = hall.move(hall.anna, MOVED, member=hall.ben.member, office="host")
    named = [vote.position for vote in hall.yes(hall.anna, hall.dora)]
    made_up = {"votes": [*named, old.id + (5).to_bytes(8, "big")]}
    close = hall.anna.say(CLOSE, made_up, AT, ref=hall.first)
    void("made-up-vote", "Carla had revoked that laptop when it was moved.", hall, close, "2 said yes; 3 are needed")

    hall = Hall()
    again = hall.yes(hall.carla), hall.yes(hall.carla)
    close = hall.close([*hall.yes(hall.anna), *again[0], *again[1]])
    void("counted-twice", "Carla twice.", hall, close, "the close counts somebody's vote twice")

    hall = Hall()
    hall.carry(hall.anna, hall.carla, hall.dora)
    hall.move(hall.carla, AT + HOUR, member=hall.ben.member, office="host", holds=False)
    hall.carry(hall.anna, hall.carla, hall.dora, at=AT + 2 * HOUR)
    made["in-order"] = hall.town.book(
        "Host, and then no more: the order is that of the closes.", offices={hall.ben.member: []}
    )

    hall = Hall()
    first, second = sorted((hall.anna, hall.carla), key=lambda each: each.id)
    office = hall.move(first, AT, member=hall.ben.member, office="mediator")
    hall.close(hall.yes(hall.anna, hall.carla, hall.dora, at=AT))
    removal = hall.move(second, AT, member=hall.dora.member, holds=False)
    hall.close(hall.yes(hall.anna, hall.ben, hall.carla, at=AT))
    made["closed-in-one-moment"] = hall.town.book(
        "Both moved, and both closed, in one moment: the first is carried with Dora's vote, and stays so.",
        state={office.id: [[AT, "completed"]], removal.id: [[AT, "completed"]]},
        standing={hall.dora.member: "removed"}, offices={hall.ben.member: ["mediator"]},
    )  # fmt: skip
    return made


def _removals() -> dict[str, Case]:
    made: dict[str, Case] = {}

    hall = Hall()
    hall.remove("ben")
    hall.move(hall.anna, AT + HOUR, member=hall.carla.member, office="mediator")
    (vote,) = hall.yes(hall.ben, at=AT + HOUR)
    hall.close(hall.yes(hall.anna, hall.carla, at=AT + HOUR), AT + 2 * HOUR)
    made["removed-before-voting"] = hall.town.book(
        "Ben is removed: he has no vote on what is moved later, and of three people two are enough.",
        standing={hall.ben.member: "removed"},
        offices={hall.carla.member: ["mediator"]},
        out_of_turn={hall.first.id: {vote.id: "only who belonged here before"}},
    )

    hall = Hall()
    office = hall.first
    hall.remove("ben")
    hall.mover, hall.first = hall.anna, office
    votes = hall.yes(hall.ben, hall.carla, hall.dora, at=AT + 1)
    hall.close(votes, AT + 2)
    made["removed-votes"] = hall.book(
        "Moved before, voted on after Ben was removed.", "proposed",
        out_of_turn={
            votes[0].id: "the members had removed who said this",
            hall.town.entries[-1].id: "the close names a vote",
        },
    )  # fmt: skip

    hall = Hall()
    gets = {"gives": False, "what": "credit", "unit": "credit", "total": 100, "voted": True, "due": T0 + 9 * DAY}
    gets |= {"other": hall.anna.member, "action": "transfer"}
    asked = {"parties": [hall.anna.member], "commitments": [], "answer_by": ANSWER_BY}
    call = hall.anna.say(PROPOSE, {**asked, "slots": [{"role": "contributor", "terms": [gets]}]}, MOVED)
    idea = hall.carla.say(JOIN, {"slot": 0}, MOVED, ref=call)
    hall.remove("ben")
    vote = hall.ben.say(VOTE, {"join": idea.id}, AT, ref=call)
    made["removed-votes-in-a-call"] = hall.town.book(
        "A call that was opened before Ben was removed.",
        out_of_turn={call.id: {vote.id: "the members had removed who said this"}},
    )

    def trade(by: Device, with_: Device, at: int) -> Said:
        bread = _promise(by.member, with_.member, 2, due=T0 + 9 * DAY)
        return by.say(PROPOSE, _proposal(bread, answer_by=T0 + 5 * DAY), at)

    hall = Hall()
    sold = trade(hall.ben, hall.carla, MOVED)
    hall.carla.say(ACCEPT, {}, MOVED + 1, ref=sold)
    hall.remove("ben")
    given = hall.ben.say(DELIVER, {"commitment": 0, "quantity": 2}, AT + HOUR, ref=sold)
    hall.carla.say(RECEIVE, {"delivery": given.id, "quantity": 2}, AT + 2 * HOUR, ref=sold)
    made["removed-keeps-what-they-agreed"] = hall.town.book(
        "What Ben and Carla had signed before is kept.", standing={hall.ben.member: "removed"},
        state={sold.id: [[AT + 3 * HOUR, "completed"]]},
    )  # fmt: skip

    hall = Hall()
    hall.remove("ben")
    sold = trade(hall.ben, hall.carla, AT)
    yes = hall.carla.say(ACCEPT, {}, AT + 1, ref=sold)
    made["removed-proposes"] = hall.town.book(
        "At the very time he was removed.", state={sold.id: [[AT + 1, "proposed"]]}, signed={sold.id: []},
        out_of_turn={sold.id: {yes.id: "the members had removed who proposed this"}},
    )  # fmt: skip

    hall = Hall()
    sold = trade(hall.carla, hall.ben, MOVED)
    hall.remove("ben")
    yes = hall.ben.say(ACCEPT, {}, AT, ref=sold)
    made["removed-accepts"] = hall.town.book(
        "Proposed before, accepted after.", state={sold.id: [[AT + 1, "proposed"]]},
        out_of_turn={sold.id: {yes.id: "the members had removed who said this"}},
    )  # fmt: skip

    hall = Hall()
    hall.remove("ben")
    hall.ben.at = AT
    guest = hall.town.join("Emil", hall.ben)
    made["removed-invites"] = hall.town.book("Ben lets nobody in any more.", standing={guest.member: "unknown"})

    hall = Hall()
    hall.remove("ben")
    hall.move(hall.carla, AT + HOUR, member=hall.ben.member)
    hall.carry(hall.anna, hall.carla, hall.dora, at=AT + 2 * HOUR)
    sold = trade(hall.ben, hall.carla, AT + 3 * HOUR)
    hall.carla.say(ACCEPT, {}, AT + 3 * HOUR, ref=sold)
    made["let-in-again"] = hall.town.book(
        "Removed and let in again.", standing={hall.ben.member: "member"},
        state={sold.id: [[AT + 3 * HOUR, "agreed"]]},
    )  # fmt: skip
    return made


def _charters() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def amended(hall: Hall, **changes: Any) -> Hall:
        hall.move(hall.anna, charter=hall.amended(**changes))
        hall.carry(hall.anna, hall.carla, hall.dora)
        return hall

    hall = amended(Hall(), credit_limit=900, decide_percent=67)
    made["charter-amended"] = hall.book(
        "Nobody may go below -900 from then on, and 67 % decide.", "completed",
        charter={"credit_limit": 900, "decide_percent": 67, "name": "Elm Street"},
    )  # fmt: skip
    hall = Hall()
    rules = [
        hall.move(hall.anna, charter=hall.amended(**changes)) for changes in ({"credit_limit": 900}, {"name": "Elm"})
    ]
    for rule, at in zip(rules, (AT, AT + HOUR), strict=True):
        hall.first = rule
        hall.carry(hall.anna, hall.carla, hall.dora, at=at)
    made["amended-by-two"] = hall.book(
        "Both were written from the first charter: what the first changed, the second leaves.", "completed",
        charter={"credit_limit": 900, "name": "Elm"},
    )  # fmt: skip
    hall = amended(Hall(), unit="euros", credit_limit=900)
    made["another-unit"] = hall.book(
        "What balances are counted in stays: all of it changes nothing.", "completed",
        charter={"credit_limit": 600, "unit": "hours"},
    )  # fmt: skip

    hall = Hall()

    def proposed(at: int) -> Said:
        bread = _promise(hall.ben.member, hall.carla.member, 2, due=T0 + 9 * DAY)
        return hall.ben.say(PROPOSE, _proposal(bread, answer_by=T0 + 5 * DAY, mediator=hall.dora.member), at)

    before = proposed(MOVED)
    hall = amended(hall, mediation="binding")
    trades = [before, proposed(AT)]
    for number, each in enumerate(trades, 1):
        hall.carla.say(ACCEPT, {}, AT + number * HOUR, ref=each)
        hall.ben.say(44, {}, AT + number * HOUR, ref=each)
        hall.dora.say(45, {"received": [1]}, AT + number * HOUR, ref=each)
    made["mediation-amended"] = hall.town.book(
        "Of two agreements the first was proposed before a mediator's word came to bind, the second at that very time.",
        state={each.id: [[AT + 3 * HOUR, end]] for each, end in zip(trades, ("agreed", "settled"), strict=True)},
        received={each.id: [much] for each, much in zip(trades, (0, 1), strict=True)},
    )

    hall = Hall()
    hall.carry(hall.anna, hall.carla, hall.dora)
    hall.move(hall.anna, AT + HOUR, charter=hall.amended(invites="hosts"))
    hall.carry(hall.anna, hall.carla, hall.dora, at=AT + 2 * HOUR)
    hall.ben.at = hall.carla.at = AT + 3 * HOUR
    emil, fay = hall.town.join("Emil", hall.ben), hall.town.join("Fay", hall.carla)
    made["hosts-invite"] = hall.town.book(
        "Ben is host, Carla is not.", standing={emil.member: "member", fay.member: "unknown"}
    )
    hall.move(hall.anna, AT + 4 * HOUR, member=hall.ben.member, office="host", holds=False)
    hall.carry(hall.anna, hall.carla, hall.dora, hall.ben, at=AT + 5 * HOUR)
    hall.ben.at = AT + 6 * HOUR
    gus = hall.town.join("Gus", hall.ben)
    made["host-no-more"] = hall.town.book(
        "Whom Ben let in as host stays; later he lets nobody in.",
        standing={emil.member: "member", gus.member: "unknown"},
    )
    return made
