"""A world: one clock, one seed, many real peers. The code that ships, no model of it.

One heap of (time in ns, number, what happens) drives every `Peer.handle`, and performs its effects in memory. The same
scenario and seed give the same events in the same order: `trace` is the hash of all of them.
"""

import hashlib
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from ruil.crypto.contexts import TRACE
from ruil.crypto.keys import SigningKey, key_from_seed_and_name
from ruil.protocol import wire
from ruil.protocol.bodies import Body
from ruil.protocol.entry import Entry
from ruil.protocol.events import (
    Bidding,
    Blame,
    Drafted,
    DropLetter,
    Effect,
    Event,
    Hand,
    Keep,
    KeepLetter,
    Lost,
    Met,
    Noted,
    Recall,
    Recalled,
    Received,
    Restored,
    Review,
    Send,
    Serve,
    Show,
    Store,
    Tell,
    Wake,
    Woke,
    Wrote,
)
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, LetterId, MemberId, Millis, NeighbourId
from ruil.protocol.letters import Note
from ruil.protocol.opener import Opener
from ruil.protocol.peer import HEAL, STARTED, Peer
from ruil.protocol.revocations import open_proof
from ruil.protocol.sharing import Sharing
from ruil.simulations.links import NS_PER_MS, Links

START_MS: Final = 1_767_225_600_000  # 2026-01-01, so that times look like times


@dataclass(slots=True)
class Node:
    """A simulated node: a peer, and what a real one would have on its disk."""

    number: int
    member: SigningKey
    device: SigningKey
    peer: Peer
    disk: list[Entry] = field(default_factory=list)
    kept: dict[bytes, bytes] = field(default_factory=dict)
    letters: dict[LetterId, tuple[Note, bytes]] = field(default_factory=dict)
    neighbours: set[int] = field(default_factory=set)
    up: bool = True
    skew_ms: int = 0
    starts: int = 0
    wakes: dict[str, int] = field(default_factory=dict)
    neighbour: NeighbourId = field(init=False)  # how its neighbours name it

    def __post_init__(self) -> None:
        self.neighbour = NeighbourId(DeviceId(self.device.public))

    @property
    def id(self) -> MemberId:
        return MemberId(self.member.public)


class World:
    """Many nodes of one community on one clock. Watchers see every effect that tells something."""

    def __init__(self, community: CommunityId, seed: int, links: Links | None = None) -> None:
        self.community = community
        self.seed = seed
        self.now = 0
        self.links = links or Links(self.chance("links"))
        self.nodes: list[Node] = []
        self.watchers: list[Callable[[Node, Effect, int], None]] = []
        self.blamed: dict[str, int] = {}
        self.deliveries = 0
        self._opener = Opener(community, size=1_000_000, frames=4_096, bytes_max=1 << 40)
        self._sharing = Sharing(1_000_000)
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._number = 0
        self._rest_until = 0
        self._frame: wire.Frame | None = None
        self._data = b""
        self._trace = hashlib.blake2b(digest_size=32, person=TRACE)
        self._by_key: dict[NeighbourId, Node] = {}
        self._stored: dict[EntryId, Entry] = {}

    def chance(self, name: str) -> random.Random:
        """A stream of chance of its own for one concern, from the seed."""
        return random.Random(f"{self.seed}/{name}")

    @property
    def trace(self) -> str:
        """The hash of every event so far, in hex: equal for equal runs."""
        return self._trace.hexdigest()

    @property
    def checked(self) -> int:
        """How many signatures were really verified: each entry's once."""
        return self._opener.checked

    def millis(self, node: Node | None = None) -> Millis:
        """The time in ms since 1970, by a node's own clock if one is given."""
        return Millis(START_MS + self.now // NS_PER_MS + (node.skew_ms if node is not None else 0))

    # Nodes ----------------------------------------

    def add(self, member: SigningKey | None = None) -> Node:
        """One node more, with keys from the seed and its number."""
        number = len(self.nodes)
        seed = self.seed.to_bytes(8, "big") + number.to_bytes(24, "big")
        member = member or SigningKey.from_seed(key_from_seed_and_name(seed, "member"))
        device = SigningKey.from_seed(key_from_seed_and_name(seed, "device"))
        node = Node(number, member, device, self._peer(device, self._epoch(number, 0)))
        self.nodes.append(node)
        self._by_key[node.neighbour] = node
        self.feed(node, Woke(STARTED))
        return node

    def _peer(self, device: SigningKey, epoch: bytes) -> Peer:
        return Peer(self.community, device, epoch, self._opener, sharing=self._sharing)

    def _epoch(self, number: int, start: int) -> bytes:
        return number.to_bytes(4, "big") + (start + 1).to_bytes(4, "big")

    def link(self, one: Node, other: Node) -> None:
        """The two stay neighbours: linked now if they can be, and again whenever they can."""
        one.neighbours.add(other.number)
        other.neighbours.add(one.number)
        if one.up and other.up and self.links.joined(one.number, other.number):
            self._meet(one, other)

    def _meet(self, one: Node, other: Node) -> None:
        self.feed(one, Met(other.neighbour))
        self.feed(other, Met(one.neighbour))

    def _part(self, one: Node, other: Node) -> None:
        for node, gone in ((one, other), (other, one)):
            if node.up:
                self.feed(node, Lost(gone.neighbour))

    def crash(self, node: Node) -> None:
        """The node stops at once; its disk stays."""
        if node.up:
            node.up = False
            for number in sorted(node.neighbours):
                self._part(node, self.nodes[number])

    def restart(self, node: Node) -> None:
        """The node comes back with nothing but its disk."""
        if node.up:
            return
        node.starts += 1
        node.wakes.clear()
        node.peer = self._peer(node.device, self._epoch(node.number, node.starts))
        node.up = True
        for entry in sorted(node.disk, key=lambda entry: (entry.device, entry.seq)):
            self.feed(node, Restored(entry))
        for proof in node.kept.values():
            node.peer.book.freeze(open_proof(proof))
        for note, _ in node.letters.values():
            self.feed(node, Noted(note))
        self.feed(node, Woke(STARTED))
        for number in sorted(node.neighbours):
            other = self.nodes[number]
            if other.up and self.links.joined(node.number, number):
                self._meet(node, other)

    def split(self, islands: dict[int, int]) -> None:
        """Part the network, or join it again with an empty map."""
        pairs = [(a, b) for a in self.nodes for b in sorted(a.neighbours) if a.number < b]
        before = {(a.number, b): self.links.joined(a.number, b) for a, b in pairs}
        self.links.split(islands)
        for one, number in pairs:
            other = self.nodes[number]
            after = self.links.joined(one.number, number)
            if one.up and other.up and after != before[one.number, number]:
                (self._meet if after else self._part)(one, other)

    # Time ----------------------------------------

    def at(self, when: int, what: Callable[..., None], *arguments: Any) -> None:
        """Let something happen at `when` ns."""
        self._number += 1
        heapq.heappush(self._heap, (when if when > self.now else self.now, self._number, what, arguments))

    def run(self, until: int | None = None, progress: Callable[[int], None] | None = None) -> None:
        """Let time pass until `until` ns, or until nothing but the regular healing is left to happen."""
        heap, pop, done = self._heap, heapq.heappop, 0
        while heap and (until is None or heap[0][0] <= until):
            self.now, _, what, arguments = pop(heap)
            what(*arguments)
            done += 1
            if progress is not None and not done & 4095:
                progress(self.now)
        if until is not None:
            self.now = max(self.now, until)

    def leap(self, until: int) -> None:
        """Let time pass until `until` ns as `run` does, but put off all regular healing until then: for days in which
        nobody says anything, and 2880 empty comparisons a node and day would be all that happens."""
        self._rest_until = until
        self.run(until)

    # Events and effects ----------------------------------------

    def say(self, node: Node, body: Body | Review | Bidding, about: EntryId | None = None) -> EntryId:
        """The node's member says something. Returns the entry's id. Raises `Refused`."""
        effects = node.peer.handle(Drafted(body, about), self.millis(node))
        self._perform(node, effects)
        return next(effect.entry.id for effect in effects if isinstance(effect, Store))

    def write(self, node: Node, letter: Wrote) -> LetterId:
        """The node's member writes a letter. Returns its id. Raises `Refused`."""
        effects = node.peer.handle(letter, self.millis(node))
        self._perform(node, effects)
        return next(effect.note.id for effect in effects if isinstance(effect, KeepLetter))

    def show(self, node: Node, other: Node, frame: wire.Frame) -> None:
        """The node sends one frame that its peer did not ask for: what somebody with a program of their own can do."""
        self._transmit(node, other.neighbour, frame)

    def store(self, node: Node, entry: Entry) -> None:
        """Put an entry on the node's disk."""
        node.disk.append(entry)
        self._stored[entry.id] = entry

    def feed(self, node: Node, event: Event) -> None:
        """One event, at this instant, and all it leads to."""
        self._perform(node, node.peer.handle(event, self.millis(node)))

    def _perform(self, node: Node, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._transmit(node, effect.neighbour, effect.frame)
                case Store():
                    entry = effect.entry
                    self.store(node, entry)
                    self._trace.update(b"s%d" % node.number + entry.id)
                case Wake():
                    self._wake(node, effect.at, effect.reason)
                case Tell():
                    pass
                case Serve(neighbour, device, first, last):
                    self._serve(node, neighbour, device, first, last)
                case Show(neighbour, places):
                    logs = ((device, [self._read(node, device, seq).data for seq in seqs]) for device, seqs in places)
                    for frame in wire.lately(logs):
                        self._transmit(node, neighbour, frame)
                case Recall(device, seq):
                    self.feed(node, Recalled(self._read(node, device, seq)))
                case Keep(about, proof):
                    node.kept[about] = proof
                case KeepLetter(note, data):
                    before = node.letters.get(note.id, (note, b""))[1]
                    node.letters[note.id] = (note, before if data is None else data)
                    self._trace.update(b"l%d" % node.number + note.id)
                case DropLetter(letter):
                    del node.letters[letter]
                case Hand(neighbour, letters):
                    for data in (node.letters[each][1] for each in letters if each in node.letters):
                        if data:
                            self._transmit(node, neighbour, wire.Carry(data))
                case Blame(_, reason, _):
                    self.blamed[reason] = self.blamed.get(reason, 0) + 1
                case _:
                    assert_never(effect)
            for watch in self.watchers:
                watch(node, effect, self.now)

    def _transmit(self, node: Node, neighbour: NeighbourId, frame: wire.Frame) -> None:
        other = self._by_key[neighbour]
        if not other.up or not self.links.joined(node.number, other.number):
            return
        if frame is not self._frame:  # one push goes to several neighbours: its bytes are made once
            self._frame, self._data = frame, wire.encode(frame)
        data = self._data
        arrives = self.links.carry(node.number, other.number, len(data), self.now)
        if arrives is None:
            self.at(self.now + NS_PER_MS, self._compare_again, node, other)
            return
        self._number += 1  # as `at`, written out: it is most of what happens
        what = node, other, data, node.starts, other.starts
        heapq.heappush(self._heap, (arrives, self._number, self._deliver, what))

    def _deliver(self, sender: Node, receiver: Node, data: bytes, sent_by: int, sent_to: int) -> None:
        """`sent_by`, `sent_to`: which of their starts the two were in; a link does not outlive a crash."""
        linked = receiver.up and sender.up and self.links.joined(sender.number, receiver.number)
        if linked and sent_by == sender.starts and sent_to == receiver.starts:
            self.deliveries += 1
            self._trace.update(b"d%d,%d,%d" % (self.now, sender.number, receiver.number) + data)
            now = Millis(START_MS + self.now // NS_PER_MS + receiver.skew_ms)
            effects = receiver.peer.handle(Received(data, sender.neighbour), now)
            if effects:
                self._perform(receiver, effects)

    def _compare_again(self, one: Node, other: Node) -> None:
        """A frame was dropped: as a real node does after an overflow, the link begins anew."""
        if one.up and other.up and self.links.joined(one.number, other.number):
            self._part(one, other)
            self._meet(one, other)

    def _serve(self, node: Node, neighbour: NeighbourId, device: DeviceId, first: int, last: int) -> None:
        data = (self._read(node, device, seq).data for seq in range(first, last + 1))
        for part in wire.entries(device, data):
            self._transmit(node, neighbour, part)

    def _read(self, node: Node, device: DeviceId, seq: int) -> Entry:
        """An entry on the node's disk. One index serves all disks: 500 of them would be most of a run."""
        ids = node.peer.book.logs[device].ids
        if seq < len(ids):
            return self._stored[EntryId(ids[seq])]
        # The log was cut by what came in the same frame; the disk keeps what stood behind the cut.
        return next(entry for entry in node.disk if entry.device == device and entry.seq == seq)

    def _wake(self, node: Node, at: int, reason: str) -> None:
        due = (at - START_MS - node.skew_ms) * NS_PER_MS
        asked = node.wakes.get(reason)
        if asked is not None and asked <= due and asked > self.now:
            return
        node.wakes[reason] = due
        self.at(due, self._woken, node, reason, due, node.starts)

    def _woken(self, node: Node, reason: str, due: int, starts: int) -> None:
        if node.up and node.starts == starts and node.wakes.get(reason) == due:
            del node.wakes[reason]
            if reason == HEAL and self.now < self._rest_until:
                self._wake(node, START_MS + node.skew_ms + self._rest_until // NS_PER_MS + node.number, reason)
            else:
                self.feed(node, Woke(reason))
