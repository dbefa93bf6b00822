"""Events: what may happen to a peer. Effects: what must be done for it. Both closed unions.

This is the whole contract between the rules and the world. A driver feeds events to `Peer.handle` and performs the
effects it returns, in order; a `Store` is durable before any later effect starts.
"""

from dataclasses import dataclass
from typing import Literal

from ruil.protocol.bodies import Body
from ruil.protocol.entry import Entry
from ruil.protocol.ids import DeviceId, EntryId, MemberId, NeighbourId
from ruil.protocol.wire import Frame


@dataclass(frozen=True, slots=True)
class Review:
    """What a member thinks of another after a trade. The peer seals it; nobody reads it before its time."""

    about: MemberId
    good: bool
    words: str = ""


# Events


@dataclass(frozen=True, slots=True)
class Drafted:
    """The member says something; `about` is the entry it answers, where the kind answers one."""

    body: Body | Review
    about: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A neighbour sent a frame."""

    frame: bytes
    neighbour: NeighbourId


@dataclass(frozen=True, slots=True)
class Met:
    """A link to a neighbour is up. Said again after frames were dropped, so that both compare notes anew."""

    neighbour: NeighbourId


@dataclass(frozen=True, slots=True)
class Lost:
    """The link is down."""

    neighbour: NeighbourId


@dataclass(frozen=True, slots=True)
class Woke:
    """A `Wake` we asked for is due."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """An entry from our own store: it was checked when it came."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Recalled:
    """The entry a `Recall` asked for."""

    entry: Entry


Event = Drafted | Received | Met | Lost | Woke | Restored | Recalled

# Effects


@dataclass(frozen=True, slots=True)
class Store:
    """Keep this entry. Our own are on the disk before anything later happens."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Send:
    """Put a frame in the queue to a neighbour."""

    neighbour: NeighbourId
    frame: Frame


@dataclass(frozen=True, slots=True)
class Serve:
    """Send stored entries `first` to `last` of a log as `Entries` frames, at the pace of the link. The core keeps no
    bytes, so only the driver can."""

    neighbour: NeighbourId
    device: DeviceId
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Recall:
    """Read one stored entry back: it may contradict another."""

    device: DeviceId
    seq: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep a proof of a fork, or a revocation, for ever, and show it first."""

    proof: bytes


@dataclass(frozen=True, slots=True)
class Wake:
    """Send `Woke(reason)` at `at`, in ms since 1970. Asked again with the same reason: the earliest time counts."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Blame:
    """A neighbour sent what can not be right. `grave`: no honest node could have."""

    neighbour: NeighbourId
    reason: str
    grave: bool = True


@dataclass(frozen=True, slots=True)
class Tell:
    """Something a page or a measure may want to know: an entry that now stands, or a sentence."""

    topic: Literal["entry", "fork", "revoked", "late", "drop"]
    about: bytes
    text: str = ""


Effect = Store | Send | Serve | Recall | Keep | Wake | Blame | Tell
