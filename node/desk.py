"""The desk: everything a member can ask of their node, by name, with plain values in and out.

The page, the command line and the Python API all come here, so each sees the same and is refused in the same words. It
reads the Book and writes by `Drafted` alone; it does not know who asks or how.
"""

import base64
import secrets
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ruil.crypto.fingerprint import fingerprint
from ruil.node import clock, views
from ruil.node.identity import Identity
from ruil.node.place import cell_from_text
from ruil.node.views import Plain
from ruil.protocol import members
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import (
    CREDIT,
    Accept,
    Action,
    Cancel,
    Commitment,
    Decline,
    Deliver,
    Listing,
    Propose,
    Receive,
    Renew,
    Role,
    Want,
    Withdraw,
)
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted, Review
from ruil.protocol.ids import EntryId, MemberId, Millis, member_from_text, member_text
from ruil.protocol.limits import DAY, INVITATION_MS_MAX, LISTING_MS_DEFAULT
from ruil.protocol.listings import Listed
from ruil.protocol.peer import Peer
from ruil.protocol.shapes.gift import gift
from ruil.protocol.shapes.sale import sale
from ruil.protocol.shapes.swap import swap

if TYPE_CHECKING:
    from ruil.protocol.ratings import Graphs

T = TypeVar("T")
Say = Callable[[Drafted], Awaitable[EntryId]]
DUE_DAYS_DEFAULT = 14
ANSWER_DAYS_DEFAULT = 3


class Desk:
    """One member's desk. `addresses` tells where this node can be reached, for invitations; `reached` where it reached
    others, for backups."""

    def __init__(
        self,
        peer: Peer,
        identity: Identity,
        say: Say,
        addresses: Callable[[], tuple[str, ...]],
        reached: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._peer = peer
        self.book = peer.book
        self._identity = identity
        self._say = say
        self._addresses = addresses
        self._reached = reached
        self.me = identity.member_id
        self._graphs: Graphs | None = None

    async def call(self, verb: str, asked: Plain) -> Plain:
        """Do what `verb` says. Raises `Refused` with a sentence for anything that can not be done."""
        action = _VERBS.get(verb)
        if action is None:
            raise Refused(f"there is no {verb!r}; there are {', '.join(sorted(_VERBS))}")
        shape, do = action
        try:
            request = msgspec.convert(asked, shape, strict=False)
        except msgspec.ValidationError as why:
            raise Refused(f"{verb}: {why}") from None
        return {"schema": f"ruil.{verb}.1", **await do(self, request)}

    # Finding what a few letters point at ----------------------------------------

    def _listing(self, text: str) -> Listed:
        found = [each for each in self.book.listings.all() if _points(text, each.id)]
        return _one(found, text, "listing")

    def _agreement(self, text: str) -> Agreement:
        mine = (self.book.agreements.get(each) for each in self.book.agreements.of_member.get(self.me, ()))
        return _one([each for each in mine if each and _points(text, each.id)], text, "agreement")

    def _member(self, text: str) -> MemberId:
        if text.startswith("12D3Koo"):
            return member_from_text(text)
        text = text.strip().casefold()
        everybody = self.book.members.all()
        return _one([each for each in everybody if self.book.members.name(each).casefold() == text], text, "member")

    def _parts(self, text: str) -> int:
        charter = self.book.members.charter
        per_unit = charter.parts if charter else 1
        try:
            parts = Fraction(text.strip().replace(",", ".")) * per_unit
        except (ValueError, ZeroDivisionError):
            raise Refused(f"{text!r} is not an amount: write a number, such as 1.5") from None
        if parts.denominator != 1:
            raise Refused(f"{text} can not be paid: the smallest amount is 1/{per_unit}")
        return int(parts)

    # Listings ----------------------------------------

    async def listing(self, asked: "Post") -> Plain:
        now = clock.now()
        cell = cell_from_text(asked.place) if asked.place else self._identity.cell
        wants = tuple(self._want(text) for text in asked.wants)
        body = Listing(
            asked.role,
            asked.kind.strip().lower(),
            asked.title.strip(),
            asked.quantity,
            asked.unit.strip(),
            Millis(now + (asked.days * DAY if asked.days is not None else LISTING_MS_DEFAULT)),
            asked.action,
            asked.text.strip(),
            tuple(tag.strip().lower() for tag in asked.tags if tag.strip()),
            None,
            cell,
            wants,
        )
        return self._shown(await self._say(Drafted(body)))

    def _want(self, text: str) -> Want:
        """`nothing`; `credit 1.5`; `3 jar honey`; or just a kind."""
        words = text.split()
        if not words:
            raise Refused("say what is wanted in return: nothing, credit 1.5, or 3 jar honey")
        if words[0] == "credit":
            return Want("credit", self._parts(words[1] if len(words) > 1 else "0"), CREDIT)
        if words[0].isdigit() and len(words) >= 3:
            return Want(" ".join(words[2:]).lower(), int(words[0]), words[1])
        return Want(" ".join(words).lower())

    def _shown(self, id_: EntryId) -> Plain:
        listed = self.book.listings.get(id_)
        assert listed is not None
        return {"listing": views.listing(self.book, listed, self.me, self._identity.cell, clock.now())}

    async def show(self, asked: "Named") -> Plain:
        return self._shown(self._listing(asked.id).id)

    async def near(self, asked: "Near") -> Plain:
        now = clock.now()
        text = asked.search.casefold()
        rows = [
            views.listing(self.book, listed, self.me, self._identity.cell, now)
            for listed in self.book.listings.all()
            if listed.open_at(now) and (asked.role is None or listed.body.role == asked.role)
        ]
        if asked.kind:
            rows = [row for row in rows if row["kind"] == asked.kind.lower()]
        if text:
            rows = [row for row in rows if text in " ".join((row["title"], row["text"], *row["tags"])).casefold()]
        far = 1_000_000
        rows.sort(
            key=lambda row: (row["distance_km"] if row["distance_km"] is not None else far, row["ends"], row["id"])
        )
        return {"listings": rows}

    async def renew(self, asked: "RenewListing") -> Plain:
        listed = self._listing(asked.id)
        await self._say(Drafted(Renew(clock.now() + asked.days * DAY), listed.id))
        return self._shown(listed.id)

    async def withdraw(self, asked: "Named") -> Plain:
        listed = self._listing(asked.id)
        await self._say(Drafted(Withdraw(), listed.id))
        return self._shown(listed.id)

    # Agreements ----------------------------------------

    async def propose(self, asked: "ProposeTrade") -> Plain:
        listed = self._listing(asked.listing)
        if listed.member == self.me:
            raise Refused("that listing is your own: wait for others to propose, or withdraw it")
        return self._known(await self._say(Drafted(self._terms(listed, asked, None))))

    async def counter(self, asked: "CounterTrade") -> Plain:
        known = self._agreement(asked.id)
        about = next((each.listing for each in known.proposal.commitments if each.listing), None)
        listed = self.book.listings.get(about) if about else None
        if listed is None:
            raise Refused("this proposal is about no listing: decline it, and propose anew")
        others = [party for party in known.proposal.parties if party != self.me]
        return self._known(await self._say(Drafted(self._terms(listed, asked, known, others[0]))))

    def _terms(
        self, listed: Listed, asked: "Terms", replaces: Agreement | None, other: MemberId | None = None
    ) -> Propose:
        now = clock.now()
        other = other or listed.member
        owner, partner = (self.me, other) if listed.member == self.me else (listed.member, self.me)
        provider, receiver = (owner, partner) if listed.body.role == "offer" else (partner, owner)
        due = Millis(now + asked.days * DAY)
        answer_by = Millis(now + min(asked.answer_days, asked.days) * DAY)
        given = Commitment(
            provider,
            receiver,
            listed.body.action,
            listed.body.title,
            asked.quantity,
            listed.body.unit,
            due,
            listing=listed.id,
        )
        old = replaces.id if replaces else None
        if asked.pay and asked.in_return:
            raise Refused("pay or give something in return: both at once is not possible yet")
        first = listed.body.wants[0] if listed.body.wants else None
        if asked.pay:
            return sale(given, self._parts(asked.pay), answer_by, replaces=old, text=asked.text)
        times = asked.quantity  # what a listing wants is wanted for each unit of it
        if asked.in_return:
            first, times = self._want(asked.in_return), 1
        elif not asked.gift and first is not None and first.kind == "credit":
            return sale(given, first.quantity * asked.quantity, answer_by, replaces=old, text=asked.text)
        if asked.gift or first is None or first.kind == "nothing":
            return gift(given, answer_by, replaces=old, text=asked.text)
        back = Commitment(receiver, provider, "transfer", first.kind, first.quantity * times, first.unit, due)
        return swap(given, back, answer_by, replaces=old, text=asked.text)

    def _known(self, id_: EntryId) -> Plain:
        known = self.book.agreements.get(id_)
        assert known is not None
        shown = views.agreement(self.book, known, self.me, clock.now())
        return {"agreement": {**shown, "timeline": views.timeline(self.book, known, self.me)}}

    async def agreement(self, asked: "Named") -> Plain:
        return self._known(self._agreement(asked.id).id)

    async def agreements(self, _asked: "Nothing") -> Plain:
        now = clock.now()
        mine = (self.book.agreements.get(each) for each in self.book.agreements.of_member.get(self.me, ()))
        rows = [views.agreement(self.book, each, self.me, now) for each in mine if each]
        ended = {state.value for state in State if state.ended}
        return {"agreements": sorted(rows, key=lambda row: (row["state"] in ended, -row["at"], row["id"]))}

    async def accept(self, asked: "Named") -> Plain:
        known = self._agreement(asked.id)
        await self._say(Drafted(Accept(), known.id))
        return self._known(known.id)

    async def decline(self, asked: "WithReason") -> Plain:
        known = self._agreement(asked.id)
        await self._say(Drafted(Decline(asked.reason), known.id))
        return self._known(known.id)

    async def cancel(self, asked: "WithReason") -> Plain:
        known = self._agreement(asked.id)
        await self._say(Drafted(Cancel(asked.reason), known.id))
        return self._known(known.id)

    async def deliver(self, asked: "Handed") -> Plain:
        known = self._agreement(asked.id)
        todo = [
            (index, given.quantity - known.delivered[index])
            for index, given in enumerate(known.proposal.commitments)
            if given.provider == self.me and known.delivered[index] < given.quantity
        ]
        if not todo and asked.quantity is None:
            raise Refused("there is nothing left for you to deliver here")
        if asked.quantity is not None:
            goods = [index for index, given in enumerate(known.proposal.commitments) if given.provider == self.me]
            if not goods:
                raise Refused("nothing in this agreement is yours to deliver")
            todo = [(goods[0], asked.quantity)]
        for index, quantity in todo:
            await self._say(Drafted(Deliver(index, quantity), known.id))
        return self._known(known.id)

    async def receive(self, asked: "Handed") -> Plain:
        """Confirm what arrived; and pay, in the same breath, what the agreement says is owed for it."""
        known = self._agreement(asked.id)
        arrived = [
            delivery
            for delivery in known.deliveries.values()
            if delivery.receipt is None and known.proposal.commitments[delivery.commitment].receiver == self.me
        ]
        if not arrived:
            raise Refused("nothing was delivered to you that you have not confirmed")
        for delivery in arrived:
            quantity = delivery.quantity if asked.quantity is None else asked.quantity
            await self._say(Drafted(Receive(delivery.id, quantity), known.id))
        after = self._agreement(asked.id)
        if after.state is State.AGREED and self._all_arrived(after):
            for index, given in enumerate(after.proposal.commitments):
                owed = given.quantity - after.delivered[index]
                if given.unit == CREDIT and given.provider == self.me and owed > 0:
                    await self._say(Drafted(Deliver(index, owed), known.id))
        return self._known(known.id)

    def _all_arrived(self, known: Agreement) -> bool:
        return all(
            known.received[index] == given.quantity
            for index, given in enumerate(known.proposal.commitments)
            if given.receiver == self.me and given.unit != CREDIT
        )

    async def rate(self, asked: "RateTrade") -> Plain:
        known = self._agreement(asked.id)
        others = [party for party in known.proposal.parties if party != self.me]
        about = self._member(asked.about) if asked.about else others[0]
        await self._say(Drafted(Review(about, asked.good, asked.words), known.id))
        return self._known(known.id)

    # People and the community ----------------------------------------

    async def why(self, asked: "Person") -> Plain:
        from ruil.node import standings  # here: it brings numpy, and most requests ask for no standing
        from ruil.protocol.ratings import Graphs

        self._graphs = self._graphs or Graphs()
        return {"person": standings.person(self._graphs, self.book, self._member(asked.person), self.me, clock.now())}

    async def people(self, _asked: "Nothing") -> Plain:
        rows = [
            {"id": member_text(member), "name": self.book.members.name(member), "membership": known.standing.value}
            for member, known in sorted(self.book.members.all().items())
        ]
        return {"people": rows}

    async def invite(self, asked: "InviteGuest") -> Plain:
        if not 0 < asked.days * DAY <= INVITATION_MS_MAX:
            raise Refused(f"an invitation is good for 1 to {INVITATION_MS_MAX // DAY} days")
        expires = clock.now() // 1000 + asked.days * 86_400
        made = members.invite(
            self._identity.device, self._peer.community, secrets.token_bytes(16), expires, self._addresses()
        )
        return {"invitation": made.text, "expires": expires * 1000}

    async def community(self, _asked: "Nothing") -> Plain:
        charter = self.book.members.charter
        return {
            "community": {
                "id": self._peer.community.hex(),
                "name": charter.name if charter else None,
                "unit": charter.unit if charter else None,
                "credit_limit": views.amount(self.book, charter.credit_limit) if charter else None,
                "founder": self.book.members.name(charter.founder) if charter else None,
                "founded_at": charter.founded_at if charter else None,
                "invites": charter.invites if charter else None,
                "members": len(self.book.members.all()),
            }
        }

    async def status(self, _asked: "Nothing") -> Plain:
        mine = self.book.members.get(self.me)
        return {
            "member": member_text(self.me),
            "fingerprint": " ".join(fingerprint(self.me)),
            "name": self._identity.name,
            "device": self._identity.device_name,
            "membership": mine.standing.value if mine else "unknown",
            "balance": views.amount(self.book, self.book.credit.balance(self.me)),
            "neighbours": len(self._peer.readers),
            "logs": len(self.book.logs),
            "entries": self.book.entries(),
            "forks": len(self.book.forks),
            "book": self.book.digest().hex(),
            "addresses": list(self._addresses()),
            "reached": list(self._reached()),
            "at": clock.now(),
        }


def _points(text: str, id_: bytes) -> bool:
    text = text.strip().lower()
    letters = base64.b32encode(id_).decode().lower()
    return len(text) >= 4 and (id_.hex() == text or letters.startswith(text))


def _one(found: list[T], text: str, what: str) -> T:
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{text!r} points at {len(found)} of the {what}s here: write more of it")
    raise Refused(f"no {what} here is called {text!r}")


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """A request without fields."""


class Post(msgspec.Struct, forbid_unknown_fields=True):
    """A new offer or need."""

    role: Role
    kind: str
    title: str
    quantity: int = 1
    unit: str = "one"
    text: str = ""
    tags: list[str] = []
    wants: list[str] = []
    days: int | None = None
    place: str = ""
    action: Action = "transfer"


class Near(msgspec.Struct, forbid_unknown_fields=True):
    """What to look for."""

    role: Role | None = None
    kind: str = ""
    search: str = ""


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """One thing, by its id or the first letters of it."""

    id: str


class RenewListing(msgspec.Struct, forbid_unknown_fields=True):
    """How long a listing stays."""

    id: str
    days: int = 30


class WithReason(msgspec.Struct, forbid_unknown_fields=True):
    """An answer with an optional reason."""

    id: str
    reason: str = ""


class Terms(msgspec.Struct):
    """What a proposal says beside its listing. `pay` in the community's unit; none of the last three: what the listing
    wants most."""

    quantity: int = 1
    days: int = DUE_DAYS_DEFAULT
    answer_days: int = ANSWER_DAYS_DEFAULT
    text: str = ""
    pay: str = ""
    in_return: str = ""
    gift: bool = False


class ProposeTrade(Terms, forbid_unknown_fields=True, kw_only=True):
    """A proposal about a listing."""

    listing: str


class CounterTrade(Terms, forbid_unknown_fields=True, kw_only=True):
    """Other terms for a proposal."""

    id: str


class Handed(msgspec.Struct, forbid_unknown_fields=True):
    """How much was handed over, or arrived; all of it when not said."""

    id: str
    quantity: int | None = None


class RateTrade(msgspec.Struct, forbid_unknown_fields=True):
    """A review."""

    id: str
    good: bool
    words: str = ""
    about: str = ""


class Person(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody, by name or member id."""

    person: str


class InviteGuest(msgspec.Struct, forbid_unknown_fields=True):
    """A new invitation."""

    days: int = 7


_VERBS: dict[str, tuple[type[Any], Callable[[Desk, Any], Awaitable[Plain]]]] = {
    "listing": (Post, Desk.listing),
    "show": (Named, Desk.show),
    "near": (Near, Desk.near),
    "renew": (RenewListing, Desk.renew),
    "withdraw": (Named, Desk.withdraw),
    "propose": (ProposeTrade, Desk.propose),
    "counter": (CounterTrade, Desk.counter),
    "agreement": (Named, Desk.agreement),
    "agreements": (Nothing, Desk.agreements),
    "accept": (Named, Desk.accept),
    "decline": (WithReason, Desk.decline),
    "cancel": (WithReason, Desk.cancel),
    "deliver": (Handed, Desk.deliver),
    "receive": (Handed, Desk.receive),
    "rate": (RateTrade, Desk.rate),
    "why": (Person, Desk.why),
    "people": (Nothing, Desk.people),
    "invite": (InviteGuest, Desk.invite),
    "community": (Nothing, Desk.community),
    "status": (Nothing, Desk.status),
}
