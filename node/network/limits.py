"""Every number of the network, with its reason. Tests pass their own; members never see them."""

from dataclasses import dataclass
from typing import Final

FRAME_BYTES_MAX: Final = 1 << 20  # part of the wire format: the length is checked before a byte of the frame is kept


@dataclass(frozen=True, slots=True)
class NetworkLimits:
    """Bounds and times of one node's network. Times in seconds, sizes in bytes."""

    # How many.
    neighbours_max: int = 60  # about 0.3 MB each; past that gossip gains nothing
    neighbours_chosen: int = 8  # places that strangers can't take: at least these links we choose ourselves (eclipse)
    neighbours_wanted: int = 12  # discovered neighbours are dialled up to here: the 8 we want, and some to lose
    handshakes_max: int = 32  # strangers half way in; each is cut after handshake_seconds
    links_per_network: int = 4  # per public /24 or /48: one host must not fill our table (eclipse)
    links_per_private_network: int = 70  # a home or an office is one private network: all neighbours, and some to spare
    streams_per_connection: int = 8  # ours, and room for a stranger's identify and ping
    targets_max: int = 256  # addresses we keep trying

    # A link's queue: about 10 s of a slow line. What does not fit marks the neighbour for sync.
    queue_bytes: int = 4 << 20
    queue_frames: int = 8192
    batch_bytes: int = 65_000  # one write of many small frames: one encryption and one system call for all
    unread_bytes: int = 2 << 20  # unread per connection before we stop reading the socket (yamux itself has no bound)

    # How long.
    handshake_seconds: float = 10.0
    stream_seconds: float = 10.0  # a connection that carries no frame stream by then is closed
    ping_seconds: float = 25.0  # shorter than the 30-60 s after which home routers forget a silent connection
    pings_missed_max: int = 2
    frame_seconds: float = 60.0  # from the first byte of a frame to its last: 1 MiB at 17 kB/s
    probe_seconds: float = 3.0  # a second connection from a neighbour: is the first one still alive?
    close_seconds: float = 1.0  # for a polite goodbye; then the socket is closed under it

    # Dialling.
    redial_first_seconds: float = 0.25
    redial_last_seconds: float = 60.0
    redial_forget_seconds: float = 10.0  # a link that lived this long starts the waiting afresh
    larger_key_waits_seconds: float = 1.5  # both discover each other at once: the smaller key dials first

    # Blame.
    blame_max: int = 10
    blame_half_life_seconds: float = 600.0
    refuse_seconds: float = 600.0
    refused_max: int = 4096  # keys cost nothing to make, so what we remember of them is bounded

    # The host as a whole.
    memory_bytes_max: int = 768 << 20  # of the whole process; over it the greediest link is dropped
    memory_check_seconds: float = 2.0
    rebuild_first_seconds: float = 0.5
    rebuild_last_seconds: float = 30.0
