"""The vectors of docs/spec/reservations.md, one fault in each, put together as make_protocol.py does."""

from typing import Any

from tests.vectors.make_protocol import (
    ACCEPT,
    CANCEL,
    CLOSE,
    DAY,
    DECLINE,
    DELIVER,
    HOUR,
    LISTING,
    PROPOSE,
    RECEIVE,
    RENEW,
    T0,
    Case,
    Device,
    Said,
    Town,
)

START = T0 + 2 * DAY  # hours of spans are counted from here
TAKEN = "that span was promised to somebody before"


class Shed:
    """Anna lends bikes by the hour; Ben and Carla would like to have them."""

    def __init__(self, quantity: int = 1, lent: str | None = "hourly") -> None:
        self.town = Town().found()
        self.anna, self.ben, self.carla = self.town.anna, self.town.join("Ben"), self.town.join("Carla")
        bike: Case = {"role": "offer", "kind": "transport", "title": "Cargo bike", "quantity": quantity, "unit": "bike"}
        bike |= {"action": "use", "ends": T0 + 30 * DAY} | ({"lent": lent} if lent else {})
        self.bike = self.anna.say(LISTING, bike)

    def phone(self) -> Device:
        made = self.town.device("Phone", of=self.anna)
        made.certify()
        return made

    def promise(self, taker: Device, begins: int, ends: int, quantity: int = 1, **changed: Any) -> Case:
        made = {"provider": self.anna.member, "receiver": taker.member, "action": "use", "what": "cargo bike"}
        made |= {"quantity": quantity, "unit": "bike", "listing": self.bike.id}
        return {**made, "begins": START + begins * HOUR, "due": START + ends * HOUR, **changed}

    def proposes(self, who: Device, *promises: Case, at: int = T0, answer_by: int = T0 + DAY) -> Said:
        parties = sorted({each[side] for each in promises for side in ("provider", "receiver")})
        return who.say(PROPOSE, {"parties": parties, "commitments": list(promises), "answer_by": answer_by}, at)

    def asks(self, who: Device, begins: int, ends: int, quantity: int = 1, at: int = T0, **changed: Any) -> Said:
        return self.proposes(who, self.promise(who, begins, ends, quantity, **changed), at=at)

    def lends(self, who: Device, begins: int, ends: int, quantity: int = 1, at: int = T0, **changed: Any) -> Said:
        asked = self.asks(who, begins, ends, quantity, at, **changed)
        self.anna.say(ACCEPT, {}, at, ref=asked)
        return asked

    def free(self, *asked: tuple[int, int, int, int]) -> Case:
        """(from hour, to hour, at, how many are free)"""
        spans = [[START + begins * HOUR, START + ends * HOUR, at, left] for begins, ends, at, left in asked]
        return {self.bike.id: spans}


def _states(*known: tuple[Said, str], at: int = T0 + HOUR) -> Case:
    return {said.id: [[at, state]] for said, state in known}


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    for part in (_who_has_it, _when_it_is_free_again, _two_devices, _what_is_a_span):
        for name, case in part().items():
            made[f"reservations/{name}.json"] = case
    return made


def _who_has_it() -> dict[str, Case]:
    made: dict[str, Case] = {}

    shed = Shed()
    first, second = shed.lends(shed.ben, 10, 14), shed.asks(shed.carla, 13, 16)
    void = shed.anna.say(ACCEPT, {}, T0 + 1, ref=second)
    made["promised-twice"] = shed.town.book(
        "Anna accepts two who want it at one o'clock: the first has it, the other acceptance counts for nothing.",
        state=_states((first, "agreed"), (second, "proposed")),
        out_of_turn={second.id: {void.id: TAKEN}},
        signed={second.id: [shed.carla.member]},
        free=shed.free((10, 14, T0 + 1, 0), (14, 16, T0 + 1, 1)),
    )

    shed = Shed()
    first, second = shed.lends(shed.ben, 10, 14), shed.lends(shed.carla, 14, 16, at=T0 + 1)
    made["side-by-side"] = shed.town.book(
        "Carla has it from the moment Ben's time is over.",
        state=_states((first, "agreed"), (second, "agreed")),
        free=shed.free((10, 16, T0 + 1, 0), (9, 10, T0 + 1, 1), (16, 17, T0 + 1, 1)),
    )

    shed = Shed(quantity=3)
    first, second = shed.lends(shed.ben, 10, 14, 2), shed.lends(shed.carla, 12, 16, at=T0 + 1)
    made["several"] = shed.town.book(
        "Two and one of three bikes at a time.",
        state=_states((first, "agreed"), (second, "agreed")),
        free=shed.free((10, 12, T0 + 1, 1), (11, 13, T0 + 1, 0), (14, 16, T0 + 1, 2)),
    )

    shed = Shed(quantity=3)
    first, second = shed.lends(shed.ben, 10, 14, 2), shed.lends(shed.carla, 13, 16, 2, at=T0 + 1)
    made["one-too-many"] = shed.town.book(
        "Two and two of three bikes: for an hour four would be away.",
        state=_states((first, "agreed"), (second, "proposed")),
    )

    shed = Shed()
    asked = shed.proposes(shed.ben, shed.promise(shed.ben, 10, 14), shed.promise(shed.ben, 13, 15))
    shed.anna.say(ACCEPT, {}, ref=asked)
    made["twice-in-one"] = shed.town.book(
        "One agreement, one bike, two promises of it that overlap.",
        state=_states((asked, "proposed")),
        free=shed.free((10, 15, T0, 1)),
    )

    shed = Shed()
    shed.asks(shed.ben, 10, 14)
    made["asked-for"] = shed.town.book(
        "Ben asks: only Anna's own word holds her bike.", free=shed.free((10, 14, T0, 1))
    )

    shed = Shed()
    first = shed.lends(shed.ben, 10, 14)
    offered = shed.proposes(shed.anna, shed.promise(shed.carla, 12, 16), at=T0 + 1)
    yes = shed.carla.say(ACCEPT, {}, T0 + 2, ref=offered)
    made["offered-twice"] = shed.town.book(
        "What Anna offers Carla is Ben's: Carla's acceptance binds nobody, and Anna has signed nothing.",
        state=_states((first, "agreed"), (offered, "proposed")),
        out_of_turn={offered.id: {yes.id: TAKEN}},
        signed={offered.id: []},
        free=shed.free((14, 16, T0 + 2, 1)),
    )
    return made


def _when_it_is_free_again() -> dict[str, Case]:
    made: dict[str, Case] = {}

    shed = Shed()
    offered = shed.proposes(shed.anna, shed.promise(shed.ben, 10, 14))
    second = shed.lends(shed.carla, 12, 16, at=T0 + DAY)
    made["offered"] = shed.town.book(
        "Anna's own offer holds its span until the last moment at which Ben can answer.",
        state=_states((offered, "proposed"), (second, "proposed"), at=T0 + DAY),
        free=shed.free((10, 14, T0 + DAY, 0), (10, 14, T0 + DAY + 1, 1)),
    )

    shed = Shed()
    offered = shed.proposes(shed.anna, shed.promise(shed.ben, 10, 14))
    asked = shed.proposes(shed.carla, shed.promise(shed.carla, 12, 16), at=T0 + DAY, answer_by=T0 + 2 * DAY)
    shed.anna.say(ACCEPT, {}, T0 + DAY + 1, ref=asked)
    made["offer-lapsed"] = shed.town.book(
        "A millisecond after Ben could have answered it is free again.",
        state=_states((offered, "lapsed"), (asked, "agreed"), at=T0 + DAY + 1),
    )

    shed = Shed()
    first = shed.asks(shed.ben, 10, 14)
    yes = shed.anna.say(ACCEPT, {}, ref=first)
    shed.ben.say(CLOSE, {"answers": [yes.id]}, T0 + 1, ref=first)
    for who in (shed.anna, shed.ben):
        who.say(CANCEL, {}, T0 + 5, ref=first)
    second = shed.lends(shed.carla, 10, 14, at=T0 + 5)
    made["cancelled"] = shed.town.book(
        "Both end it: in that very moment it is free.", state=_states((first, "cancelled"), (second, "agreed"))
    )

    shed = Shed()
    first = shed.lends(shed.ben, 10, 14)
    given = shed.anna.say(DELIVER, {"commitment": 0, "quantity": 1}, T0 + 5, ref=first)
    shed.ben.say(RECEIVE, {"delivery": given.id, "quantity": 1}, T0 + 6, ref=first)
    second = shed.lends(shed.carla, 10, 14, at=T0 + 6)
    made["given-back"] = shed.town.book(
        "Ben has had it, and says so long before his time is over: it is free.",
        state=_states((first, "completed"), (second, "agreed")),
    )

    shed = Shed()
    offered = shed.proposes(shed.anna, shed.promise(shed.ben, 10, 14))
    shed.ben.say(DECLINE, {}, T0 + 5, ref=offered)
    second = shed.lends(shed.carla, 10, 14, at=T0 + 5)
    made["declined"] = shed.town.book(
        "Ben does not want it: it is free.", state=_states((offered, "declined"), (second, "agreed"))
    )
    return made


def _two_devices() -> dict[str, Case]:
    made: dict[str, Case] = {}

    shed = Shed()
    phone = shed.phone()
    kept, other = shed.asks(shed.ben, 10, 14), shed.asks(shed.carla, 12, 16)
    phone.say(ACCEPT, {}, T0 + 1, ref=other)
    shed.anna.say(ACCEPT, {}, T0 + 9, ref=kept)
    made["keeper-first"] = shed.town.book(
        "Anna's laptop keeps the listing: what it promises stands against an earlier word of her phone.",
        state=_states((kept, "agreed"), (other, "proposed")),
    )

    shed = Shed()
    phone = shed.phone()
    late, new = shed.asks(shed.ben, 10, 14), shed.asks(shed.carla, 12, 16)
    phone.say(RENEW, {"ends": T0 + 60 * DAY}, T0 + 5, ref=shed.bike)
    shed.anna.say(ACCEPT, {}, T0 + 7, ref=late)
    phone.say(ACCEPT, {}, T0 + 8, ref=new)
    made["taken-over"] = shed.town.book(
        "Anna's phone has renewed it and keeps it from then on: the laptop, which did not know, comes after it.",
        state=_states((late, "proposed"), (new, "agreed")),
    )
    return made


def _what_is_a_span() -> dict[str, Case]:
    made: dict[str, Case] = {}

    shed = Shed(lent=None)
    first, second = shed.lends(shed.ben, 10, 14), shed.lends(shed.carla, 10, 14)
    made["not-lent"] = shed.town.book(
        "An offer that is not lent by the hour or the day is no calendar: it is stock, as any other.",
        state=_states((first, "agreed"), (second, "agreed")),
        left={shed.bike.id: [[T0, 0]]},
    )

    shed = Shed()
    asked = shed.asks(shed.ben, 10, 14, provider=shed.ben.member, receiver=shed.anna.member)
    shed.anna.say(ACCEPT, {}, ref=asked)
    made["owner-borrows"] = shed.town.book(
        "Ben promises Anna her own bike: that reserves nothing.",
        state=_states((asked, "agreed")),
        free=shed.free((10, 14, T0, 1)),
    )

    shed = Shed()
    promise = shed.promise(shed.ben, 10, 14)
    asked = shed.proposes(shed.ben, {name: each for name, each in promise.items() if name != "begins"})
    shed.anna.say(ACCEPT, {}, ref=asked)
    made["without-beginning"] = shed.town.book(
        "Promised by two o'clock, from no time on: that is no span.",
        state=_states((asked, "agreed")),
        free=shed.free((10, 14, T0, 1)),
    )

    shed = Shed()
    shed.lends(shed.ben, 10, 14)
    made["left"] = shed.town.book(
        "Away from ten until two, and back at two.",
        left={shed.bike.id: [[START + 10 * HOUR - 1, 1], [START + 10 * HOUR, 0], [START + 14 * HOUR, 1]]},
    )
    return made
