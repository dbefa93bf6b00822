"""The vectors of docs/spec/slots.md, one fault in each, and those of other pages that open places change.

Entries are put together by make_protocol.py's blocks, without the code under test. What is expected is written out by
hand: who comes to owe whom how much is worked out in the comment of each case.
"""

import struct
from typing import Any, Final

from tests.vectors.make_protocol import (
    ACCEPT,
    CANCEL,
    CLOSE,
    DAY,
    DECLINE,
    DELIVER,
    HOUR,
    LAPSE,
    LISTING,
    MINUTE,
    PROPOSE,
    RATE,
    RECEIVE,
    T0,
    Case,
    Device,
    Said,
    Town,
    _bytes,
    _case,
    _hash,
    _listing,
    _pack,
)

JOIN, SETTLE = 41, 43
ANSWER_BY: Final = T0 + DAY
BOUND_BY: Final = ANSWER_BY + DAY
DUE: Final = T0 + 5 * DAY


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    for part in (_joining, _closing, _lost, _own_conditions, _prices, _leaving, _rounds, _lives, _elsewhere, _bodies):
        for path, case in part().items():
            assert path not in made, path
            made[path] = case
    return made


def _term(gives: bool, other: bytes, what: str, unit: str, **price: Any) -> Case:
    action = "work" if unit == "hour" else "transfer"
    return {"gives": gives, "other": other, "action": action, "what": what, "unit": unit, "due": DUE, **price}


def _gets(seller: bytes, each: int = 1, **more: Any) -> Case:
    return _term(False, seller, "flour", "sack", each=each, **more)


def _pays(other: bytes, **price: Any) -> Case:
    return _term(True, other, "credit", "credit", **price)


def _slot(*terms: Case, role: str = "buyer", **bounds: Any) -> Case:
    return {"role": role, "terms": list(terms), **bounds}


class Street:
    """Anna sells flour: a sack for 200 credits each, to at least two. Ben, Carla and Dora are her neighbours.

    Another `slots` or other `parties` make it another proposal; `by` is who proposes."""

    def __init__(self, *slots: Case, parties: str = "anna", by: str = "anna", **bounds: Any) -> None:
        self.town = Town().found()
        self.anna, names = self.town.anna, ("Ben", "Carla", "Dora")
        self.ben, self.carla, self.dora = (self.town.join(name) for name in names)
        anna = self.anna.member
        flour = _slot(_gets(anna), _pays(anna, each=200), **{"least": 2, **bounds})
        self.proposal: Case = {
            "parties": sorted(self.named(name).member for name in parties.split()),
            "commitments": [],
            "answer_by": ANSWER_BY,
            "slots": list(slots) or [flour],
        }
        self.host = self.named(by)
        self.first = self.host.say(PROPOSE, self.proposal, T0)

    def named(self, name: str) -> Device:
        device = getattr(self, name)
        assert isinstance(device, Device)
        return device

    def say(self, who: Device, kind: int, at: int, **body: Any) -> Said:
        return who.say(kind, body, at, ref=self.first)

    def join(self, who: Device, quantity: int = 1, at: int = T0 + HOUR, **conditions: Any) -> Said:
        return self.say(who, JOIN, at, slot=conditions.pop("slot", 0), quantity=quantity, **conditions)

    def close(self, *answers: Said, at: int = T0 + 2 * HOUR) -> Said:
        return self.host.say(CLOSE, self.closed(*answers), at, ref=self.first)

    def closed(self, *answers: Said) -> Case:
        """A close that names these acceptances and joins."""
        joins = [each for each in answers if struct.unpack_from(">H", each.header, 2) == (JOIN,)]
        body = {
            "answers": [each.id for each in answers if each not in joins],
            "seats": [self.town.seat(each) for each in joins],
        }
        return {name: value for name, value in body.items() if value}

    def again(self, at: int = T0 + 3 * HOUR, due: int = DUE, **changed: Any) -> Said:
        """The next round: the same places, due later perhaps."""
        slots = [
            {**slot, "terms": [{**term, "due": due, **changed} for term in slot["terms"]]}
            for slot in self.proposal["slots"]
        ]
        body = {**self.proposal, "slots": slots, "replaces": self.first.id, "answer_by": at + DAY}
        return self.host.say(PROPOSE, body, at)

    def flour(self, who: Device, sacks: int, each: int = 200) -> list[Any]:
        """What a join comes to: Anna gives sacks, and is paid."""
        anna = self.anna.member
        return [[anna, who.member, "flour", sacks, "sack"], [who.member, anna, "credit", sacks * each, "credit"]]

    def members(self, *devices: Device) -> list[bytes]:
        return sorted(device.member for device in devices)

    def book(self, comment: str, *states: tuple[int, str], about: Said | None = None, **facts: Any) -> Case:
        about = about or self.first
        whole = {name: facts.pop(name) for name in ("balances", "promised", "left", "proofs") if name in facts}
        facts = {name: {about.id: value} for name, value in facts.items()}
        state = {about.id: [list(each) for each in states]}
        return self.town.book(comment, state=state, **facts, **whole)


def _joining() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"slots/{name}.json"] = case

    def refused(name: str, comment: str, why: str, street: Street, join: Said) -> None:
        """Kept, and not among those who would like to be in."""
        add(name, street.book(comment, (T0 + HOUR, "proposed"), commitments=[], staying=[], out_of_turn={join.id: why}))

    street = Street()
    ben, carla = street.join(street.ben, 2), street.join(street.carla)
    add(
        "joined",
        street.book(
            "Two have joined, and nobody is bound: it can be closed until a day after answer_by, and no later.",
            (ANSWER_BY + 1, "proposed"),
            (BOUND_BY, "proposed"),
            (BOUND_BY + 1, "lapsed"),
            commitments=[],
            parties=[street.anna.member],
            signed=[street.anna.member],
            staying=sorted([ben.id, carla.id]),
            out_of_turn={},
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben, 2), street.join(street.carla, at=ANSWER_BY)
    street.close(carla, ben, at=ANSWER_BY + HOUR)
    add(
        "joined-at-the-last-moment",
        street.book(
            "Carla joined at answer_by itself. What joins bring stands in the order of the close: hers first.",
            (ANSWER_BY + HOUR, "agreed"),
            commitments=[*street.flour(street.carla, 1), *street.flour(street.ben, 2)],
            out_of_turn={},
        ),
    )

    street = Street()
    refused("joined-late", "A millisecond after answer_by.", "the proposal could be joined until", street,
        street.join(street.ben, at=ANSWER_BY + 1))  # fmt: skip
    street = Street(quantity_most=4)
    refused("joined-with-too-much", "Five, where at most four are for each.", "each buyer joins with 1 to 4", street,
        street.join(street.ben, 5))  # fmt: skip
    street = Street(quantity_least=2)
    refused("joined-with-too-little", "One, where each takes at least two.", "each buyer joins with 2 to", street,
        street.join(street.ben, 1))  # fmt: skip
    street = Street()
    refused("no-such-place", "A second kind of place, where there is one.", "there is no such place", street,
        street.join(street.ben, slot=1))  # fmt: skip
    street = Street()
    refused("joined-with-oneself", "Anna would buy from herself, and fill her own number.",
        "as buyer you would promise something to yourself", street, street.join(street.anna, 9))  # fmt: skip
    street = Street(_slot(_pays(Town().anna.member, each=10**12)))
    refused("joined-beyond-measure", "Twice a million millions is more than can be promised.", "that comes to more",
        street, street.join(street.ben, 2))  # fmt: skip

    street = Street(parties="anna dora", by="dora")
    street.say(street.anna, DECLINE, T0 + MINUTE)
    ben = street.join(street.ben)
    add(
        "joined-after-a-decline",
        street.book(
            "Dora organises, Anna does not want to sell: there is nothing to join.",
            (T0 + HOUR, "declined"),
            staying=[],
            out_of_turn={ben.id: "the agreement is declined"},
        ),
    )
    return made


def _closing() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"slots/{name}.json"] = case

    def void(name: str, comment: str, why: str, street: Street, close: Said) -> None:
        """The close binds nobody."""
        add(
            name,
            street.book(
                comment,
                (T0 + 2 * HOUR, "proposed"),
                (BOUND_BY + 1, "lapsed"),
                commitments=[],
                agreed_at=None,
                out_of_turn={close.id: why},
            ),
        )

    street = Street()
    ben, carla = street.join(street.ben, 2), street.join(street.carla)
    street.close(ben, carla)
    add(
        "closed",
        street.book(
            "Ben takes two sacks and Carla one: each gets theirs and pays 200 for each, join by join.",
            (T0 + 2 * HOUR, "agreed"),
            (DUE + 3 * DAY, "agreed"),
            (DUE + 3 * DAY + 1, "lapsed"),
            commitments=[*street.flour(street.ben, 2), *street.flour(street.carla, 1)],
            parties=street.members(street.anna, street.ben, street.carla),
            signed=street.members(street.anna, street.ben, street.carla),
            agreed_at=T0 + 2 * HOUR,
            received=[0, 0, 0, 0],
            out_of_turn={},
        ),
    )

    street = Street()
    ben, carla, dora = street.join(street.ben), street.join(street.carla), street.join(street.dora)
    street.close(ben, carla)
    add(
        "closed-without-one",
        street.book(
            "Dora's join is not named: she is no party, and anybody can show that she had joined.",
            (T0 + 2 * HOUR, "agreed"),
            parties=street.members(street.anna, street.ben, street.carla),
            staying=sorted([ben.id, carla.id, dora.id]),
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    phone = street.town.device("Anna's phone", of=street.anna)
    phone.certify()
    close = phone.say(CLOSE, street.closed(ben, carla), T0 + 2 * HOUR, ref=street.first)
    void("closed-by-another-device", "Only the log it was proposed in says who is in.", "only the device that proposed",
        street, close)  # fmt: skip

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.close(ben, carla, at=BOUND_BY)
    add("closed-at-the-last-moment", street.book("A day after answer_by.", (BOUND_BY, "agreed")))

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    void("closed-too-late", "A day and a millisecond after answer_by.", "the proposal had to be closed by", street,
        street.close(ben, carla, at=BOUND_BY + 1))  # fmt: skip

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    body = street.closed(ben, carla)
    body["seats"].append({**body["seats"][1], "at": street.dora.id + struct.pack(">Q", 9)})
    close = street.say(street.anna, CLOSE, T0 + 2 * HOUR, **body)
    void("closed-with-an-unknown-join", "The third seat is for what nobody said.",
        "the close names a join that is not known", street, close)  # fmt: skip

    street = Street()
    ben, late = street.join(street.ben), street.join(street.carla, at=ANSWER_BY + 1)
    close = street.close(ben, late, at=ANSWER_BY + HOUR)
    add(
        "closed-with-a-late-join",
        street.book(
            "Carla came too late, and so the close that names her binds nobody.",
            (ANSWER_BY + HOUR, "proposed"),
            out_of_turn={late.id: "the proposal could be joined until", close.id: "the close names a join"},
        ),
    )

    street = Street(parties="anna dora", by="dora", least=0)
    yes = street.say(street.anna, ACCEPT, T0 + MINUTE)
    void("closed-on-nobody", "Anna has accepted, and nobody has joined.", "the close names nobody who joined", street,
        street.close(yes))  # fmt: skip

    street = Street(parties="anna dora", by="dora")
    ben, carla = street.join(street.ben), street.join(street.carla)
    void("closed-before-all-accepted", "Dora organises; Anna, who sells, has not said a word.",
        "not everybody has accepted", street, street.close(ben, carla))  # fmt: skip

    street = Street(parties="anna dora", by="dora")
    yes, ben, carla = street.say(street.anna, ACCEPT, T0 + MINUTE), street.join(street.ben), street.join(street.carla)
    void("closed-without-the-acceptance", "The joins are named, Anna's acceptance is not.",
        "not everybody has accepted", street, street.close(ben, carla))  # fmt: skip

    street = Street(parties="anna dora", by="dora")
    yes, ben, carla = street.say(street.anna, ACCEPT, T0 + MINUTE), street.join(street.ben), street.join(street.carla)
    street.close(yes, ben, carla)
    add(
        "closed-by-an-organiser",
        street.book(
            "Dora organises what Anna sells: both are parties, and what joins bring is between the buyers and Anna.",
            (T0 + 2 * HOUR, "agreed"),
            commitments=[*street.flour(street.ben, 1), *street.flour(street.carla, 1)],
            parties=street.members(street.anna, street.ben, street.carla, street.dora),
        ),
    )

    street = Street()
    ben, more, carla = street.join(street.ben), street.join(street.ben, 2), street.join(street.carla)
    void("closed-with-one-person-twice", "Both of Ben's joins for the one kind of place.",
        "the close names somebody twice", street, street.close(ben, more, carla))  # fmt: skip

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    void("closed-with-one-join-twice", "Ben's only join, two times.", "the close names somebody twice", street,
        street.close(ben, ben, carla))  # fmt: skip

    street = Street()
    ben = street.join(street.ben, 9)
    void("too-few-people", "Two are needed; Ben alone came, with nine.", "1 joined as buyer: at least 2", street,
        street.close(ben))  # fmt: skip
    street = Street(least=0, most=1)
    ben, carla = street.join(street.ben), street.join(street.carla)
    void("too-many-people", "There is one place.", "2 joined as buyer: at least 0 and at most 1", street,
        street.close(ben, carla))  # fmt: skip
    street = Street(total_least=4)
    ben, carla = street.join(street.ben, 2), street.join(street.carla)
    void("too-little-in-all", "Three sacks, where four are needed.", "buyer came to 3 in all: at least 4", street,
        street.close(ben, carla))  # fmt: skip
    street = Street(total_most=2)
    ben, carla = street.join(street.ben, 2), street.join(street.carla)
    void("too-much-in-all", "Three sacks, where two are there.", "buyer came to 3 in all: at least 0 and at most 2",
        street, street.close(ben, carla))  # fmt: skip
    anna = Town().anna.member
    goals = (_slot(_pays(anna, each=1), total_least=100), _slot(_term(True, anna, "painting", "hour", each=1),
        role="painter", total_least=8))  # fmt: skip
    street = Street(*goals)
    ben, carla = street.join(street.ben, 100), street.join(street.carla, 7, slot=1)
    void("one-goal-missed", "All the credit is there, an hour of painting is missing: all or nothing.",
        "painter came to 7 in all", street, street.close(ben, carla))  # fmt: skip

    street = Street(*goals)
    ben, carla, more = street.join(street.ben, 100), street.join(street.carla, 7, slot=1), street.join(
        street.ben, 1, slot=1)  # fmt: skip
    street.close(ben, carla, more)
    add(
        "one-person-in-two-places",
        street.book(
            "Ben gives 100 credits, and the hour that was missing.",
            (T0 + 2 * HOUR, "agreed"),
            commitments=[
                [street.ben.member, anna, "credit", 100, "credit"],
                [street.carla.member, anna, "painting", 7, "hour"],
                [street.ben.member, anna, "painting", 1, "hour"],
            ],
            parties=street.members(street.anna, street.ben, street.carla),
        ),
    )

    street = Street()
    ben, carla, dora = street.join(street.ben), street.join(street.carla), street.join(street.dora)
    street.close(ben, carla)
    second = street.close(ben, dora, at=T0 + 3 * HOUR)
    add(
        "closed-twice",
        street.book(
            "The first close that binds counts: the second leaves Carla out, who is bound.",
            (T0 + 3 * HOUR, "agreed"),
            parties=street.members(street.anna, street.ben, street.carla),
            agreed_at=T0 + 2 * HOUR,
            out_of_turn={second.id: "the close leaves an acceptance out"},
        ),
    )

    street = Street(parties="anna dora", by="dora")
    yes, ben, carla = street.say(street.anna, ACCEPT, T0 + MINUTE), street.join(street.ben), street.join(street.carla)
    street.close(yes, ben, carla)
    body = {**street.proposal, "replaces": street.first.id}
    counter = street.anna.say(PROPOSE, body, T0 + 2 * HOUR - MINUTE)
    add(
        "countered-after-the-close",
        street.book(
            "Anna, who had accepted, dates a counter-offer before Dora's close: the close stands.",
            (T0 + 2 * HOUR, "agreed"),
            replaced_by=None,
            out_of_turn={counter.id: "the agreement is agreed"},
        ),
    )

    street = Street(parties="anna dora", by="dora")
    yes, ben, carla = street.say(street.anna, ACCEPT, T0 + MINUTE), street.join(street.ben), street.join(street.carla)
    street.close(yes, ben, carla)
    phone = street.town.device("Anna's phone", of=street.anna)
    phone.certify()
    no = street.say(phone, DECLINE, T0 + 1)
    add(
        "declined-after-the-close",
        street.book(
            "A new phone of Anna's declines before she accepted: the close stands.",
            (T0 + 2 * HOUR, "agreed"),
            out_of_turn={no.id: "you have answered"},
        ),
    )

    street = Street()
    ben = street.join(street.ben)
    early = street.close(ben)
    carla = street.join(street.carla)
    street.say(street.anna, CANCEL, T0 + 3 * HOUR)
    late = street.close(ben, carla, at=T0 + 4 * HOUR)
    add(
        "closed-after-taking-back",
        street.book(
            "A close that bound nobody, then taken back: a later close comes too late.",
            (T0 + 4 * HOUR, "withdrawn"),
            ended_at=T0 + 3 * HOUR,
            out_of_turn={early.id: "1 joined as buyer", late.id: "the agreement is withdrawn"},
        ),
    )

    street = Street()
    ben = street.join(street.ben)
    early = street.close(ben)
    carla = street.join(street.carla, at=T0 + 3 * HOUR)
    street.close(ben, carla, at=T0 + 4 * HOUR)
    add(
        "closed-again",
        street.book(
            "A close that binds nobody ends nothing: the next one binds.",
            (T0 + 4 * HOUR, "agreed"),
            agreed_at=T0 + 4 * HOUR,
            out_of_turn={early.id: "1 joined as buyer"},
        ),
    )
    return made


def _lost() -> dict[str, Case]:
    """Carla contradicts herself in place of her join: her seat is struck out, and nobody else is let go by it."""
    made: dict[str, Case] = {}

    def proof(street: Street, join: Said) -> bytes:
        """That Carla said something else at its place."""
        street.carla.ids.pop()
        rival = street.carla.draft(LAPSE, {}, T0 + HOUR, ref=street.first)
        first, second = sorted((join.signed, rival.signed))
        town, device = street.town, street.carla.id
        return _pack({"a": first, "b": second, "community": town.community, "device": device, "version": 1})

    def closed(sacks: int = 2, **bounds: Any) -> tuple[Street, bytes]:
        street = Street(**bounds)
        ben, carla = street.join(street.ben), street.join(street.carla, sacks)
        street.close(ben, carla)
        return street, proof(street, carla)

    def add(name: str, street: Street, shown: bytes, comment: str, *states: tuple[int, str], **facts: Any) -> None:
        made[f"slots/{name}.json"] = street.book(comment, *states, proofs=[shown], **facts)

    street, shown = closed()
    add(
        "seat-lost", street, shown,
        "Carla's seat is struck out: two people were needed, and Ben is bound all the same. She is no party, and what"
        " her place would have brought keeps its number and is owed by nobody.",
        (T0 + 2 * HOUR, "agreed"),
        commitments=[*street.flour(street.ben, 1), *street.flour(street.carla, 2)],
        parties=street.members(street.anna, street.ben), signed=street.members(street.anna, street.ben),
        struck=[2, 3], out_of_turn={},
    )  # fmt: skip
    street, shown = closed()
    street.town.entries = [said for said in street.town.entries if said.device != street.carla.id or said.seq < 2]
    add("seat-lost-unread", street, shown, "The same for who never read her join: her seat says what it was.",
        (T0 + 2 * HOUR, "agreed"), commitments=[*street.flour(street.ben, 1), *street.flour(street.carla, 2)],
        parties=street.members(street.anna, street.ben), struck=[2, 3])  # fmt: skip

    street, shown = closed()
    given = street.say(street.anna, DELIVER, T0 + DAY, commitment=0, quantity=1)
    street.say(street.ben, RECEIVE, T0 + DAY, delivery=given.id, quantity=1)
    paid = street.say(street.ben, DELIVER, T0 + DAY, commitment=1, quantity=200)
    street.say(street.anna, RECEIVE, T0 + DAY + 1, delivery=paid.id, quantity=200)
    add("seat-lost-and-completed", street, shown, "All that is left is done, and so it is completed.",
        (T0 + DAY + 1, "completed"), received=[1, 200, 0, 0],
        balances={street.anna.member: 200, street.ben.member: -200})  # fmt: skip

    street, shown = closed()
    late = street.say(street.anna, DELIVER, T0 + DAY, commitment=2, quantity=1)
    add("seat-lost-delivered-to", street, shown, "Nothing can be handed over for a place that is struck out.",
        (T0 + DAY, "agreed"), out_of_turn={late.id: "the place that flour belongs to is struck out"})  # fmt: skip

    street, shown = closed()
    for who in (street.anna, street.ben):
        street.say(who, SETTLE, T0 + DAY, received=[1, 200, 2, 400])
    add("seat-lost-and-settled", street, shown, "They settle as if Carla had got and paid hers: hers is nothing.",
        (T0 + DAY, "settled"), received=[1, 200, 0, 0])  # fmt: skip

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    body = street.closed(ben, carla)
    body["seats"][1]["quantity"] = 2
    close = street.say(street.anna, CLOSE, T0 + 2 * HOUR, **body)
    made["slots/seat-says-otherwise.json"] = street.book(
        "Carla joined with one, and her seat says two.",
        (T0 + 2 * HOUR, "proposed"),
        out_of_turn={close.id: "the close says of a join what who joined did not say"},
    )
    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    body = street.closed(ben, carla)
    body["seats"][1]["member"] = street.dora.member
    close = street.say(street.anna, CLOSE, T0 + 2 * HOUR, **body)
    made["slots/seat-of-another.json"] = street.book(
        "Carla's join, and her seat says Dora.",
        (T0 + 2 * HOUR, "proposed"),
        out_of_turn={close.id: "the close says of a join what who joined did not say"},
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    body = street.closed(ben, carla)
    body["seats"][1]["slot"] = 1
    close = street.say(street.anna, CLOSE, T0 + 2 * HOUR, **body)
    add("seat-lost-that-is-none", street, proof(street, carla), "What the seat says nobody could have joined with.",
        (T0 + 2 * HOUR, "proposed"), out_of_turn={close.id: "there is no such place to join"})  # fmt: skip
    return made


def _own_conditions() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, comment: str, binds: bool, **conditions: Any) -> None:
        """Ben joins with one on his own conditions, Carla with two on none, and Anna closes after two hours."""
        street = Street()
        ben, carla = street.join(street.ben, **conditions), street.join(street.carla, 2)
        close = street.close(ben, carla)
        why = {} if binds else {close.id: "the close names 1 whose own conditions do not hold"}
        state = (T0 + 2 * HOUR, "agreed" if binds else "proposed")
        made[f"slots/{name}.json"] = street.book(comment, state, out_of_turn=why)

    add("own-conditions", "Two people, three sacks, 200 to pay, two hours: all hold exactly.", True,
        people=2, total=3, pays=200, by=T0 + 2 * HOUR)  # fmt: skip
    add("own-people", "In, if three are. Two are.", False, people=3)
    add("own-total", "In, if four sacks are bought. Three are.", False, total=4)
    add("own-pays", "In, for at most 199. It costs 200.", False, pays=199)
    add("own-pays-nothing", "In, if it costs nothing.", False, pays=0)
    add("own-by", "In, if closed within two hours. It is a millisecond late.", False, by=T0 + 2 * HOUR - 1)
    return made


def _prices() -> dict[str, Case]:
    made: dict[str, Case] = {}
    anna = Town().anna.member

    def add(name: str, case: Case) -> None:
        made[f"slots/{name}.json"] = case

    steps = [{"total": 1, "each": 200}, {"total": 4, "each": 150}]
    for name, comment, bens, each in (
        ("steps-below", "Three sacks in all: 200 for each.", 2, 200),
        ("steps-above", "Four sacks in all: 150 for each.", 3, 150),
    ):
        street = Street(_slot(_gets(anna), _pays(anna, steps=steps)))
        ben, carla = street.join(street.ben, bens), street.join(street.carla)
        street.close(ben, carla)
        add(
            name,
            street.book(
                comment,
                (T0 + 2 * HOUR, "agreed"),
                commitments=[*street.flour(street.ben, bens, each), *street.flour(street.carla, 1, each)],
            ),
        )

    def shares(*joins: tuple[Device, int]) -> list[Any]:
        return [[who.member, anna, "credit", amount, "credit"] for who, amount in joins]

    street = Street(_slot(_pays(anna, total=100), role="rider"))
    ben, carla, dora = street.join(street.ben), street.join(street.carla), street.join(street.dora)
    street.close(ben, carla, dora)
    first = min((ben, carla, dora), key=lambda said: said.position)
    amounts = [(who, 34 if said is first else 33) for who, said in
        ((street.ben, ben), (street.carla, carla), (street.dora, dora))]  # fmt: skip
    add(
        "split-tie",
        street.book(
            "100 over three: the 1 that is left goes to the join with the smallest id.",
            (T0 + 2 * HOUR, "agreed"),
            commitments=shares(*amounts),
        ),
    )

    street = Street(_slot(_pays(anna, total=100), role="rider"))
    ben, carla, dora = street.join(street.ben, 1), street.join(street.carla, 2), street.join(street.dora, 4)
    street.close(ben, carla, dora)
    add(
        "split-by-quantity",
        street.book(
            "100 over 1, 2 and 4 of 7: 14 and 2/7, 28 and 4/7, 57 and 1/7. The 1 left goes to the largest rest.",
            (T0 + 2 * HOUR, "agreed"),
            commitments=shares((street.ben, 14), (street.carla, 29), (street.dora, 57)),
        ),
    )

    street = Street(_slot(_pays(anna, total=1), role="rider"))
    ben, carla = street.join(street.ben, 1), street.join(street.carla, 2)
    street.close(ben, carla)
    add(
        "share-of-nothing",
        street.book(
            "1 over 1 and 2 of 3: Carla pays it, and Ben, whose share is 0, promises nothing. He is a party too.",
            (T0 + 2 * HOUR, "agreed"),
            commitments=shares((street.carla, 1)),
            parties=street.members(street.anna, street.ben, street.carla),
        ),
    )

    ben_member = Street().ben.member
    street = Street(
        _slot(_pays(anna, each=5), _term(True, ben_member, "weeding", "hour", each=1), role="gardener"),
        parties="anna ben",
    )  # fmt: skip
    yes = street.say(street.ben, ACCEPT, T0 + MINUTE)
    ben, carla = street.join(street.ben, 2), street.join(street.carla)
    street.close(yes, ben, carla)
    add(
        "joined-by-a-party",
        street.book(
            "Ben is a party and joins too: the hours he would work for himself are left out.",
            (T0 + 2 * HOUR, "agreed"),
            commitments=[
                [ben_member, anna, "credit", 10, "credit"],
                [street.carla.member, anna, "credit", 5, "credit"],
                [street.carla.member, ben_member, "weeding", 1, "hour"],
            ],
            parties=street.members(street.anna, street.ben, street.carla),
        ),
    )

    street = Street()
    loaf = {"provider": anna, "receiver": street.ben.member, "action": "transfer", "what": "bread", "quantity": 1}
    fixed = {**loaf, "unit": "loaf", "due": DUE}
    street.proposal = {**street.proposal, "parties": street.members(street.anna, street.ben), "commitments": [fixed]}
    street.first = street.anna.say(PROPOSE, street.proposal, T0)
    yes, carla, dora = (
        street.say(street.ben, ACCEPT, T0 + MINUTE), street.join(street.carla), street.join(street.dora)
    )  # fmt: skip
    street.close(yes, carla, dora)
    add(
        "beside-what-is-fixed",
        street.book(
            "What the proposal itself promises comes first, and then what joins bring.",
            (T0 + 2 * HOUR, "agreed"),
            commitments=[
                [anna, street.ben.member, "bread", 1, "loaf"],
                *street.flour(street.carla, 1),
                *street.flour(street.dora, 1),
            ],
        ),
    )
    return made


def _leaving() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"slots/{name}.json"] = case

    street = Street()
    ben, carla, dora = street.join(street.ben), street.join(street.carla), street.join(street.dora)
    street.say(street.ben, CANCEL, T0 + HOUR + 1)
    street.close(carla, dora)
    add(
        "left-before-the-close",
        street.book(
            "Ben gave his place back in time.",
            (T0 + 2 * HOUR, "agreed"),
            parties=street.members(street.anna, street.carla, street.dora),
            staying=sorted([carla.id, dora.id]),
            out_of_turn={},
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.say(street.ben, CANCEL, T0 + HOUR + 1)
    add("left", street.book("Ben gave his place back.", (T0 + 2 * HOUR, "proposed"), staying=[carla.id]))
    back = street.join(street.ben, 3, at=T0 + HOUR + 2)
    add(
        "left-and-came-back",
        street.book("And joined again.", (T0 + 2 * HOUR, "proposed"), staying=sorted([carla.id, back.id])),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.say(street.ben, CANCEL, T0 + HOUR + 1)
    street.close(ben, carla)
    add(
        "left-unheard",
        street.book(
            "Anna had not heard it when she closed: the close says who is in, and Ben is bound.",
            (T0 + 2 * HOUR, "agreed"),
            parties=street.members(street.anna, street.ben, street.carla),
            out_of_turn={},
        ),
    )
    street.say(street.anna, CANCEL, T0 + 3 * HOUR)
    street.say(street.carla, CANCEL, T0 + 3 * HOUR)
    add(
        "left-unheard-and-ended",
        street.book(
            "What Ben said is his asking to end it: when the others ask too, it is cancelled.",
            (T0 + 3 * HOUR, "cancelled"),
        ),
    )

    street = Street(parties="anna ben")
    street.say(street.ben, ACCEPT, T0 + MINUTE)
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.say(street.ben, CANCEL, T0 + HOUR + 1)
    add(
        "left-by-a-party",
        street.book(
            "Ben, who is a party, gives the place back that he took; his acceptance stands.",
            (T0 + 2 * HOUR, "proposed"),
            staying=[carla.id],
            signed=street.members(street.anna, street.ben),
            out_of_turn={},
        ),
    )

    street = Street()
    gone = street.say(street.dora, CANCEL, T0 + HOUR)
    add(
        "left-without-joining",
        street.book("Dora never joined.", (T0 + HOUR, "proposed"), out_of_turn={gone.id: "only the parties"}),
    )

    street = Street()
    ben, carla, dora = street.join(street.ben), street.join(street.carla), street.join(street.dora)
    street.close(ben, carla)
    gone = street.say(street.dora, CANCEL, T0 + 3 * HOUR)
    add(
        "left-when-not-in",
        street.book(
            "Dora's join was not named: there is nothing to give back.",
            (T0 + 3 * HOUR, "agreed"),
            out_of_turn={gone.id: "the agreement is agreed"},
        ),
    )
    return made


def _rounds() -> dict[str, Case]:
    made: dict[str, Case] = {}
    later = T0 + 4 * HOUR

    def add(name: str, comment: str, street: Street, about: Said, close: Said, why: str = "", **facts: Any) -> None:
        """Whether the second round's close binds."""
        state = (later, "proposed" if why else "agreed")
        out = {close.id: why} if why else {}
        made[f"slots/{name}.json"] = street.book(comment, state, about=about, out_of_turn=out, **facts)

    def second(street: Street, said: Said, *joins: Said) -> Said:
        return street.host.say(CLOSE, street.closed(*joins), later, ref=said)

    unknown = "the close names a join that is not known"

    def two(**conditions: Any) -> tuple[Street, Said, Said]:
        street = Street()
        return street, street.join(street.ben, rolls=True), street.join(street.carla, **{"rolls": True, **conditions})

    street, ben, carla = two()
    again = street.again(due=DUE + DAY)
    add("rolled-over", "Both said that they stay in for the next round, which is due a day later.", street, again,
        second(street, again, ben, carla),
        commitments=[*street.flour(street.ben, 1), *street.flour(street.carla, 1)],
        parties=street.members(street.anna, street.ben, street.carla))  # fmt: skip

    street, ben, carla = two()
    again = street.again()
    made["slots/rolled-over-old-round.json"] = street.book(
        "The round before has been replaced, and binds nobody.", (later, "replaced"), parties=[street.anna.member]
    )

    street, ben, carla = two(rolls=False)
    again = street.again()
    add("not-rolled-over", "Carla did not say that she stays.", street, again, second(street, again, ben, carla),
        unknown, staying=[ben.id])  # fmt: skip

    street, ben, carla = two()
    again = street.again(each=201)
    add("rolled-over-dearer", "Every each is another: not what they said yes to.", street, again,
        second(street, again, ben, carla), unknown)  # fmt: skip

    street, ben, carla = two()
    again = street.again(due=DUE - 1)
    add("rolled-over-sooner", "Due a millisecond sooner.", street, again, second(street, again, ben, carla),
        unknown)  # fmt: skip

    street, ben, carla = two()
    street.join(street.carla, at=T0 + HOUR + 1)
    again = street.again()
    add("rolled-over-last-word", "Carla joined again, without staying: her last word counts.", street, again,
        second(street, again, ben, carla), unknown, staying=[ben.id])  # fmt: skip

    street, ben, carla = two()
    street.say(street.carla, CANCEL, T0 + HOUR + 1)
    again = street.again()
    add("rolled-over-after-leaving", "Carla had left the first round.", street, again,
        second(street, again, ben, carla), unknown, staying=[ben.id])  # fmt: skip

    street, ben, carla = two()
    street.again()
    other = street.again()
    add("rolled-over-twice", "There is one next round: the second that takes the place of the first gets nobody.",
        street, other, second(street, other, ben, carla), unknown, staying=[])  # fmt: skip

    street, ben, carla = two()
    street.close(ben, carla)
    again = street.again()
    add("rolled-over-after-a-close", "They are bound by the first round: nobody is bound twice by one join.", street,
        again, second(street, again, ben, carla), unknown, staying=[])  # fmt: skip

    street, ben, carla = two()
    phone = street.town.device("Anna's phone", of=street.anna)
    phone.certify()
    again = phone.say(PROPOSE, {**street.proposal, "replaces": street.first.id}, T0 + 3 * HOUR)
    close = phone.say(CLOSE, street.closed(ben, carla), later, ref=again)
    add("rolled-over-to-another-device", "The next round stands in another log.", street, again, close, unknown,
        staying=[])  # fmt: skip

    street, ben, carla = two()
    street.say(street.anna, LAPSE, ANSWER_BY + 1)
    again = street.again(at=ANSWER_BY + 2)
    close = street.host.say(CLOSE, street.closed(ben, carla), ANSWER_BY + 3, ref=again)
    made["slots/rolled-over-a-lapse.json"] = street.book(
        "The first round lapsed, and the next takes its place.",
        (ANSWER_BY + 3, "agreed"),
        about=again,
        parties=street.members(street.anna, street.ben, street.carla),
    )
    return made


def _lives() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"slots/{name}.json"] = case

    def hand_over(street: Street, giver: Device, taker: Device, number: int, quantity: int, at: int) -> Said:
        given = street.say(giver, DELIVER, at, commitment=number, quantity=quantity)
        street.say(taker, RECEIVE, at + 1, delivery=given.id, quantity=quantity)
        return given

    street = Street()
    ben, carla = street.join(street.ben, 2), street.join(street.carla)
    street.close(ben, carla)
    hand_over(street, street.anna, street.ben, 0, 2, T0 + DAY)
    hand_over(street, street.ben, street.anna, 1, 400, T0 + 2 * DAY)
    hand_over(street, street.anna, street.carla, 2, 1, T0 + 3 * DAY)
    hand_over(street, street.carla, street.anna, 3, 200, T0 + 4 * DAY)
    add(
        "completed",
        street.book(
            "A whole life: all flour handed over, all of it paid.",
            (T0 + 5 * DAY, "completed"),
            received=[2, 400, 1, 200],
            ended_at=T0 + 4 * DAY + 1,
            out_of_turn={},
            balances={street.anna.member: 600, street.ben.member: -400, street.carla.member: -200},
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.close(ben, carla)
    slow = street.say(street.ben, DELIVER, T0 + 2 * HOUR - MINUTE, commitment=1, quantity=200)
    street.say(street.anna, RECEIVE, T0 + 3 * HOUR, delivery=slow.id, quantity=200)
    add(
        "delivered-by-a-slow-clock",
        street.book(
            "Ben's clock is a minute behind Anna's: what he pays after her close stands after it.",
            (T0 + 3 * HOUR, "agreed"),
            received=[0, 200, 0, 0],
            out_of_turn={},
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    early = street.say(street.ben, DELIVER, T0 + HOUR + 1, commitment=0, quantity=1)
    add(
        "delivered-before-the-close",
        street.book(
            "Ben has joined, which binds nobody: he has nothing to deliver.",
            (T0 + 2 * HOUR, "proposed"),
            out_of_turn={early.id: "only the parties"},
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.close(ben, carla)
    late = street.join(street.dora, at=T0 + 3 * HOUR)
    add(
        "joined-after-the-close",
        street.book(
            "Dora had not heard of the close: her join is in turn, and brings nothing.",
            (T0 + 3 * HOUR, "agreed"),
            commitments=[*street.flour(street.ben, 1), *street.flour(street.carla, 1)],
            parties=street.members(street.anna, street.ben, street.carla),
            staying=sorted([ben.id, carla.id, late.id]),
            out_of_turn={},
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.say(street.anna, CANCEL, T0 + HOUR + 1)
    close = street.close(ben, carla)
    add(
        "withdrawn-before-the-close",
        street.book(
            "Anna took it back, and can not bind anybody any more.",
            (T0 + 2 * HOUR, "withdrawn"),
            commitments=[],
            ended_at=T0 + HOUR + 1,
            staying=sorted([ben.id, carla.id]),
            out_of_turn={close.id: "the agreement is withdrawn"},
        ),
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.close(ben, carla)
    street.say(street.anna, CANCEL, T0 + 3 * HOUR)
    add(
        "withdrawn-after-the-close",
        street.book("Anna only asks to end it: three have signed.", (T0 + 3 * HOUR, "agreed"), out_of_turn={}),
    )

    street = Street()
    ben = street.join(street.ben)
    street.say(street.anna, LAPSE, ANSWER_BY + 1)
    street.close(ben, at=ANSWER_BY + 2)
    add(
        "lapsed",
        street.book(
            "Too few had joined by answer_by, and Anna's node says so.",
            (ANSWER_BY + 2, "lapsed"),
            ended_at=ANSWER_BY + 1,
            commitments=[],
        ),
    )

    street = Street(parties="anna dora", by="dora")
    street.join(street.ben)
    street.say(street.anna, ACCEPT, T0 + HOUR)
    add(
        "accepted-by-all",
        street.book(
            "With open places the last acceptance binds nobody: the close does.",
            (T0 + 2 * HOUR, "proposed"),
            agreed_at=None,
            signed=street.members(street.anna, street.dora),
            out_of_turn={},
        ),
    )
    return made


def _elsewhere() -> dict[str, Case]:
    """What open places change on other pages: credit that is pledged, stock that is held, who may rate whom."""
    made: dict[str, Case] = {}
    anna = Town().anna.member

    def pledged(name: str, comment: str, amount: int, street: Street, **conditions: Any) -> None:
        street.join(street.ben, **conditions)
        ben = street.ben.member
        times = [[T0 + 2 * HOUR, amount], [BOUND_BY, amount], [BOUND_BY + 1, 0]]
        made[f"credit/{name}.json"] = street.town.book(comment, promised={ben: times}, balances={})

    steps = [{"total": 1, "each": 200}, {"total": 4, "each": 150}, {"total": 9, "each": 160}]
    pledged("pledged", "Two sacks at 200, until it can not be closed any more.", 400, Street(), quantity=2)
    pledged("pledged-by-steps", "Four in all at least: 160, the dearer of the two steps that can come.", 320,
        Street(_slot(_pays(anna, steps=steps), total_least=4)), quantity=2)  # fmt: skip
    pledged("pledged-share", "A share of 100 by one of three at least: 33 and 1/3, at most 34.", 34,
        Street(_slot(_pays(anna, total=100), least=3)))  # fmt: skip
    pledged("pledged-at-most", "Ben pays at most 150, or is not in.", 150, Street(), quantity=2, pays=150)

    street = Street(_slot(_term(False, anna, "credit", "credit", each=5), most=3, quantity_most=4))
    made["credit/pledged-to-who-joins.json"] = street.town.book(
        "Anna would pay 5 for each of at most three times four.",
        promised={anna: [[T0 + HOUR, 60], [BOUND_BY + 1, 0]]},
    )

    street = Street()
    street.join(street.ben)
    street.close(street.join(street.carla), street.join(street.dora))
    made["credit/pledged-and-left-out.json"] = street.town.book(
        "Ben's join is not in the close: he owes nothing. Carla's is: she owes 200.",
        promised={street.ben.member: [[T0 + 3 * HOUR, 0]], street.carla.member: [[T0 + 3 * HOUR, 200]]},
    )

    street = Street()
    bread = street.anna.say(LISTING, _listing(title="Flour", quantity=20, unit="sack"), T0)
    slot = _slot(_gets(anna, listing=bread.id), _pays(anna, each=200), most=3, quantity_most=4)
    street.first = street.anna.say(PROPOSE, {**street.proposal, "slots": [slot]}, T0)
    ben = street.join(street.ben, 2)
    made["listings/held-for-places.json"] = street.town.book(
        "Three times four sacks could be taken, and are held until it can not be closed any more.",
        left={bread.id: [[T0 + HOUR, 8], [BOUND_BY, 8], [BOUND_BY + 1, 20]]},
    )
    street.close(ben)
    made["listings/held-for-who-joined.json"] = street.town.book(
        "Ben's two are held once it is closed, and nothing for who did not come.",
        left={bread.id: [[T0 + 3 * HOUR, 18]]},
    )

    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)
    street.close(ben, carla)
    for number, (giver, taker, much) in enumerate(
        ((street.anna, street.ben, 1), (street.ben, street.anna, 200), (street.anna, street.carla, 1),
         (street.carla, street.anna, 200))
    ):  # fmt: skip
        at = T0 + (3 + number) * HOUR
        given = street.say(giver, DELIVER, at, commitment=number, quantity=much)
        street.say(taker, RECEIVE, at, delivery=given.id, quantity=much)
    body = _seal(street.first.id, anna, b"words")
    rated = street.say(street.ben, RATE, T0 + DAY, about=anna, seal=body["seal"])
    street.say(street.ben, 49, T0 + 15 * DAY, rate=rated.id, good=True, words="words", nonce=body["nonce"])
    made["attestations/rated-by-who-joined.json"] = street.town.book(
        "Ben joined and was in: he is a party, and may rate who sold to him.",
        attestations=[[street.first.id, street.ben.member, anna, True]],
    )
    body = _seal(street.first.id, street.ben.member, b"words")
    beside = street.say(street.carla, RATE, T0 + DAY, about=street.ben.member, seal=body["seal"])
    street.say(street.carla, 49, T0 + 15 * DAY, rate=beside.id, good=True, words="words", nonce=body["nonce"])
    made["attestations/rated-beside-each-other.json"] = street.town.book(
        "Carla and Ben bought the same flour, and promised each other nothing: she can not rate him.",
        attestations=[[street.first.id, street.ben.member, anna, True]],
    )
    return made


def _seal(agreement: bytes, about: bytes, words: bytes) -> Case:
    nonce = _bytes("nonce of a rating", 16)
    return {"nonce": nonce, "seal": _hash(b"rating", agreement, about, b"\x01", nonce, words)}


def _bodies() -> dict[str, Case]:
    anna = Town().anna.member
    made: dict[str, Case] = {}

    def add(name: str, comment: str, why: str | None, kind: int, value: Case) -> None:
        names = {PROPOSE: "Propose", CLOSE: "Close", DELIVER: "Deliver", JOIN: "Join"}
        expect: Any = {"body": names[kind]} if why is None else f"not a {names[kind]}: {why}"
        made[f"bodies/{name}.json"] = _case(comment, "body", expect, kind=kind, payload=_pack(value))

    def opened(name: str, comment: str, why: str | None, *slots: Case, **changed: Any) -> None:
        value = {"parties": [anna], "commitments": [], "answer_by": ANSWER_BY, "slots": list(slots), **changed}
        add(name, comment, why, PROPOSE, value)

    def term(name: str, comment: str, why: str | None, **price: Any) -> None:
        opened(name, comment, why, _slot(_term(True, anna, "credit", "credit", **price)))

    pays = _pays(anna, each=5)
    opened("open-proposal", "One party, nothing fixed, and places for others.", None, _slot(pays))
    opened("slots-eight", "Eight kinds of places.", None, *[_slot(pays)] * 8)
    opened("slots-too-many", "Nine kinds of places.", "9 slots", *[_slot(pays)] * 9)
    opened("party-alone", "One party, and no places.", "an agreement needs two parties")
    opened("slot-of-nothing", "A place that brings nothing.", "0 terms", _slot())
    opened("terms-too-many", "A place that brings nine things.", "9 terms", _slot(*[pays] * 9))
    opened("slot-of-257", "More than 256 people.", "the greatest number of people is 257", _slot(pays, most=257))
    opened("slot-of-nobody", "At least three people, and at most two.", "at least 3 and at most 2",
        _slot(pays, least=3, most=2))  # fmt: skip
    opened("slot-of-no-quantity", "Each with at least three and at most two.", "at least 3 and at most 2",
        _slot(pays, quantity_least=3, quantity_most=2))  # fmt: skip
    opened("slot-of-no-total", "At least three in all, and at most two.", "at least 3 and at most 2",
        _slot(pays, total_least=3, total_most=2))  # fmt: skip
    opened("slot-of-a-stranger", "What is given goes to somebody who is no party.", "an open place names somebody",
        _slot(_pays(_bytes("a stranger"), each=5)))  # fmt: skip
    opened("slot-due-before-answer", "Due before the last can join.", "a commitment is due before",
        _slot({**pays, "due": ANSWER_BY - 1}))  # fmt: skip
    term("term-without-price", "No price rule.", "a place has one price rule")
    term("term-of-two-prices", "A price for each, and a total.", "a place has one price rule", each=5, total=100)
    term("term-begins-late", "Begins a millisecond after it is due.", "what a place brings begins after", each=5,
        begins=DUE + 1)  # fmt: skip
    two = [{"total": 1, "each": 200}, {"total": 4, "each": 150}]
    term("steps", "Two price steps.", None, steps=two)
    term("steps-that-fall", "From four on, and then from one on.", "price steps begin at 1 and rise", steps=two[::-1])
    term("steps-from-two", "Nothing is said of one.", "price steps begin at 1 and rise",
        steps=[{"total": 2, "each": 200}])  # fmt: skip
    term("steps-too-many", "Thirteen steps.", "13 steps",
        steps=[{"total": number + 1, "each": 200 - number} for number in range(13)])  # fmt: skip
    everything = {"slot": 7, "quantity": 3, "people": 256, "total": 4, "pays": 0, "by": T0, "rolls": True, "text": "I"}
    add("join", "A join with everything in it.", None, JOIN, everything)
    add("join-zero", "With nothing.", "the quantity you join with of zero", JOIN, {"slot": 0, "quantity": 0})
    add("join-ninth-place", "There are at most eight.", "slot is 8", JOIN, {"slot": 8})
    add("join-crowd", "In, if 257 people are.", "the least number of people is 257", JOIN, {"slot": 0, "people": 257})
    seat = {"at": bytes(40), "member": anna}
    add("close-of-many", "64 answers and 256 seats.", None, CLOSE, {"answers": [bytes(32)] * 64, "seats": [seat] * 256})
    add("close-of-too-many", "65 answers.", "65 answers", CLOSE, {"answers": [bytes(32)] * 65})
    add("close-of-a-crowd", "257 seats.", "257 seats", CLOSE, {"seats": [seat] * 257})
    voted = {**seat, "votes": [bytes(40)] * 257}
    add("close-of-many-votes", "514 votes.", "a close counts at most 512", CLOSE, {"seats": [voted, voted]})
    add("seat-of-nothing", "A seat for nothing.", "the quantity of a seat of zero", CLOSE,
        {"seats": [{**seat, "quantity": 0}]})  # fmt: skip
    add("deliver-beyond", "There is no such number.", "commitment is 2304", DELIVER,
        {"commitment": 2_304, "quantity": 1})  # fmt: skip
    return made
