"""Events: what may happen to a peer. Effects: what must be done for it. Both closed unions.

This is the whole contract between the rules and the world. A driver feeds events to `Peer.handle` and performs the
effects it returns, in order; a `Store` is durable before any later effect starts.

They cross no wire, but are structs all the same: one is made for every step of a simulation, and a frozen dataclass
takes eight times as long to make.
"""

from typing import Literal

from msgspec import Struct

from ruil.protocol.bodies import Body, Propose
from ruil.protocol.entry import Entry
from ruil.protocol.ids import DeviceId, EntryId, LetterId, MemberId, NeighbourId
from ruil.protocol.letters import Note
from ruil.protocol.limits import LETTER_MS_MAX
from ruil.protocol.wire import Frame


class Review(Struct, frozen=True, gc=False):
    """What a member thinks of another after a trade. The peer seals it; nobody reads it before its time."""

    about: MemberId
    good: bool
    words: str = ""


class Bidding(Struct, frozen=True, gc=False):
    """What a member bids for a need. The peer seals it; nobody reads it before all bids are opened."""

    proposal: Propose


# Events


class Drafted(Struct, frozen=True, gc=False):
    """The member says something; `about` is the entry it answers, where the kind answers one."""

    body: Body | Review | Bidding
    about: EntryId | None = None


class Received(Struct, frozen=True, gc=False):
    """A neighbour sent a frame."""

    frame: bytes
    neighbour: NeighbourId


class Met(Struct, frozen=True, gc=False):
    """A link to a neighbour is up. Said again, without a `Lost`, once there is room after frames to them were dropped:
    then both compare notes anew."""

    neighbour: NeighbourId
    near: bool = False  # on a private network, as a home's or an office's is


class Lost(Struct, frozen=True, gc=False):
    """The link is down."""

    neighbour: NeighbourId


class Woke(Struct, frozen=True, gc=False):
    """A `Wake` we asked for is due."""

    reason: str


class Restored(Struct, frozen=True, gc=False):
    """An entry from our own store: it was checked when it came."""

    entry: Entry


class Recalled(Struct, frozen=True, gc=False):
    """The entry a `Recall` asked for."""

    entry: Entry


class Doubted(Struct, frozen=True, gc=False):
    """This machine or this profile may have been set back: what we said last may be missing in our log. `why` is the
    sentence a member reads who wants to say something meanwhile."""

    why: str


class Vouched(Struct, frozen=True, gc=False):
    """The member says that nothing was set back."""


class Ended(Struct, frozen=True, gc=False):
    """Our log was set back, or goes on in another copy of this profile: this device must never sign again."""

    why: str


class Placed(Struct, frozen=True, gc=False):
    """Where others can dial this device: from anywhere, and on its own private network; whether it passes others on."""

    addresses: tuple[str, ...]
    near: tuple[str, ...] = ()
    relays: bool = False


class Remembered(Struct, frozen=True, gc=False):
    """Records of the peer book, kept from the last run."""

    records: tuple[bytes, ...]


class Wrote(Struct, frozen=True, gc=False):
    """The member writes a letter, which is passed on for `lasts` ms if its reader is away."""

    to: MemberId
    text: str = ""
    about: EntryId | None = None
    picture: bytes = b""
    lasts: int = LETTER_MS_MAX


class Saw(Struct, frozen=True, gc=False):
    """The member has read these letters. `tell`: whoever wrote them may know."""

    letters: tuple[LetterId, ...]
    tell: bool = True


class Forgot(Struct, frozen=True, gc=False):
    """The member throws away what they and another wrote to each other, on this device."""

    partner: MemberId


class Noted(Struct, frozen=True, gc=False):
    """What our own disk remembers of a letter, at a start."""

    note: Note


Event = (
    Placed
    | Remembered
    | Drafted
    | Received
    | Met
    | Lost
    | Woke
    | Restored
    | Recalled
    | Doubted
    | Vouched
    | Ended
    | Wrote
    | Saw
    | Forgot
    | Noted
)

# Effects


class Store(Struct, frozen=True, gc=False):
    """Keep this entry. Our own are on the disk before anything later happens."""

    entry: Entry


class Send(Struct, frozen=True, gc=False):
    """Put a frame in the queue to a neighbour."""

    neighbour: NeighbourId
    frame: Frame


class Serve(Struct, frozen=True, gc=False):
    """Send stored entries `first` to `last` of a log as `Entries` frames, at the pace of the link. The core keeps no
    bytes, so only the driver can."""

    neighbour: NeighbourId
    device: DeviceId
    first: int
    last: int


class Show(Struct, frozen=True, gc=False):
    """Send these stored entries, of each log those at the given places, as one `Lately` frame for each, at the pace of
    the link."""

    neighbour: NeighbourId
    places: tuple[tuple[DeviceId, tuple[int, ...]], ...]


class Recall(Struct, frozen=True, gc=False):
    """Read one stored entry back: it may contradict another."""

    device: DeviceId
    seq: int


class Keep(Struct, frozen=True, gc=False):
    """Keep a proof of a fork, or a revocation, for ever, in place of what was kept about the same before."""

    about: bytes
    proof: bytes


class KeepLetter(Struct, frozen=True, gc=False):
    """Keep what is remembered of a letter, and its bytes if they are given; empty bytes mean that none are kept any
    more. It is on the disk before anything later happens."""

    note: Note
    data: bytes | None = None


class DropLetter(Struct, frozen=True, gc=False):
    """Keep nothing of a letter any more."""

    letter: LetterId


class Hand(Struct, frozen=True, gc=False):
    """Send kept letters as `Carry` frames, at the pace of the link."""

    neighbour: NeighbourId
    letters: tuple[LetterId, ...]


class Wake(Struct, frozen=True, gc=False):
    """Send `Woke(reason)` at `at`, in ms since 1970. Asked again with the same reason: the earliest time counts."""

    at: int
    reason: str


class Blame(Struct, frozen=True, gc=False):
    """A neighbour sent what can not be right. `grave`: no honest node could have."""

    neighbour: NeighbourId
    reason: str
    grave: bool = True


class Tell(Struct, frozen=True, gc=False):
    """Something a page or a measure may want to know: an entry that now stands, or a sentence."""

    topic: Literal["entry", "fork", "revoked", "late", "lately", "drop", "peer", "held", "freed", "ended", "letter"]
    about: bytes
    text: str = ""


Effect = Store | Send | Serve | Show | Recall | Keep | KeepLetter | DropLetter | Hand | Wake | Blame | Tell
