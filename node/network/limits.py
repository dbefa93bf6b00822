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
    # However many came to us, so many we dialled ourselves, since whoever would cut us off comes in crowds. Two are
    # enough while one of them is honest; with four one may be away and one be the attacker's.
    neighbours_own: int = 4
    # Now and then one of those that chance gave us makes room for another, so that nobody stays the only one we hear.
    rotate_seconds: float = 1_800.0
    # Strangers half way in; each is cut after handshake_seconds. One more takes the place of the oldest of the network
    # that has most of them half way in, so that whoever says nothing keeps nobody out.
    handshakes_max: int = 32
    links_per_network: int = 4  # per public /24 or /48: one host must not fill our table (eclipse)
    links_per_private_network: int = 70  # a home or an office is one private network: all neighbours, and some to spare
    streams_per_connection: int = 16  # ours, as many circuits as links may come in by one relay, a stranger's identify
    # Handshakes begun: each costs us 6 ms of CPU before we know who it is, and a new key costs a stranger nothing.
    arrivals_per_second: float = 1.0  # from one public /24 or /48, after a burst
    arrivals_burst: int = 16
    private_arrivals_per_second: float = 10.0  # a home or an office, and all nodes of one machine
    private_arrivals_burst: int = 140  # twice all links it may have: everybody came back at once
    all_arrivals_per_second: float = 20.0  # an eighth of one core, whatever how many networks they come from
    all_arrivals_burst: int = 200
    networks_remembered: int = 1024

    targets_max: int = 256  # addresses we keep trying
    dials_max: int = 32  # of those at once

    # A link's queue: about 10 s of a slow line. What does not fit marks the neighbour for sync. Sixty who read nothing
    # may not cost more memory than all the rest of the node.
    queue_bytes: int = 3 << 19
    queue_frames: int = 8192
    batch_bytes: int = 65_000  # one write of many small frames: one encryption and one system call for all
    # Unread per connection before we stop reading the socket (yamux itself has no bound): two windows of yamux.
    unread_bytes: int = 512 << 10

    # How long.
    handshake_seconds: float = 10.0
    stream_seconds: float = 10.0  # a connection that carries no frame stream by then is closed
    ping_seconds: float = 25.0  # shorter than the 30-60 s after which home routers forget a silent connection
    quiet_seconds: float = 5.0  # whoever said something so lately is not asked whether they are there
    pings_missed_max: int = 2
    frame_seconds: float = 60.0  # from the first byte of a frame to its last: 1 MiB at 17 kB/s
    probe_seconds: float = 3.0  # a second connection from a neighbour: is the first one still alive?
    close_seconds: float = 1.0  # for a polite goodbye; then the socket is closed under it

    # Dialling.
    redial_first_seconds: float = 0.25
    redial_last_seconds: float = 60.0
    redial_forget_seconds: float = 10.0  # a link that lived this long starts the waiting afresh
    missing_seconds: float = 3600.0  # since they were linked: for an hour somebody is only restarting, or out of reach
    redial_missing_seconds: float = (
        1.5  # who is missing is tried so often, eight of them: they shall be back within 2 s
    )
    # What the peer book names, while we want more neighbours.
    book_targets: int = 64  # addresses of it tried at a time, of devices chosen by chance
    book_addresses: int = 4  # of one device
    book_tries: int = 3  # without an answer, then another device's turn
    book_seconds: float = 30.0  # how often the book is looked into again
    knocks_per_second: float = 4.0  # in all: eight neighbours are found in seconds, and no scan is fast
    knocks_burst: int = 8
    knock_again_seconds: float = 2.0  # at one host, whatever it is called; doubled each time nobody answers
    knock_last_seconds: float = 600.0  # a thousand nodes who were told of one victim are two handshakes a second there
    larger_key_waits_seconds: float = 1.5  # both discover each other at once: the smaller key dials first

    # Relaying for others, which is off unless the member turns it on.
    relay_slots: int = 60  # who can be reached through us: neighbours that may read, and of those there are no more
    relay_slot_seconds: float = 3600.0  # asked for again at half of it
    relay_circuits: int = 32  # each holds up to two yamux windows, 0.5 MB
    relay_circuits_strange: int = 8  # of those by who may not read here: guests on their way in, for a minute or two
    relay_circuits_per_peer: int = 4  # with one at either end: nobody takes all
    relay_circuit_seconds: float = 3600.0  # then the two ends begin a new one, if they still need it
    relay_circuit_bytes: int = 64 << 20  # both ways together: the history of a village, and a day's gossip many times
    relay_peer_bytes: int = 512 << 20  # per day, of one who opens circuits: an evening of pictures, no film library
    relay_peer_seconds: float = 86_400.0
    relay_bytes_per_second: float = 1 << 20  # of one circuit: a home's uplink is 1 to 5 MB/s, and is the member's own
    # Being relayed.
    slots_wanted: int = 2  # relays that keep a slot for us: one may go away
    slot_retry_seconds: float = 0.5  # after a relay had no place or did not know us yet; doubled up to redial_last
    links_per_relay: int = 8  # that come in by one relay: it must not fill our table (eclipse)
    direct_first_seconds: float = 1.0  # a way through a relay waits so long for a direct one

    # Blame.
    blame_max: int = 10
    blame_half_life_seconds: float = 600.0
    refuse_seconds: float = 600.0
    refused_max: int = 4096  # keys cost nothing to make, so what we remember of them is bounded

    # The host as a whole.
    memory_bytes_max: int = 768 << 20  # of the whole process; over it the greediest connection is ended
    links_bytes_max: int = 96 << 20  # of all queues and of what came and was not heard yet: the same
    # Looked at after so many bytes came or were queued, which is one link's share and some; else so seldom.
    memory_check_bytes: int = 4 << 20
    memory_check_seconds: float = 30.0
    memory_rest_seconds: float = 0.1  # a look costs 1 ms with sixty links
    rebuild_first_seconds: float = 0.5
    rebuild_last_seconds: float = 30.0
