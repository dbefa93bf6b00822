"""A town on a disk: a community of 1,000 members and 200,000 entries, all truly signed, in the profile of its founder.

Members came in along invitations, five levels deep, over two years. In pairs they then list what they have (most of it
over by now; the last two of each are open) and trade, each trade proposed, accepted, delivered and received. Times end
now, since a node reads the clock. Built by as many processes as the machine has processors.
"""

import contextlib
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruil.crypto.keys import SigningKey, key_from_seed_and_name
from ruil.node import identity
from ruil.node.identity import Identity
from ruil.node.profile import opened
from ruil.node.store import Store
from ruil.protocol import charters, invitations, members
from ruil.protocol.bodies import (
    Accept,
    Admit,
    Body,
    Commitment,
    Deliver,
    Enter,
    Found,
    Listing,
    Profile,
    Propose,
    Receive,
)
from ruil.protocol.charters import Charter
from ruil.protocol.entry import Entry, open_entry, seal
from ruil.protocol.ids import CommunityId, DeviceId, MemberId, Millis, Reference
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.log import Log
from tests.node.setbacks import remembering

MEMBERS = 1_000
ENTRIES = 200_000
GUESTS = 4  # whom each member let in
OPEN = 2  # listings of each member that are still open
YEARS_MS = 700 * DAY
TRADE_EVERY = 2  # a trade for so many listings of a pair


class Device:
    """A member with one device that signs what it is told; its last entry is always in the log."""

    def __init__(self, number: int, community: CommunityId) -> None:
        seed = number.to_bytes(32, "big")
        self.name = f"Member {number}"
        self.owner = SigningKey.from_seed(key_from_seed_and_name(seed, "town member"))
        self.key = SigningKey.from_seed(key_from_seed_and_name(seed, "town device"))
        self.member = MemberId(self.owner.public)
        self.community = community
        self.log = Log(DeviceId(self.key.public))
        self.said: list[bytes] = []

    def say(self, body: Body, at: int, about: Entry | None = None) -> Entry:
        """Sign it as the next entry."""
        reference = Reference(about.device, about.seq, about.id) if about is not None else None
        place = {"seq": self.log.size, "root": self.log.range.root()}
        at_ = Millis(max(at, self.log.at))
        entry = seal(self.key, self.community, body, at=at_, salt=bytes(16), reference=reference, **place)
        self.log.append(entry)
        self.said.append(entry.data)
        return entry


@dataclass(frozen=True, slots=True)
class Town:
    """What stands on the disk: the founder's profile, and how much of what there is."""

    home: Path
    community: CommunityId
    founder: SigningKey
    members: int
    entries: int
    open: int


def build(home: Path, *, members_: int = MEMBERS, entries: int = ENTRIES, snapshot: bool = True) -> Town:
    """The founder's profile in `home`. `snapshot`: opened once, so that its next start is quick."""
    now = int(time.time() * 1000)
    everybody = people(members_, now - YEARS_MS)
    founder = everybody[0]
    each = entries // members_
    parts = [
        (founder.community, now, each, number, (first.said, second.said))
        for number, first, second in zip(range(0, members_, 2), everybody[::2], everybody[1::2], strict=True)
    ]
    founding = open_entry(founder.said[1], founder.community, founder.log.device).body
    assert isinstance(founding, Found)
    entrance = "charter:" + founding.charter.hex()
    identity.write(
        home, Identity(founder.owner, founder.key, founder.name, "town", founder.community, entrance=entrance)
    )
    store = Store(home, founder.log.device)
    total = open_ = 0
    with contextlib.ExitStack() as stack:
        small = entries < 10_000  # then other processes would take longer to start
        spoken = map(_pair, parts) if small else _in_processes(stack, parts)
        for logs, left in spoken:
            open_ += left
            for device, said in logs:
                total += len(said)
                store.append([open_entry(data, founder.community, device) for data in said])
    store.close()
    if snapshot:
        with remembering(home.with_name("state")), opened(home) as profile:
            assert profile.peer.book.entries() == total
    return Town(home, founder.community, founder.owner, members_, total, open_)


def _in_processes(stack: contextlib.ExitStack, parts: list["_Part"]) -> Iterator["_Spoken"]:
    pool = stack.enter_context(multiprocessing.get_context("forkserver").Pool(os.cpu_count()))
    return pool.imap_unordered(_pair, parts, chunksize=8)


def people(count: int, since: int) -> list[Device]:
    """Everybody, let in along a tree of invitations."""
    owner = Device(0, CommunityId(bytes(32))).owner
    community, founding = charters.found(owner, Charter("The town", MemberId(owner.public), since, bytes(16)))
    people = [Device(number, community) for number in range(count)]
    for number, who in enumerate(people):
        at = since + number * HOUR
        who.say(members.certify(who.owner, who.log.device, "desktop", at), at)
        if number == 0:
            who.say(founding, at)
        else:
            host = people[(number - 1) // GUESTS]
            invitation = invitations.invite(host.key, community, number.to_bytes(16, "big"), (at + DAY) // 1000)
            entrance = who.say(invitations.enter(who.owner, who.log.device, invitation), at)
            assert isinstance(entrance.body, Enter)
            host.say(Admit(entrance.body.token), at, entrance)
        who.say(Profile(who.name), at)
    return people


_Part = tuple[CommunityId, int, int, int, tuple[list[bytes], list[bytes]]]


_Spoken = tuple[list[tuple[DeviceId, list[bytes]]], int]


def _pair(part: _Part) -> _Spoken:
    """What two neighbours say to the end: (their logs, how many of their listings are open)."""
    community, now, entries, number, begun = part
    pair = Device(number, community), Device(number + 1, community)
    for who, said in zip(pair, begun, strict=True):
        for data in said:
            who.log.append(open_entry(data, community, who.log.device))
            who.said.append(data)
    since = max(who.log.at for who in pair)
    turns = list(_turns(2 * entries - sum(who.log.size for who in pair)))
    for turn, what in enumerate(turns):
        at = since + (now - since) * turn // len(turns)
        giver, taker = pair if turn % 2 else pair[::-1]
        if what == "trade":
            _trade(giver, taker, at)
        else:
            last = len(turns) - turn <= 2 * OPEN
            giver.say(_listing(turn, now + 20 * DAY if last else at + DAY), at)
    return [(who.log.device, who.said) for who in pair], min(len(turns), 2 * OPEN)


def _turns(room: int) -> Iterator[str]:
    """Listings with a trade now and then, as many as make `room` entries; listings at the end."""
    trades = room // (4 + TRADE_EVERY)
    listings = room - 4 * trades
    for turn in range(listings):
        if turn % TRADE_EVERY == 0 and turn // TRADE_EVERY < trades and turn < listings - 2 * OPEN:
            yield "trade"
        yield "listing"
    skipped = trades - min(trades, -(-(listings - 2 * OPEN) // TRADE_EVERY))
    for _ in range(4 * skipped):
        yield "listing"


def _trade(giver: Device, taker: Device, at: int) -> None:
    promised = Commitment(giver.member, taker.member, "transfer", "bread", 2, "loaf", at + DAY)
    proposal = giver.say(Propose(tuple(sorted((giver.member, taker.member))), (promised,), Millis(at + HOUR)), at)
    taker.say(Accept(), at, proposal)
    given = giver.say(Deliver(0, 2), at, proposal)
    taker.say(Receive(given.id, 2), at, proposal)


def _listing(number: int, ends: int) -> Listing:
    text = "Baked this morning, to be had at the gate until the evening. " * 2
    return Listing("offer", "bread", f"Loaf number {number}", 4, "loaf", Millis(ends), text=text, tags=("bread",))
