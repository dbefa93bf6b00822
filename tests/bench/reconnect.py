"""Figure 7: two neighbours meet again after 10 of 1,000 logs have changed at one of them.

Two Peers that ship, and the frames as they are on the wire. They have met before in this run and hold the same; then
the link is gone, ten members say something that only one of the two hears of, and the link is back. Counted until the
first `Entries`: the bytes of all frames, in both directions, and how often one side waits for an answer of the other
after both have said `Hello`, which neither waits for.

The same with two real hosts, each a process of its own, linked over TCP that is cut and mended (reconnect_ruil.py): the
bytes of all frames that came to either before the first `Entries` did.

The peer: a version vector, packed: the size of every log in the order of device keys, in as few bytes as it takes. It
names no head, so no fork shows; what is unequal is so in its favour.
"""

import time
from collections.abc import Iterator

from ruil.protocol import wire
from ruil.protocol.bodies import Listing
from ruil.protocol.entry import open_entry
from ruil.protocol.events import Effect, Lost, Met, Received, Restored, Send, Serve
from ruil.protocol.ids import DeviceId, Millis, NeighbourId
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.peer import Peer
from tests.bench import town
from tests.bench.measure import figure

LOGS = 1_000
CHANGED = 10
BYTES = 600.0


class End:
    """One of the two, with what it has on its disk."""

    def __init__(self, device: town.Device, people: list[town.Device], now: Millis) -> None:
        self.name = NeighbourId(device.log.device)
        self.peer = Peer(device.community, device.key, device.log.device[:8])
        self.disk = {each.log.device: each.said for each in people}
        self.now = now
        for each in people:
            for data in each.said:
                self.read(each.log.device, data)

    def read(self, device: DeviceId, data: bytes) -> None:
        self.peer.handle(Restored(open_entry(data, self.peer.community, device)), self.now)

    def say(self, effects: list[Effect]) -> list[wire.Frame]:
        """The frames that these effects send; stored entries are served at once."""
        frames: list[wire.Frame] = [each.frame for each in effects if isinstance(each, Send)]
        for each in effects:
            if isinstance(each, Serve):
                frames += wire.entries(each.device, self.disk[each.device][each.first : each.last + 1])
        return frames


def meet(one: End, other: End) -> list[list[wire.Frame]]:
    """What they say to each other until neither has anything to say: flight by flight, of both."""
    ends, flights = (one, other), list[list[wire.Frame]]()
    waiting = [
        each.say(each.peer.handle(Met(against.name), each.now)) for each, against in zip(ends, ends[::-1], strict=True)
    ]
    while any(waiting):
        flights.append([frame for said in waiting for frame in said])
        heard = waiting[::-1]
        waiting = [
            [
                frame
                for each in frames
                for frame in end.say(end.peer.handle(Received(wire.encode(each), from_.name), end.now))
            ]
            for end, from_, frames in zip(ends, ends[::-1], heard, strict=True)
        ]
    return flights


def reconnect() -> Iterator[dict[str, object]]:
    """Bytes and round trips before the entries, against the bars and a packed version vector."""
    now = Millis(int(time.time() * 1000))
    people = town.people(LOGS, now - 30 * DAY)
    one, other = End(people[0], people, now), End(people[1], people, now)
    meet(one, other)
    for end, gone in ((one, other), (other, one)):
        end.peer.handle(Lost(gone.name), now)
    for who in people[100 : 100 + CHANGED]:
        said = who.say(Listing("offer", "bread", "Loaf", 4, "loaf", Millis(now + DAY)), now)
        one.read(who.log.device, said.data)
    flights = meet(one, other)
    first = next(number for number, said in enumerate(flights) if any(isinstance(each, wire.Entries) for each in said))
    before = sum(len(wire.encode(each)) for said in flights[:first] for each in said)
    assert other.peer.book.digest() == one.peer.book.digest()
    vector = sum((log.size.bit_length() + 6) // 7 for log in one.peer.book.logs.values())
    what = f"reconnect after {CHANGED} of {LOGS:,} logs changed: "
    yield figure(what + "bytes before the entries", before, "bytes", before / BYTES, 1.0, at_most=True)
    trips = (first - 1) / 2
    yield figure(
        what + "round trips after the hellos, before the entries", trips, "round trips", trips, 1.0, at_most=True
    )
    yield figure(
        what + "a packed version vector (ratio: ours / it)", vector, "bytes", before / vector, 1.0, at_most=True
    )
    yield from _real(what + "in two real processes, ", now)


def _real(what: str, now: Millis) -> Iterator[dict[str, object]]:
    from tests.bench import reconnect_ruil  # libp2p: the two Peers above do without

    since = now - LOGS * HOUR - DAY
    people, later = town.people(LOGS, since), town.people(LOGS, since)  # the same, of whom some say more
    news: list[tuple[DeviceId, bytes]] = []
    for who in later[100 : 100 + CHANGED]:
        news.append(
            (who.log.device, who.say(Listing("offer", "bread", "Loaf", 4, "loaf", Millis(now + DAY)), now).data)
        )
    came = [(each.end, wire.decode(each.frame), len(each.frame)) for each in reconnect_ruil.reconnected(people, news)]
    first = next(number for number, (_, frame, _) in enumerate(came) if isinstance(frame, wire.Entries))
    before = sum(size for _, _, size in came[:first])
    yield figure(what + "bytes before the entries", before, "bytes", before / BYTES, 1.0, at_most=True)
    trips = sum(isinstance(frame, wire.Want) for _, frame, _ in came[:first])
    yield figure(what + "how often something was asked for before them", trips, "round trips", trips, 1.0, at_most=True)
