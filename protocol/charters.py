"""Charters: what a community agreed on when it began, and what its members may amend.

A community is its charter: the hash of the charter's bytes is the community's id, and stays so when it is amended.
Spec: docs/spec/members.md. Vectors: tests/vectors/members/.
"""

from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from ruil.crypto.contexts import CHARTER, SIGN_CHARTER
from ruil.crypto.hashes import blake2b
from ruil.crypto.keys import SigningKey
from ruil.protocol import codec
from ruil.protocol.bodies import Found
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, MemberId
from ruil.protocol.limits import CREDIT_LIMIT_MAX, LISTS_MAX, NAME_CHARS_MAX, UNIT_CHARS_MAX

NO_UNIT: Final = "none"
Mediation = Literal["advice", "binding"]


class Charter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a community agreed on when it began. `credit_limit` is how far below zero a balance may go, in the smallest
    part of the unit; there are `parts` of them in one `unit` (an hour has 60). Unit `none`: no credit at all. With
    `limit` earned, what others paid one lets it go further (exposure.py). `decide_percent`: of all who belong here, so
    many have to say yes to carry a motion (motions.py). `lists`: whose block lists count for everybody who does not say
    no (blocks.py). `mediation`: whether a mediator's word is advice, or binds who signed while it did (disputes.py)."""

    name: str
    founder: MemberId
    founded_at: int
    nonce: bytes
    unit: str = "hours"
    parts: int = 60
    credit_limit: int = 600
    invites: Literal["members", "hosts", "founder"] = "members"
    limit: Literal["fixed", "earned"] = "fixed"
    earned_percent: int = 50
    earned_most: int = 3_000
    decide_percent: int = 51
    lists: tuple[MemberId, ...] = ()
    mediation: Mediation = "advice"

    @property
    def has_credit(self) -> bool:
        """Whether there is a unit to pay in at all: a community may do without."""
        return self.unit != NO_UNIT

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= NAME_CHARS_MAX:
            raise Refused(f"a community's name has between 1 and {NAME_CHARS_MAX} characters")
        if not 1 <= len(self.unit) <= UNIT_CHARS_MAX:
            raise Refused(f"a community's unit has between 1 and {UNIT_CHARS_MAX} characters")
        if not 0 <= self.credit_limit <= CREDIT_LIMIT_MAX:
            raise Refused(f"a credit limit is between 0 and {CREDIT_LIMIT_MAX}")
        if not (0 <= self.earned_percent <= 100 and 0 <= self.earned_most <= CREDIT_LIMIT_MAX):
            raise Refused(f"of what was earned 0 to 100 percent count, and at most {CREDIT_LIMIT_MAX}")
        if not 1 <= self.parts <= 10_000:
            raise Refused("one unit has between 1 and 10000 parts")
        if len(self.lists) > LISTS_MAX or list(self.lists) != sorted(set(self.lists)):
            raise Refused(f"a charter names at most {LISTS_MAX} block lists, sorted, each once")
        if any(len(each) != 32 for each in self.lists):
            raise Refused("a charter names whose block lists count by 32 bytes each")
        if not 1 <= self.decide_percent <= 100:
            raise Refused("of all members 1 to 100 percent have to say yes to carry a motion")
        if len(self.founder) != 32 or len(self.nonce) != 16:
            raise Refused("a charter names its founder by 32 bytes and has a nonce of 16")


def charter_bytes(charter: Charter) -> bytes:
    """The canonical bytes that are signed and hashed."""
    return codec.encode(msgspec.to_builtins(charter, builtin_types=(bytes,)))


def charter_id(data: bytes) -> CommunityId:
    """The community a charter founds."""
    return CommunityId(blake2b(CHARTER, data))


def open_charter(data: bytes) -> Charter:
    """The charter in these bytes. Raises `Rejected`."""
    try:
        return msgspec.convert(codec.decode(data), Charter, builtin_types=(bytes,))
    except msgspec.ValidationError as why:
        raise Rejected(f"not a charter: {why}") from None


KEPT: Final = ("founder", "founded_at", "nonce", "unit", "parts")  # who and when; and what all balances are counted in


def amends(before: Charter, after: Charter) -> str | None:
    """Why one charter can not take the place of another; None when it can."""
    for name in KEPT:
        if getattr(before, name) != getattr(after, name):
            return f"a charter's {name.replace('_', ' ')} can not be amended"
    return "that is the charter as it stands" if before == after else None


def amended(held: Charter, before: Charter, after: Charter) -> Charter | None:
    """`held` with what `after` changes in `before`; None when that can not be. What others have changed meanwhile
    stays."""
    if amends(before, after) is not None:
        return None
    names = (name for name in Charter.__struct_fields__ if getattr(before, name) != getattr(after, name))
    try:
        return replace(held, **{name: getattr(after, name) for name in names})
    except Refused:
        return None  # each change is well, but not with what holds by now


def found(member: SigningKey, charter: Charter) -> tuple[CommunityId, Found]:
    """The community a charter founds, and the founder's entry 1 in it."""
    data = charter_bytes(charter)
    return charter_id(data), Found(data, member.sign(SIGN_CHARTER, data))
