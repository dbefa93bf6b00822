"""The vectors of docs/spec/bids.md, one fault in each."""

from typing import Any, Final

from tests.vectors.make_protocol import (
    ACCEPT,
    DAY,
    HOUR,
    LISTING,
    PROPOSE,
    RENEW,
    T0,
    WITHDRAW,
    Case,
    Device,
    Said,
    Town,
    _bytes,
    _case,
    _hash,
    _listing,
    _pack,
    _promise,
    _proposal,
)

BID: Final = 19
UNTIL: Final = T0 + 2 * DAY
BIDS_AT: Final = T0 + DAY
COUNT_AT: Final = UNTIL + HOUR
OPEN_AT: Final = COUNT_AT + HOUR
ENDS: Final = T0 + 30 * DAY


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    for part in (_fields, _counted, _opened):
        for name, case in part().items():
            assert name not in made
            made[f"bids/{name}.json"] = case
    return made


class Needing:
    """Anna needs bread and takes bids until the second day; Ben and Carla bid."""

    def __init__(self, **changed: Any) -> None:
        self.town = Town().found()
        self.anna = self.town.anna
        self.ben, self.carla = (self.town.join(name) for name in ("Ben", "Carla"))
        asked = _listing(role="need", ends=ENDS, **{"bids_until": UNTIL, **changed})
        self.need = self.anna.say(LISTING, asked, T0)

    def proposal(self, who: Device, quantity: int = 2, text: str = "") -> Case:
        promise = _promise(who.member, self.anna.member, quantity, due=T0 + 20 * DAY, listing=self.need.id)
        return _proposal(promise, answer_by=T0 + 8 * DAY, **({"text": text} if text else {}))

    def seal(self, who: Device, quantity: int = 2) -> bytes:
        nonce = _bytes(f"{who.name}'s nonce", 16)
        return _hash(b"bid", self.need.id, who.member, nonce, _pack(self.proposal(who, quantity)))

    def bid(self, who: Device, quantity: int = 2, at: int = BIDS_AT, seal: bytes | None = None) -> Said:
        return who.say(BID, {"seal": seal or self.seal(who, quantity)}, at, ref=self.need)

    def count(self, *bids: Said, at: int = COUNT_AT, by: Device | None = None) -> Said:
        return (by or self.anna).say(RENEW, {"ends": ENDS, "bids": [bid.id for bid in bids]}, at, ref=self.need)

    def open(self, who: Device, bid: Said, quantity: int = 2, at: int = OPEN_AT, of: Device | None = None) -> Said:
        opening = {"bid": bid.id, "nonce": _bytes(f"{(of or who).name}'s nonce", 16)}
        return who.say(PROPOSE, {**self.proposal(who, quantity), "opens": opening}, at)

    def book(self, comment: str, *bids: list[Any], **facts: Any) -> Case:
        """`bids`: [bid, what became of it, the proposal that opened it] in the order of time, device and number."""
        shown = [[bid.id, fate, opened.id if opened else None] for bid, fate, opened in bids]
        return self.town.book(comment, bids={self.need.id: shown}, **facts)


def _fields() -> dict[str, Case]:
    def listing(comment: str, why: str | None, **changed: Any) -> Case:
        expect: Any = {"body": "Listing"} if why is None else f"not a Listing: {why}"
        made = _listing(ends=ENDS, **{"role": "need", "bids_until": UNTIL, **changed})
        return _case(comment, "body", expect, kind=LISTING, payload=_pack(made))

    anna, ben = Town().anna.member, _bytes("ben")
    asked = _proposal(_promise(ben, anna), opens={"bid": bytes(32), "nonce": bytes(16)})
    again = _case(
        "It would open a bid, and take the place of another proposal.", "body",
        "not a Propose: a bid is a proposal of its own", kind=PROPOSE, payload=_pack({**asked, "replaces": bytes(32)}),
    )  # fmt: skip
    return {
        "until": listing("A need that takes bids.", None),
        "for-an-offer": listing("An offer that takes bids.", "sealed bids are for", role="offer"),
        "until-it-ends": listing("Bids until the very end.", "bids are taken until", bids_until=ENDS),
        "replaces": again,
        "box-too-large": _case(
            "A box of 49,153 bytes.", "body", "not a Bid", kind=BID,
            payload=_pack({"seal": bytes(32), "box": bytes(49_153)}),
        ),
    }  # fmt: skip


def _counted() -> dict[str, Case]:
    made: dict[str, Case] = {}

    here = Needing()
    bid = here.bid(here.ben)
    made["sealed"] = here.book("Nobody has counted yet.", [bid, "sealed", None])

    here = Needing()
    bid = here.bid(here.ben, at=UNTIL)
    here.count(bid, at=UNTIL + 1)
    made["at-the-last-moment"] = here.book("In the last ms, counted in the next.", [bid, "counted", None])

    here = Needing()
    bid = here.bid(here.ben, at=UNTIL + 1)
    here.count(bid)
    made["too-late"] = here.book("One ms after its time, though the count names it.", [bid, "too late", None])

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid, at=UNTIL)
    made["counted-too-soon"] = here.book("A count while bids are still taken.", [bid, "sealed", None])

    here = Needing()
    bid = here.bid(here.ben)
    other = here.town.device("Anna's telephone", of=here.anna)
    other.certify(at=BIDS_AT)
    here.count(bid, by=other)
    made["counted-by-another-device"] = here.book("Anna's other device counts.", [bid, "sealed", None])

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid, by=here.carla)
    made["counted-by-another"] = here.book("Carla counts.", [bid, "sealed", None])

    here = Needing()
    first, second = here.bid(here.ben), here.bid(here.carla, at=BIDS_AT + 1)
    here.count(first)
    here.count(first, second, at=COUNT_AT + 1)
    made["counted-again"] = here.book(
        "A second count names one more.", [first, "counted", None], [second, "left out", None]
    )

    here = Needing()
    bid = here.bid(here.ben)
    here.anna.say(WITHDRAW, {}, UNTIL + 1, ref=here.need)
    here.count(bid)
    made["withdrawn"] = here.book("The need was withdrawn before.", [bid, "sealed", None])

    here = Needing()
    first, second = here.bid(here.ben), here.bid(here.ben, 3, BIDS_AT + 1)
    here.count(first, second)
    made["twice"] = here.book("Of two by Ben the last counts.", [first, "replaced", None], [second, "counted", None])

    here = Needing()
    first, second = here.bid(here.ben), here.bid(here.ben, 3, BIDS_AT + 1)
    here.count(first)
    made["twice-and-one-counted"] = here.book(
        "Of two by Ben the count names the first.", [first, "counted", None], [second, "replaced", None]
    )

    here = Needing()
    own = here.bid(here.anna)
    here.count(own)
    made["own"] = here.book("Anna bids for her own need.")

    here = Needing(bids_until=None)
    bid = here.bid(here.ben)
    here.count(bid)
    made["not-asked-for"] = here.book("The need takes no bids.")

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid)
    revoked = here.town.device("Anna's telephone", of=here.anna)
    revoked.certify(at=COUNT_AT)
    revoked.say(6, here.anna.revoke(here.anna, 5), COUNT_AT + 1)
    made["count-cut"] = here.book("Anna's log is cut before her count.", [bid, "sealed", None])
    return made


def _opened() -> dict[str, Case]:
    made: dict[str, Case] = {}

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid)
    opening = here.open(here.ben, bid)
    here.anna.say(ACCEPT, {}, OPEN_AT + 1, ref=opening)
    made["opened"] = here.book(
        "Opened, and accepted like any proposal.",
        [bid, "opened", opening],
        state={opening.id: [[OPEN_AT + 1, "agreed"]]},
    )

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid)
    opening = here.open(here.ben, bid, 3)
    made["opened-otherwise"] = here.book(
        "Three loaves, where two were bid: a proposal that opens nothing.",
        [bid, "counted", None],
        state={opening.id: [[OPEN_AT, "proposed"]]},
    )

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid)
    here.open(here.carla, bid, of=here.ben)
    made["opened-by-another"] = here.book("Carla shows it as hers.", [bid, "counted", None])

    here = Needing()
    bid = here.bid(here.ben)
    copied = here.bid(here.carla, at=BIDS_AT + 1, seal=here.seal(here.ben))
    here.count(bid, copied)
    here.open(here.ben, bid)
    here.open(here.carla, copied, at=OPEN_AT + 1, of=here.ben)
    opening = here.town.entries[-2]
    made["copied"] = here.book(
        "Carla bids Ben's seal, and opens it once he has.", [bid, "opened", opening], [copied, "counted", None]
    )

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid)
    opening = here.open(here.ben, bid, at=COUNT_AT + 3 * DAY)
    made["opened-at-the-last-moment"] = here.book("Three days after the count.", [bid, "opened", opening])

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid)
    here.open(here.ben, bid, at=COUNT_AT + 3 * DAY + 1)
    made["opened-too-late"] = here.book("One ms more.", [bid, "counted", None])

    here = Needing()
    bid, other = here.bid(here.ben), here.bid(here.carla, at=BIDS_AT + 1)
    here.count(other)
    here.open(here.ben, bid)
    made["opened-though-left-out"] = here.book(
        "Ben shows a bid that was not counted.", [bid, "left out", None], [other, "counted", None]
    )

    here = Needing()
    bid = here.bid(here.ben)
    here.count(bid)
    first, _ = here.open(here.ben, bid), here.open(here.ben, bid, at=OPEN_AT + 1)
    made["opened-twice"] = here.book("The first of two openings is the one.", [bid, "opened", first])
    return made
