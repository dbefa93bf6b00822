"""The desk: everything a member can ask of their node, by name, with plain values in and out.

The page, the command line and the Python API all come here, so each sees the same and is refused in the same words. It
reads the Book and writes by `Drafted` alone; it does not know who asks or how. What can be asked stands in the files
beside this one, each with its requests.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from ruil.node import clock, coming
from ruil.node.identity import Identity
from ruil.node.letters import Letters
from ruil.node.network.reach import Reach
from ruil.node.views import Plain
from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import CREDIT, Accept, Join, Profile, Propose, Want
from ruil.protocol.errors import Refused
from ruil.protocol.events import Bidding, Drafted, Forgot, Saw, Wrote
from ruil.protocol.ids import EntryId, LetterId, MemberId, Millis, base32, member_from_text
from ruil.protocol.listings import Listed
from ruil.protocol.peer import Peer

if TYPE_CHECKING:
    from ruil.protocol.ratings import Graphs

T = TypeVar("T")
AMOUNT_CHARS_MAX = 32  # more digits than any amount has
# Whether a request came with `anyway`: its author signs with somebody who is hidden from them, and knows it.
_MEANT: ContextVar[bool] = ContextVar("meant", default=False)
Say = Callable[[Drafted], Awaitable[EntryId]]
Write = Callable[[Wrote | Saw | Forgot], Awaitable[LetterId | None]]


class Leased(Protocol):
    """What a member can say about this device itself."""

    async def vouch(self, *, always: bool) -> None:
        """Nothing was set back; with `always`: on this computer nothing ever is."""

    async def anew(self) -> None:
        """This device signs nothing more, and another begins in its place."""


Verbs = Mapping[str, tuple[type[Any], Callable[["Desk", Any], Awaitable[Plain]]]]


@dataclass(frozen=True, slots=True)
class Mail:
    """The member's letters: how one is written, where they are kept, and whether others may know that one was read."""

    write: Write
    letters: Letters
    tells: bool = True


@dataclass(frozen=True, slots=True)
class Drawer:
    """What the desk reaches of the profile's own folder: what friends entrust to each other stands there, and the
    member's key. `reopen`: who this is was changed there, so the profile has to be opened again."""

    folder: Path
    reopen: Callable[[], None] = lambda: None


class Desk:
    """One member's desk. `addresses` tells where this node can be reached, for invitations; `reached` where it reached
    others, for backups; `reach` how, and None when no node runs."""

    def __init__(
        self,
        peer: Peer,
        identity: Identity,
        say: Say,
        addresses: Callable[[], tuple[str, ...]],
        reached: Callable[[], tuple[str, ...]],
        reach: Callable[[], Reach | None],
        verbs: Verbs,
        mail: Mail | None = None,
        leased: Leased | None = None,
        storage: Callable[[], Plain] = dict,
        drawer: Drawer | None = None,
    ) -> None:
        self.peer = peer
        self.book = peer.book
        self.identity = identity
        self._say = say
        self.addresses = addresses
        self.reached = reached
        self.reach = reach
        self.me = identity.member_id
        self.graphs: Graphs | None = None
        self._verbs = verbs
        self._mail = mail
        self.leased = leased
        self.storage = storage
        self._drawer = drawer

    async def call(self, verb: str, asked: Plain) -> Plain:
        """Do what `verb` says. Raises `Refused` with a sentence for anything that can not be done."""
        action = self._verbs.get(verb)
        if action is None:
            raise Refused(f"there is no {verb!r}; there are {', '.join(sorted(self._verbs))}")
        shape, do = action
        asked = dict(asked)
        meant = _MEANT.set(asked.pop("anyway", False) is True)
        try:
            return {"schema": f"ruil.{verb}.1", **await do(self, _request(verb, shape, asked))}
        finally:
            _MEANT.reset(meant)

    async def say(self, draft: Drafted) -> EntryId:
        """Have the node sign and keep it. Raises `Refused`, also for what somebody signs with one who is hidden from
        them, if they did not say that they mean it."""
        if not _MEANT.get():
            self._mind(draft)
        try:
            return await self._say(draft)
        except Refused as why:
            raise coming.perhaps_early(self.peer, why) from None

    @property
    def mail(self) -> Mail:
        """The member's letters."""
        assert self._mail is not None
        return self._mail

    @property
    def drawer(self) -> Drawer:
        """What stands in the profile's folder."""
        assert self._drawer is not None
        return self._drawer

    async def picture(self, letter: str) -> bytes:
        """The picture of a letter, for the page: `call` gives plain values alone. Raises `Refused`."""
        return base64.b64decode((await self.call("picture", {"letter": letter}))["webp"])

    async def write(self, letter: Wrote) -> LetterId:
        """Have the node keep a letter and send it. Raises `Refused`, also for one to somebody who is hidden, if its
        author did not say that they mean it."""
        if not _MEANT.get():
            self._mind_members((letter.to,))
        written = await self.mail.write(letter)
        assert written is not None
        return written

    def _mind(self, draft: Drafted) -> None:
        body, known = draft.body, self.book.agreements.get(draft.about) if draft.about is not None else None
        others: tuple[MemberId, ...] = ()
        if isinstance(body, Propose | Bidding):
            others = body.parties if isinstance(body, Propose) else body.proposal.parties
        elif isinstance(body, Accept | Join) and known is not None:
            others = known.parties
        self._mind_members(others)

    def _mind_members(self, others: tuple[MemberId, ...]) -> None:
        hidden = self.book.blocks.hidden(self.me) if others else {}
        for member in others:
            if member in hidden:
                said, name = hidden[member][0], self.book.members.name(member)
                who = "you block them" if said.by == self.me else f"{self.book.members.name(said.by)} blocks them"
                raise Refused(f"{name} is hidden from you: {who} ({said.reason}). Say --anyway if you mean it")

    @property
    def profile(self) -> Profile:
        """How this member is shown now."""
        known = self.book.members.get(self.me)
        said = known.profile if known is not None else None
        return said or Profile(self.identity.name, cell=self.identity.cell, organisation=self.identity.organisation)

    # Finding what a few letters point at ----------------------------------------

    def listing(self, text: str) -> Listed:
        """The listing that `text` begins or spells. Raises `Refused` for none and for several."""
        found = [each for each in self.book.listings.all() if _points(text, each.id)]
        if not found and any(_points(text, each.entry.id) for each in self.peer.lately.all(clock.now())):
            raise Refused(coming.refused(self.peer))
        return _one(found, text, "listing")

    def agreement(self, text: str) -> Agreement:
        """The agreement of this member that `text` begins or spells. Raises `Refused` for none and for several."""
        mine = (self.book.agreements.get(each) for each in self.book.agreements.of_member.get(self.me, ()))
        return _one([each for each in mine if each and _points(text, each.id)], text, "agreement")

    def open_proposal(self, text: str) -> Agreement:
        """The proposal with open places that `text` begins or spells. Raises `Refused` for none and for several."""
        found = [each for each in self.book.agreements.open() if _points(text, each.id)]
        return _one(found, text, "proposal with open place")

    def motion(self, text: str) -> Agreement:
        """The motion that `text` begins or spells. Raises `Refused` for none and for several."""
        found = (self.book.agreements.get(moved.first.id) for moved in self.book.agreements.motions())
        return _one([each for each in found if each and _points(text, each.id)], text, "motion")

    def seen(self, text: str) -> Agreement:
        """The agreement of this member, the proposal with open places, or the motion, that `text` begins or spells.
        Raises `Refused` for none and for several."""
        known = self.book.agreements
        mine = (known.get(each) for each in known.of_member.get(self.me, ()))
        moved = (known.get(each.first.id) for each in known.motions())
        found = {each.id: each for each in (*mine, *known.open(), *moved) if each and _points(text, each.id)}
        return _one(list(found.values()), text, "agreement")

    def member(self, text: str) -> MemberId:
        """The member of that name or id. Raises `Refused` for none and for several."""
        if text.startswith("12D3Koo"):
            return member_from_text(text)
        name = text.strip().casefold()
        everybody = self.book.members.all()
        return _one([each for each in everybody if self.book.members.name(each).casefold() == name], text, "member")

    # Reading what people write ----------------------------------------

    def parts(self, text: str) -> int:
        """An amount of the community's unit, in its smallest part. Raises `Refused` when it is none."""
        charter = self.book.members.charter
        per_unit = charter.parts if charter else 1
        typed = text.strip().replace(",", ".")
        try:
            if len(typed) > AMOUNT_CHARS_MAX or "e" in typed.lower():  # 1e999999999 would fill the memory
                raise ValueError
            parts = Fraction(typed) * per_unit
        except (ValueError, ZeroDivisionError):
            raise Refused(f"{text!r} is not an amount: write a number, such as 1.5") from None
        if parts.denominator != 1:
            raise Refused(f"{text} can not be paid: the smallest amount is 1/{per_unit}")
        return int(parts)

    def want(self, text: str) -> Want:
        """`nothing`; `credit 1.5`; `3 jar honey`; `12 eggs`; or just a kind. Raises `Refused` when it says nothing, or
        how many and not of what."""
        words = text.split()
        if not words:
            raise Refused("say what is wanted in return: nothing, credit 1.5, or 3 jar honey")
        if words[0] == "credit":
            return Want("credit", self.parts(words[1] if len(words) > 1 else "0"), CREDIT)
        if words[0].strip("+-.,0123456789"):
            return Want(" ".join(words).lower())
        if len(words) == 1:
            raise Refused(f"in return: {text} of what? Write how many and of what, such as 3 jar honey")
        if not words[0].isdecimal() or len(words[0]) > AMOUNT_CHARS_MAX or not int(words[0]):
            raise Refused(f"in return: {words[0]} is no whole number from 1 up; a smaller unit helps: 1500 gram flour")
        unit, *kind = words[1:] if len(words) > 2 else ("one", words[1])
        return Want(" ".join(kind).lower(), int(words[0]), unit)


def _request(verb: str, shape: type[Any], asked: Plain) -> Any:
    try:
        return msgspec.convert(asked, shape, strict=False)
    except msgspec.ValidationError as why:
        raise Refused(f"{verb}: {why}") from None


def moment(text: str, what: str) -> Millis:
    """`2026-12-01 10:00`, `2026-12-01T10:00` or `2026-12-01`, in UTC. Raises `Refused` when it is none."""
    for written in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
        try:
            return Millis(int(datetime.strptime(text.strip(), written).replace(tzinfo=UTC).timestamp() * 1000))
        except ValueError:
            continue
    raise Refused(f"{what} is no time: write it as 2026-12-01 10:00, or as 2026-12-01 for the whole day")


def _points(text: str, id_: bytes) -> bool:
    text = text.strip().lower()
    return len(text) >= 4 and (id_.hex() == text or base32(id_).startswith(text))


def _one(found: list[T], text: str, what: str) -> T:
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{text!r} points at {len(found)} of the {what}s here: write more of it")
    raise Refused(f"no {what} here is called {text!r}")


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """A request without fields."""


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """One thing, by its id or the first letters of it."""

    id: str
