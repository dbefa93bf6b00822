"""What a member can say: one frozen struct per kind of entry.

A body in hand is well formed: every rule that needs nothing but the body itself is checked wherever one is made. Bounds
stand in the fields' types (fields.py): the decoder checks them in C, a constructor in sentences a member can read.
Rules that need other entries are the Book's. A new kind gets a new number and a line in `KINDS`; a kind this version
does not know is kept and passed on, and so is a field it does not know.
Words follow Valueflows. Spec: docs/spec/bodies.md. Vectors: tests/vectors/bodies/.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ruil.protocol import cells, codec, fields, limits
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.fields import (
    Amount,
    At,
    Device,
    Id,
    Key,
    Kind,
    Line,
    Member,
    Name,
    Nonce,
    Signature,
    Skills,
    Tags,
    Text,
    Time,
    Title,
    Unit,
)

Action = Literal["transfer", "use", "work", "deliverService"]
Role = Literal["offer", "need"]
Lent = Literal["hourly", "daily"]
HeldAs = Literal["hand", "trader", "keeper"]
Office = Literal["host", "mediator"]
Number = Annotated[int, Meta(ge=0, le=limits.COMMITMENTS_MAX + limits.JOINED_MAX - 1)]
NOTHING: Final = "nothing"  # the kind of a want that asks for nothing in return
CREDIT: Final = "credit"  # the unit of a commitment that pays in the community's own unit


class Body(msgspec.Struct, metaclass=fields.Checked, frozen=True, omit_defaults=True, gc=False):
    """Base of all bodies: default values are left out of the bytes."""


# Members and devices ----------------------------------------


class Certificate(Body, frozen=True):
    """Entry 0 of every log: the member says that this device speaks for them. Signed by the member key, or the key `by`
    that took its place (successions.py). With a `holder` that person has it, acts for the member in a `role`, and has
    signed for it (organisations.py)."""

    member: Member
    device_name: Annotated[Name, Meta(title="the device's name")]
    valid_from: Time
    signature: Signature
    holder: Member | None = None
    role: HeldAs | None = None
    holder_signature: Signature | None = None
    by: Key | None = None

    def __post_init__(self) -> None:
        _by_another(self.member, self.by)
        if len({each is None for each in (self.holder, self.role, self.holder_signature)}) > 1:
            raise Refused("a device has a holder, a role and the holder's signature, or none of them")
        if self.holder == self.member:
            raise Refused("nobody holds a device for themselves in a role: it is theirs")


class Found(Body, frozen=True):
    """The founder's entry 1: the community's charter, as its exact bytes."""

    charter: Annotated[bytes, Meta(max_length=limits.CHARTER_BYTES_MAX)]
    signature: Signature


class Enter(Body, frozen=True):
    """A newcomer's entry 1: the invitation they hold, and that they hold it."""

    inviter: Device
    token: Key
    expires: Time
    invitation: Signature
    proof: Signature


class Admit(Body, frozen=True):
    """The inviter's answer to an `Enter`, which the reference names: the first one per token counts."""

    token: Key


class Revoke(Body, frozen=True):
    """The member takes a device's voice away from its entry number `kept` on. Signed by the member key; counts wherever
    it is read (revocations.py)."""

    member: Member
    device: Device
    kept: Annotated[int, Meta(ge=1, le=limits.SEQ_MAX)]
    signature: Signature
    by: Key | None = None

    def __post_init__(self) -> None:
        _by_another(self.member, self.by)


class Profile(Body, frozen=True):
    """How a member is shown, and found by what they can do, look for and speak: the latest one counts. Who said once
    that they are an `organisation` stays one."""

    name: str
    about: Text = ""
    cell: int | None = None
    tags: Tags = ()
    organisation: bool = False
    can: Skills = ()
    seeks: Skills = ()
    speaks: Skills = ()

    def __post_init__(self) -> None:
        fields.trimmed("your name", self.name, limits.NAME_CHARS_MAX)
        if self.cell is not None:
            cells.check(self.cell)


class Consent(Body, frozen=True):
    """Until `until` my node may agree to clearings that leave my balance as it is, and set off at most `most` of one
    debt. The latest one counts; `most` 0 takes it back."""

    until: Time
    most: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="the most of one debt")]


class Block(Body, frozen=True):
    """On my block list: `member`, for this `reason`; or no more (`lifted`). The latest one about somebody counts. It
    hides them from me and from whoever follows my list, and takes nothing from anybody."""

    member: Member
    reason: Annotated[str, Meta(max_length=limits.TITLE_CHARS_MAX, title="the reason of a block")] = ""
    lifted: bool = False

    def __post_init__(self) -> None:
        if not self.lifted and not self.reason.strip():
            raise Refused("a block needs its reason: whoever follows your list reads it")


class Follow(Body, frozen=True):
    """I follow the block list of `member`, or no more (`follows`), also one that the charter names. The latest one
    counts."""

    member: Member
    follows: bool = True


class Heir(Body, frozen=True):
    """Should my key be lost, whoever has the recovery key `key` names another: once as many members as `needed` have
    passed that on, and `days` have gone by without a protest of mine. The latest counts. Signed by the member key."""

    member: Member
    key: Key
    needed: Annotated[int, Meta(ge=1, le=limits.SHARES_MAX, title="how many have to pass it on")]
    days: Annotated[int, Meta(ge=1, le=limits.HEIR_DAYS_MAX, title="days to wait")]
    signature: Signature
    by: Key | None = None

    def __post_init__(self) -> None:
        _by_another(self.member, self.by)


class Succeed(Body, frozen=True):
    """`key` takes the place of `old`, which has signed for `member` until now. Signed by `old`, or by the recovery key
    `by`. Complete in itself: others who say it in their logs pass it on, and so date it."""

    member: Member
    old: Key
    key: Key
    signature: Signature
    by: Key | None = None

    def __post_init__(self) -> None:
        if self.key in (self.old, self.member):
            raise Refused("a key is succeeded by another key")
        _by_another(self.old, self.by)


class Protest(Body, frozen=True):
    """No: `key` is not to take the place of `old`. Said by a device of the member; and passed on by others, whose
    reference names that."""

    member: Member
    old: Key
    key: Key


def _by_another(key: bytes, by: bytes | None) -> None:
    if by == key:
        raise Refused("whose own key has signed says so by saying nothing")


# Listings ----------------------------------------


class Want(Body, frozen=True):
    """One thing wanted in return. Kind `nothing` asks for nothing; kind `credit` for the community's unit."""

    kind: Annotated[Kind, Meta(title="the kind wanted in return")]
    quantity: Annotated[Amount, Meta(title="a quantity wanted in return")] = 1
    unit: Unit = "one"
    text: Line = ""


class Option(Body, frozen=True):
    """One way to have what is offered, such as blue buttons, and what it adds to the price in the smallest part of the
    community's unit."""

    what: Annotated[Title, Meta(title="an option")]
    price: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="what an option adds")] = 0


class Listing(Body, frozen=True):
    """An offer or a need. `wants` are alternatives, the most liked first; none given means "make me a proposal".
    `lent`: it is reserved for a span of time, and what is wanted in return is so for each hour or day of it.
    `bids_until`: sealed bids for a need are taken until then (bids.py). `options`: how one may have what is offered."""

    role: Role
    kind: Kind
    title: str
    quantity: Annotated[Amount, Meta(title="a quantity")]
    unit: Unit
    ends: Time
    action: Action = "transfer"
    text: Text = ""
    tags: Tags = ()
    begins: Time | None = None
    cell: int | None = None
    wants: Annotated[tuple[Want, ...], Meta(max_length=limits.WANTS_MAX)] = ()
    lent: Lent | None = None
    bids_until: Time | None = None
    options: Annotated[tuple[Option, ...], Meta(max_length=limits.OPTIONS_MAX)] = ()

    def __post_init__(self) -> None:
        if self.options:
            if self.role != "offer":
                raise Refused("options are for what is offered: say of a need what it is like")
            if len({option.what for option in self.options}) < len(self.options):
                raise Refused("one option is named twice")
        if self.bids_until is not None:
            if self.role != "need":
                raise Refused("sealed bids are for what somebody needs: for an offer, people make proposals")
            if self.bids_until >= self.ends:
                raise Refused("bids are taken until before the listing ends")
        if self.lent is not None and (self.role, self.action) != ("offer", "use"):
            raise Refused("only what is offered for use can be lent by the hour or by the day")
        if not self.kind or self.kind.isspace():
            raise Refused("a listing needs a kind, such as garden, bread or transport")
        fields.trimmed("title", self.title, limits.TITLE_CHARS_MAX)
        if self.cell is not None:
            cells.check(self.cell)
        if self.begins is not None and self.begins >= self.ends:
            raise Refused("the window ends before it begins")


class Renew(Body, frozen=True):
    """The listing in the reference stays until `ends`. From another device of the member: that device owns it now.
    `bids`: the sealed bids that had come when their time was over; from here on they are opened."""

    ends: Time
    bids: Annotated[tuple[Id, ...], Meta(max_length=limits.BIDS_MAX)] = ()


class Withdraw(Body, frozen=True):
    """The listing in the reference is over."""


class Bid(Body, frozen=True):
    """A sealed bid for the need in the reference: `seal` commits to a proposal; `box` holds it for the bidder's own
    device alone. It is opened by that proposal."""

    seal: Key
    box: Annotated[bytes, Meta(max_length=limits.BID_BOX_BYTES_MAX, title="the box of a bid")] = b""


# Agreements: the reference names the proposal ----------------------------------------


class Debt(Body, frozen=True):
    """Commitment number `commitment` of another agreement, which promises credit."""

    agreement: Id
    commitment: Number


class Commitment(Body, frozen=True):
    """`provider` gives `quantity` `unit` of `what` to `receiver` by `due`. Unit `credit` is the community's own.

    `least`: so much of it is enough when the agreement's time is over (all of it, if not said). `per`: it pays for
    commitment number `per`, in proportion to what was received of that; if that one stands in for its provider, it pays
    back who did. `covers`: it stands in for what is missing of
    commitment number `covers` once that is late. `clears`: it sets off a debt, and is done once the proposer closes."""

    provider: Member
    receiver: Member
    action: Action
    what: Annotated[Title, Meta(title="what is promised")]
    quantity: Annotated[Amount, Meta(title="a promised quantity")]
    unit: Unit
    due: Time
    begins: Time | None = None
    listing: Id | None = None
    least: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="what is enough")] | None = None
    per: Number | None = None
    covers: Number | None = None
    clears: Debt | None = None

    def __post_init__(self) -> None:
        if self.clears is not None and self.unit != CREDIT:
            raise Refused("only debts of credit can be set off")
        if self.clears is not None and (
            self.action != "transfer"
            or any(each is not None for each in (self.begins, self.listing, self.least, self.per, self.covers))
        ):
            raise Refused("a clearing sets off debts and does nothing else")
        if self.least is not None and self.least > self.quantity:
            raise Refused("what is enough can not be more than what is promised")
        if (self.least is not None) + (self.per is not None) + (self.covers is not None) > 1:
            raise Refused("what is enough is said, or follows from another commitment: not both")
        if self.provider == self.receiver:
            raise Refused("a commitment needs two people: nobody promises something to themselves")
        if self.begins is not None and self.begins > self.due:
            raise Refused("a commitment begins after it is due")


class Step(Body, frozen=True):
    """A price step: `each` unit at this price once `total` units are joined with."""

    total: Amount
    each: Amount


class Term(Body, frozen=True):
    """What a join adds: a commitment between who joins and `other`, in which the joiner gives or gets.

    One price rule: `each` per unit joined with; `steps`, the lowest total first; or a share of `total`, by the
    quantities joined with or, if `voted`, by the votes each join got."""

    gives: bool
    other: Member
    action: Action
    what: Annotated[Title, Meta(title="what a place brings")]
    unit: Unit
    due: Time
    each: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="the price of one")] = 0
    steps: Annotated[tuple[Step, ...], Meta(max_length=limits.STEPS_MAX)] = ()
    total: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="the total to be split")] = 0
    voted: bool = False
    begins: Time | None = None
    listing: Id | None = None
    least: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="what is enough")] | None = None
    per: Annotated[int, Meta(ge=0, le=limits.TERMS_MAX - 1)] | None = None

    def __post_init__(self) -> None:
        if (self.each > 0) + bool(self.steps) + (self.total > 0) != 1:
            raise Refused("a place has one price rule: a price for each, price steps, or a total that is split")
        if self.voted and (not self.total or self.gives):
            raise Refused("votes split a total among those who get it")  # who is liked best pays no more than they said
        if self.least is not None and self.per is not None:
            raise Refused("what is enough is said, or follows from what it pays for: not both")
        totals = [step.total for step in self.steps]
        if totals != sorted(set(totals)) or (totals and totals[0] != 1):
            raise Refused("price steps begin at 1 and rise")
        if self.begins is not None and self.begins > self.due:
            raise Refused("what a place brings begins after it is due")


class Slot(Body, frozen=True):
    """Places that are open to whoever joins: a role, how many people, how much each and in all, and what it brings."""

    role: Name
    terms: Annotated[tuple[Term, ...], Meta(min_length=1, max_length=limits.TERMS_MAX)]
    least: Annotated[int, Meta(ge=0, le=limits.JOINS_MAX, title="the least number of people")] = 0
    most: Annotated[int, Meta(ge=1, le=limits.JOINS_MAX, title="the greatest number of people")] = limits.JOINS_MAX
    quantity_least: Annotated[Amount, Meta(title="the least each joins with")] = 1
    quantity_most: Annotated[Amount, Meta(title="the most each joins with")] = limits.QUANTITY_MAX
    total_least: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="the least in all")] = 0
    total_most: Annotated[Amount, Meta(title="the most in all")] = limits.QUANTITY_MAX

    def __post_init__(self) -> None:
        for number, term in enumerate(self.terms):
            if term.per is not None and not (term.per < len(self.terms) and term.per != number):
                raise Refused("a place pays for something it does not bring")
        for least, most in (
            (self.least, self.most),
            (self.quantity_least, self.quantity_most),
            (self.total_least, self.total_most),
        ):
            if least > most:
                raise Refused(f"at least {least} and at most {most} can not both hold")


class Motion(Body, frozen=True):
    """What the members are asked to decide: that `member` has an `office`, or no more (`holds`); that `member` belongs
    here no more, or again; or that another `charter` holds, given whole."""

    member: Member | None = None
    office: Office | None = None
    holds: bool = True
    charter: Annotated[bytes, Meta(min_length=1, max_length=limits.CHARTER_BYTES_MAX)] | None = None

    def __post_init__(self) -> None:
        if (self.member is None) == (self.charter is None):
            raise Refused("a motion is about a member or about the charter")
        if self.charter is not None and (self.office is not None or not self.holds):
            raise Refused("a motion about the charter gives the whole of it and nothing else")


class Opening(Body, frozen=True):
    """This proposal is what was in the sealed bid `bid`; `nonce` was the secret part of its seal."""

    bid: Id
    nonce: Nonce


class Propose(Body, frozen=True):
    """An agreement on offer. Its entry id is the agreement's id; accepting binds exactly this version. With `slots` it
    is open: others may join until `answer_by`, and the proposer's `Close` says which joins count."""

    parties: Annotated[tuple[Member, ...], Meta(min_length=1, max_length=limits.PARTIES_MAX)]
    commitments: Annotated[tuple[Commitment, ...], Meta(max_length=limits.COMMITMENTS_MAX)]
    answer_by: Time
    replaces: Id | None = None
    text: Text = ""
    slots: Annotated[tuple[Slot, ...], Meta(max_length=limits.SLOTS_MAX)] = ()
    mediator: Member | None = None
    backup: Member | None = None
    mediation_days: Annotated[int, Meta(ge=1, le=limits.MEDIATION_DAYS_MAX)] = limits.MEDIATION_DAYS_DEFAULT
    binding: bool = False
    motion: Motion | None = None
    opens: Opening | None = None

    def __post_init__(self) -> None:
        if self.opens is not None and (self.slots or self.motion is not None or self.replaces is not None):
            raise Refused("a bid is a proposal of its own, without open places")
        if self.motion is not None:
            if len(self.parties) > 1 or self.commitments or self.slots or self.mediator is not None:
                raise Refused("a motion has one party, who moves it, and promises nothing")
            return
        if self.mediator is None and (self.backup is not None or self.binding):
            raise Refused("name the mediator before a backup, or a word that binds")
        if self.mediator is not None and (
            self.mediator == self.backup or {self.mediator, self.backup} & {*self.parties}
        ):
            raise Refused("mediator and backup are two people, and no parties to the agreement")
        if list(self.parties) != sorted(set(self.parties)):
            raise Refused("parties must be sorted, each named once")
        if not self.slots and (len(self.parties) < 2 or not self.commitments):
            raise Refused("an agreement needs two parties and a commitment, or open places")
        for commitment in self.commitments:
            if commitment.provider not in self.parties or commitment.receiver not in self.parties:
                raise Refused("a commitment names somebody who is not a party")
            if commitment.due < self.answer_by:
                raise Refused("a commitment is due before the proposal has to be answered")
        if len({commitment.clears is None for commitment in self.commitments}) > 1 or (self.slots and self.clearing):
            raise Refused("a clearing sets off debts and does nothing else")
        for number, commitment in enumerate(self.commitments):
            _pays_for(self.commitments, number, commitment.per)
            _stands_in_for(self.commitments, number, commitment.covers)
        for term in (term for slot in self.slots for term in slot.terms):
            if term.other not in self.parties:
                raise Refused("an open place names somebody who is not a party")
            if term.due < self.answer_by:
                raise Refused("a commitment is due before the proposal has to be answered")

    @property
    def clearing(self) -> bool:
        """Whether it sets off debts, and nothing else."""
        return bool(self.commitments) and self.commitments[0].clears is not None


def _pays_for(commitments: tuple[Commitment, ...], number: int, other: int | None) -> None:
    if other is None:
        return
    if other >= len(commitments) or other == number:
        raise Refused("a commitment pays for one that is not there")
    if commitments[other].per is not None:
        raise Refused("a commitment pays for one that itself rests on another")
    covered = commitments[other].covers
    if covered is not None and covered < len(commitments):
        _pays_back(commitments[number], commitments[other], commitments[covered])


def _pays_back(own: Commitment, stand_in: Commitment, covered: Commitment) -> None:
    """What is owed to who stood in for somebody: by that one, and no more than was brought in their stead."""
    if (own.provider, own.receiver) != (covered.provider, stand_in.provider):
        raise Refused("who stood in for somebody is paid back by that one, and nobody else")
    if own.unit != stand_in.unit or own.quantity > stand_in.quantity:
        raise Refused("who stood in is paid back no more than they brought, counted in the same unit")


def pays_back(commitments: tuple[Commitment, ...], number: int) -> bool:
    """Whether a commitment pays back what somebody else brought in its provider's stead."""
    per = commitments[number].per
    return per is not None and commitments[per].covers is not None


def _stands_in_for(commitments: tuple[Commitment, ...], number: int, other: int | None) -> None:
    if other is None:
        return
    if other >= len(commitments) or other == number:
        raise Refused("a commitment stands in for one that is not there")
    own, covered = commitments[number], commitments[other]
    if covered.covers is not None:
        raise Refused("a commitment stands in for one that itself stands in for another")
    if covered.per is not None and covered.per < len(commitments) and commitments[covered.per].covers is not None:
        raise Refused("a commitment stands in for one that pays back who stood in")
    if (own.unit, own.receiver) != (covered.unit, covered.receiver):
        raise Refused("what stands in for something goes to the same person, counted in the same unit")
    if own.provider == covered.provider:
        raise Refused("nobody stands in for themselves")


class Accept(Body, frozen=True):
    """I am bound, if all others are."""


class Decline(Body, frozen=True):
    """Not like this."""

    reason: Line = ""


class Join(Body, frozen=True):
    """I take a place of slot number `slot`, for `quantity`, on my own conditions: at least so many `people` and so much
    in `total`, to pay at most `pays` credit, closed no later than `by`. `rolls`: also in the proposal's next round."""

    slot: Annotated[int, Meta(ge=0, le=limits.SLOTS_MAX - 1)]
    quantity: Annotated[Amount, Meta(title="the quantity you join with")] = 1
    people: Annotated[int, Meta(ge=0, le=limits.JOINS_MAX, title="the least number of people")] = 0
    total: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="the least in all")] = 0
    pays: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="the most you pay")] | None = None
    by: Time | None = None
    rolls: bool = False
    text: Text = ""


class Seat(Body, frozen=True):
    """A join that counts: where it stands and what it says, so that everybody knows what it brought also when its log
    is cut before it. `votes`: where those stand that were cast for it."""

    at: At
    member: Member
    slot: Annotated[int, Meta(ge=0, le=limits.SLOTS_MAX - 1)] = 0
    quantity: Annotated[Amount, Meta(title="the quantity of a seat")] = 1
    votes: Annotated[tuple[At, ...], Meta(max_length=limits.VOTES_MAX)] = ()


class Close(Body, frozen=True):
    """The proposer has seen these acceptances: from here on the proposal can not be taken back. Of an open proposal the
    `seats` are the joins that count, and everybody is bound. Of a motion the `votes` say where who said yes stands."""

    answers: Annotated[tuple[Id, ...], Meta(max_length=limits.PARTIES_MAX)] = ()
    seats: Annotated[tuple[Seat, ...], Meta(max_length=limits.JOINS_MAX)] = ()
    votes: Annotated[tuple[At, ...], Meta(max_length=limits.MOTION_VOTES_MAX)] = ()

    def __post_init__(self) -> None:
        if bool(self.answers or self.seats) == bool(self.votes):
            raise Refused("a close names who accepted and joined, or who voted for a motion")
        if sum(len(seat.votes) for seat in self.seats) > limits.VOTES_MAX:
            raise Refused(f"a close counts at most {limits.VOTES_MAX} votes")


class Vote(Body, frozen=True):
    """Of what people joined with, `join` is the best; or yes to a motion, if it is that motion's own id. Anybody may
    say so who belonged here before it was opened."""

    join: Id


class Lapse(Body, frozen=True):
    """The proposer, after the deadline: not everybody had answered."""


class Cancel(Body, frozen=True):
    """Before the agreement: the proposer takes it back. After: I agree to end what is still open."""

    reason: Line = ""


class Deliver(Body, frozen=True):
    """The provider's half of an event: this much of commitment number `commitment` was handed over."""

    commitment: Number
    quantity: Annotated[Amount, Meta(title="a delivered quantity")]


class Receive(Body, frozen=True):
    """The receiver's half: this much of that delivery arrived. Only the pair counts."""

    delivery: Id
    quantity: Annotated[Amount, Meta(title="a received quantity")]


class Correct(Body, frozen=True):
    """That delivery was really this much (0 undoes it). Counts when both its sides say the same."""

    delivery: Id
    quantity: Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX, title="a corrected quantity")]


class Extend(Body, frozen=True):
    """What is still open may be done until `due`. Counts when all parties say the same."""

    due: Time


class Settle(Body, frozen=True):
    """Let it be done with so much received of each commitment. Counts when all parties say the same."""

    received: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX)], ...],
        Meta(min_length=1, max_length=limits.COMMITMENTS_MAX + limits.JOINED_MAX),
    ]
    reason: Line = ""


class Dispute(Body, frozen=True):
    """A party: something is wrong. The mediator has so many days as the agreement says; it stays open as long."""

    reason: Line = ""


class Mediate(Body, frozen=True):
    """The mediator's proposal: so much received of each commitment."""

    received: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=limits.QUANTITY_MAX)], ...],
        Meta(min_length=1, max_length=limits.COMMITMENTS_MAX + limits.JOINED_MAX),
    ]
    reason: Line = ""


class Reply(Body, frozen=True):
    """A party's word on how an agreement ended, once it has: why they were silent, or what the other left out."""

    text: Annotated[str, Meta(min_length=1, max_length=limits.WORDS_CHARS_MAX, title="a reply")]


# Reviews ----------------------------------------


class Rate(Body, frozen=True):
    """A sealed rating of `about`: `seal` commits to it; `box` holds it for the rater's own device alone."""

    about: Member
    seal: Key
    box: Annotated[bytes, Meta(max_length=limits.BOX_BYTES_MAX)] = b""


class Open(Body, frozen=True):
    """What was in the sealed rating `rate`."""

    rate: Id
    good: bool
    words: Annotated[str, Meta(max_length=limits.WORDS_CHARS_MAX, title="the words of a rating")]
    nonce: Nonce


KINDS: Final[dict[int, type[Body]]] = {
    1: Certificate,
    2: Found,
    3: Enter,
    4: Profile,
    5: Admit,
    6: Revoke,
    7: Consent,
    8: Block,
    9: Follow,
    10: Heir,
    11: Succeed,
    12: Protest,
    16: Listing,
    17: Renew,
    18: Withdraw,
    19: Bid,
    32: Propose,
    33: Accept,
    34: Decline,
    35: Close,
    36: Lapse,
    37: Cancel,
    38: Deliver,
    39: Receive,
    40: Correct,
    41: Join,
    42: Extend,
    43: Settle,
    44: Dispute,
    45: Mediate,
    46: Vote,
    47: Reply,
    48: Rate,
    49: Open,
}
NUMBER: Final[dict[type[Body], int]] = {body: number for number, body in KINDS.items()}

# The kinds that agreements are made of.
OF_AGREEMENTS: Final = tuple(body for number, body in KINDS.items() if 32 <= number < 48)

# Kinds that answer another entry, and must name it in the header's reference.
ANSWERS: Final = frozenset(NUMBER[body] for body in NUMBER if 17 <= NUMBER[body] != 32) | {NUMBER[Admit]}

_encode: Final = msgspec.msgpack.Encoder().encode  # the fields are in order already (fields.Checked)
_DECODERS: Final = {number: msgspec.msgpack.Decoder(body).decode for number, body in KINDS.items()}


def encode(body: Body) -> bytes:
    """The canonical payload of a body: `codec.encode` of its plain values, which a test compares it with, but in C."""
    return _encode(body)


def plain(body: Body) -> dict[str, Any]:
    """A body as plain values; bytes stay bytes."""
    made: dict[str, Any] = msgspec.to_builtins(body, builtin_types=(bytes,))
    return made


def decode(kind: int, data: bytes) -> Body | None:
    """The body in a canonical payload; None for a kind this version does not know. Raises `Rejected`.

    What comes out as it went in is canonical, and has no field or value we would not write ourselves. Nearly every
    payload does, at a tenth of the cost of the long way.
    """
    decode_ = _DECODERS.get(kind)
    if decode_ is not None:
        try:
            body: Body = decode_(data)
            if _encode(body) == data and fields.plain_text(body):
                return body
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # the long way says what is wrong
    return convert(kind, codec.decode(data))


def convert(kind: int, value: Any) -> Body | None:
    """The typed body of a decoded payload; None for a kind this version does not know. Raises `Rejected`."""
    if value.__class__ is not dict:
        raise Rejected("a payload must be a map")
    body = KINDS.get(kind)
    if body is None:
        return None
    reason, made = "", None
    try:
        made = msgspec.convert(value, body, builtin_types=(bytes,))
    except msgspec.ValidationError as why:
        reason = str(why)
    try:
        fields.explain(body, value)
    except Refused as why:
        reason = str(why)
    if reason:
        raise Rejected(f"not a {body.__name__}: {reason}")
    return made
