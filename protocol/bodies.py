"""What a member can say: one frozen struct per kind of entry.

A body in hand is well formed: its constructor checks every rule that needs nothing but the body itself, in sentences a
member can read. Rules that need other entries are the Book's. A new kind gets a new number and a line in `KINDS`; a
kind this version does not know is kept and passed on, and so is a field it does not know.
Words follow Valueflows. Spec: docs/spec/bodies.md. Vectors: tests/vectors/bodies/.
"""

import re
from typing import Any, Final, Literal, TypeVar

import msgspec

from ruil.protocol import codec, limits
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import DeviceId, EntryId, MemberId

Action = Literal["transfer", "use", "work", "deliverService"]
Role = Literal["offer", "need"]
# All control characters but tab and new line, and halves of surrogate pairs, which have no UTF-8 form to sign.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]").search
NOTHING: Final = "nothing"  # the kind of a want that asks for nothing in return


class Body(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Base of all bodies: default values are left out of the bytes."""


def _text(what: str, value: str, at_most: int, *, at_least: int = 0) -> None:
    if not at_least <= len(value) <= at_most:
        need = "must be given" if not value else f"has {len(value)} characters"
        raise Refused(f"{what} {need}; between {at_least} and {at_most} are allowed")
    if _CONTROL(value) is not None:
        raise Refused(f"{what} holds a control character")


def _bytes(what: str, value: bytes, size: int = 32) -> None:
    if len(value) != size:
        raise Refused(f"{what} has {len(value)} bytes; it must have {size}")


def _between(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise Refused(f"{what} is {value}; it must be between {low} and {high}")


def _time(what: str, value: int | None) -> None:
    if value is not None:
        _between(what, value, 0, limits.TIMESTAMP_MS_MAX)


def _amount(what: str, value: int) -> None:
    if value == 0:
        raise Refused(f"{what} of zero: say how much, at least 1")
    _between(what, value, 1, limits.QUANTITY_MAX)


def check_cell(cell: int | None) -> None:
    """Refuse what is not an H3 cell, and any cell finer than `CELL_RES_MAX`. Source: the H3 index bit layout."""
    if cell is None:
        return
    resolution = (cell >> 52) & 15
    well_formed = 0 < cell < 1 << 63 and (cell >> 59) & 15 == 1 and (cell >> 56) & 7 == 0 and (cell >> 45) & 127 < 122
    digits = [(cell >> 3 * (15 - level)) & 7 for level in range(1, 16)]
    if not well_formed or any((digit == 7) != (level > resolution) for level, digit in enumerate(digits, 1)):
        raise Refused(f"{cell:x} is not an H3 cell")
    if resolution > limits.CELL_RES_MAX:
        raise Refused(
            f"the place is a cell of resolution {resolution}, finer than allowed: at most {limits.CELL_RES_MAX}"
        )


# Members and devices ----------------------------------------


class Certificate(Body, frozen=True):
    """Entry 0 of every log: the member says that this device speaks for them. Signed by the member key."""

    member: MemberId
    device_name: str
    valid_from: int
    signature: bytes

    def __post_init__(self) -> None:
        _bytes("member", self.member)
        _bytes("signature", self.signature, 64)
        _text("the device's name", self.device_name, limits.NAME_CHARS_MAX, at_least=1)
        _time("valid_from", self.valid_from)


class Found(Body, frozen=True):
    """The founder's entry 1: the community's charter, as its exact bytes."""

    charter: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _bytes("signature", self.signature, 64)
        if len(self.charter) > 8_192:
            raise Refused(f"a charter of {len(self.charter)} bytes; at most 8192")


class Enter(Body, frozen=True):
    """A newcomer's entry 1: the invitation they hold, and that they hold it."""

    inviter: DeviceId
    token: bytes
    expires: int
    invitation: bytes
    proof: bytes

    def __post_init__(self) -> None:
        _bytes("inviter", self.inviter)
        _bytes("token", self.token)
        _bytes("invitation", self.invitation, 64)
        _bytes("proof", self.proof, 64)
        _time("expires", self.expires)


class Admit(Body, frozen=True):
    """The inviter's answer to an `Enter`, which the reference names: the first one per token counts."""

    token: bytes

    def __post_init__(self) -> None:
        _bytes("token", self.token)


class Revoke(Body, frozen=True):
    """The member takes a device's voice away from its entry number `kept` on. Signed by the member key; counts wherever
    it is read (revocations.py)."""

    member: MemberId
    device: DeviceId
    kept: int
    signature: bytes

    def __post_init__(self) -> None:
        _bytes("member", self.member)
        _bytes("device", self.device)
        _bytes("signature", self.signature, 64)
        _between("kept", self.kept, 1, 2**63 - 1)


class Profile(Body, frozen=True):
    """How a member is shown: the latest one counts."""

    name: str
    about: str = ""
    cell: int | None = None
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _text("your name", self.name.strip(), limits.NAME_CHARS_MAX, at_least=1)
        _text("about", self.about, limits.TEXT_CHARS_MAX)
        _tags(self.tags)
        check_cell(self.cell)


def _tags(tags: tuple[str, ...]) -> None:
    if len(tags) > limits.TAGS_MAX:
        raise Refused(f"{len(tags)} tags; at most {limits.TAGS_MAX}")
    for tag in tags:
        _text("a tag", tag, limits.KIND_CHARS_MAX, at_least=1)


# Listings ----------------------------------------


class Want(Body, frozen=True):
    """One thing wanted in return. Kind `nothing` asks for nothing; kind `credit` for the community's unit."""

    kind: str
    quantity: int = 1
    unit: str = "one"
    text: str = ""

    def __post_init__(self) -> None:
        _text("the kind wanted in return", self.kind, limits.KIND_CHARS_MAX, at_least=1)
        _text("unit", self.unit, limits.UNIT_CHARS_MAX, at_least=1)
        _text("text", self.text, limits.TITLE_CHARS_MAX)
        _amount("a quantity wanted in return", self.quantity)


class Listing(Body, frozen=True):
    """An offer or a need. `wants` are alternatives, the most liked first; none given means "make me a proposal"."""

    role: Role
    kind: str
    title: str
    quantity: int
    unit: str
    ends: int
    action: Action = "transfer"
    text: str = ""
    tags: tuple[str, ...] = ()
    begins: int | None = None
    cell: int | None = None
    wants: tuple[Want, ...] = ()

    def __post_init__(self) -> None:
        if not self.kind.strip():
            raise Refused("a listing needs a kind, such as garden, bread or transport")
        _text("kind", self.kind, limits.KIND_CHARS_MAX, at_least=1)
        _text("title", self.title.strip(), limits.TITLE_CHARS_MAX, at_least=1)
        _text("text", self.text, limits.TEXT_CHARS_MAX)
        _text("unit", self.unit, limits.UNIT_CHARS_MAX, at_least=1)
        _amount("a quantity", self.quantity)
        _tags(self.tags)
        _time("ends", self.ends)
        _time("begins", self.begins)
        check_cell(self.cell)
        if self.begins is not None and self.begins >= self.ends:
            raise Refused("the window ends before it begins")
        if len(self.wants) > limits.WANTS_MAX:
            raise Refused(f"{len(self.wants)} wants; at most {limits.WANTS_MAX}")


class Renew(Body, frozen=True):
    """The listing in the reference stays until `ends`. From another device of the member: that device owns it now."""

    ends: int

    def __post_init__(self) -> None:
        _time("ends", self.ends)


class Withdraw(Body, frozen=True):
    """The listing in the reference is over."""


# Agreements: the reference names the proposal ----------------------------------------


class Commitment(Body, frozen=True):
    """`provider` gives `quantity` `unit` of `what` to `receiver` by `due`. Unit `credit` is the community's own."""

    provider: MemberId
    receiver: MemberId
    action: Action
    what: str
    quantity: int
    unit: str
    due: int
    begins: int | None = None
    listing: EntryId | None = None

    def __post_init__(self) -> None:
        _bytes("provider", self.provider)
        _bytes("receiver", self.receiver)
        _text("what is promised", self.what, limits.TITLE_CHARS_MAX, at_least=1)
        _text("unit", self.unit, limits.UNIT_CHARS_MAX, at_least=1)
        _amount("a promised quantity", self.quantity)
        _time("due", self.due)
        _time("begins", self.begins)
        if self.provider == self.receiver:
            raise Refused("a commitment needs two people: nobody promises something to themselves")
        if self.begins is not None and self.begins > self.due:
            raise Refused("a commitment begins after it is due")
        if self.listing is not None:
            _bytes("listing", self.listing)


class Propose(Body, frozen=True):
    """An agreement on offer. Its entry id is the agreement's id; accepting binds exactly this version."""

    parties: tuple[MemberId, ...]
    commitments: tuple[Commitment, ...]
    answer_by: int
    replaces: EntryId | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if not 2 <= len(self.parties) <= limits.PARTIES_MAX:
            raise Refused(f"{len(self.parties)} parties; between 2 and {limits.PARTIES_MAX} are allowed")
        if list(self.parties) != sorted(set(self.parties)):
            raise Refused("parties must be sorted, each named once")
        if not 1 <= len(self.commitments) <= limits.COMMITMENTS_MAX:
            raise Refused(f"{len(self.commitments)} commitments; between 1 and {limits.COMMITMENTS_MAX} are allowed")
        bound = set(self.parties)
        for party in self.parties:
            _bytes("party", party)
        for commitment in self.commitments:
            if commitment.provider not in bound or commitment.receiver not in bound:
                raise Refused("a commitment names somebody who is not a party")
            if commitment.due < self.answer_by:
                raise Refused("a commitment is due before the proposal has to be answered")
        if self.replaces is not None:
            _bytes("replaces", self.replaces)
        _text("text", self.text, limits.TEXT_CHARS_MAX)
        _time("answer_by", self.answer_by)


class Accept(Body, frozen=True):
    """I am bound, if all others are."""


class Decline(Body, frozen=True):
    """Not like this."""

    reason: str = ""

    def __post_init__(self) -> None:
        _text("reason", self.reason, limits.TITLE_CHARS_MAX)


class Close(Body, frozen=True):
    """The proposer has seen these acceptances: from here on the proposal can not be taken back."""

    answers: tuple[EntryId, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.answers) <= limits.PARTIES_MAX:
            raise Refused(f"{len(self.answers)} answers; between 1 and {limits.PARTIES_MAX} are allowed")
        for answer in self.answers:
            _bytes("answer", answer)


class Lapse(Body, frozen=True):
    """The proposer, after the deadline: not everybody had answered."""


class Cancel(Body, frozen=True):
    """Before the agreement: the proposer takes it back. After: I agree to end what is still open."""

    reason: str = ""

    def __post_init__(self) -> None:
        _text("reason", self.reason, limits.TITLE_CHARS_MAX)


class Deliver(Body, frozen=True):
    """The provider's half of an event: this much of commitment number `commitment` was handed over."""

    commitment: int
    quantity: int

    def __post_init__(self) -> None:
        _between("commitment", self.commitment, 0, limits.COMMITMENTS_MAX - 1)
        _amount("a delivered quantity", self.quantity)


class Receive(Body, frozen=True):
    """The receiver's half: this much of that delivery arrived. Only the pair counts."""

    delivery: EntryId
    quantity: int

    def __post_init__(self) -> None:
        _bytes("delivery", self.delivery)
        _amount("a received quantity", self.quantity)


class Correct(Body, frozen=True):
    """That delivery was really this much (0 undoes it). Counts when both its sides say the same."""

    delivery: EntryId
    quantity: int

    def __post_init__(self) -> None:
        _bytes("delivery", self.delivery)
        _between("a corrected quantity", self.quantity, 0, limits.QUANTITY_MAX)


# Reviews ----------------------------------------


class Rate(Body, frozen=True):
    """A sealed rating of `about`: `seal` commits to it; `box` holds it for the rater's own device alone."""

    about: MemberId
    seal: bytes
    box: bytes = b""

    def __post_init__(self) -> None:
        _bytes("about", self.about)
        _bytes("seal", self.seal)
        if len(self.box) > 4_096:
            raise Refused(f"a box of {len(self.box)} bytes; at most 4096")


class Open(Body, frozen=True):
    """What was in the sealed rating `rate`."""

    rate: EntryId
    good: bool
    words: str
    nonce: bytes

    def __post_init__(self) -> None:
        _bytes("rate", self.rate)
        _bytes("nonce", self.nonce, 16)
        _text("the words of a rating", self.words, 500)


KINDS: Final[dict[int, type[Body]]] = {
    1: Certificate,
    2: Found,
    3: Enter,
    4: Profile,
    5: Admit,
    6: Revoke,
    16: Listing,
    17: Renew,
    18: Withdraw,
    32: Propose,
    33: Accept,
    34: Decline,
    35: Close,
    36: Lapse,
    37: Cancel,
    38: Deliver,
    39: Receive,
    40: Correct,
    48: Rate,
    49: Open,
}
NUMBER: Final[dict[type[Body], int]] = {body: number for number, body in KINDS.items()}

# Kinds that answer another entry, and must name it in the header's reference.
ANSWERS: Final = frozenset(NUMBER[body] for body in NUMBER if 17 <= NUMBER[body] != 32) | {NUMBER[Admit]}

B = TypeVar("B", bound=Body)


def encode(body: Body) -> bytes:
    """The canonical payload of a body."""
    return codec.encode(plain(body))


def plain(body: Body) -> dict[str, Any]:
    """A body as plain values; bytes stay bytes."""
    made: dict[str, Any] = msgspec.to_builtins(body, builtin_types=(bytes,))
    return made


def convert(kind: int, value: Any) -> Body | None:
    """The typed body of a decoded payload; None for a kind this version does not know. Raises `Rejected`."""
    if value.__class__ is not dict:
        raise Rejected("a payload must be a map")
    body = KINDS.get(kind)
    if body is None:
        return None
    try:
        return msgspec.convert(value, body, builtin_types=(bytes,))
    except msgspec.ValidationError as why:
        raise Rejected(f"not a {body.__name__}: {why}") from None
