"""The pump: the only caller of `Peer.handle`. Performs effects in order: store, then send.

One task owns the peer and the store; everybody else puts a job in a bounded channel and waits for its answer. What a
neighbour sends is paid for (rations.py), waits in their own lane (lanes.py), and is checked in threads, fifty entries a
piece, before the peer reads it: the page stays quick, and nobody waits behind somebody else's flood. Many jobs that
wait are handled in one go with one commit; nothing is sent before that commit returned.
"""

import math
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Protocol, TypeGuard, assert_never

import trio

from ruil.node import clock
from ruil.node.errors import DiskRefused, Stopped
from ruil.node.lanes import Lanes, Part
from ruil.node.letters import Letters
from ruil.node.rations import Rations
from ruil.node.store import Store
from ruil.protocol import wire
from ruil.protocol.entry import Entry, is_whole, open_entries, open_entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.events import (
    Blame,
    Doubted,
    Drafted,
    DropLetter,
    Effect,
    Ended,
    Event,
    Forgot,
    Hand,
    Keep,
    KeepLetter,
    Lost,
    Met,
    Placed,
    Recall,
    Recalled,
    Received,
    Remembered,
    Saw,
    Send,
    Serve,
    Show,
    Tell,
    Vouched,
    Wake,
    Woke,
    Wrote,
)
from ruil.protocol.events import Store as Keeping
from ruil.protocol.ids import DeviceId, EntryId, LetterId, Millis, NeighbourId
from ruil.protocol.limits import FRAME_ENTRIES_BYTES, RANGES_MAX
from ruil.protocol.opener import Opener
from ruil.protocol.peer import STARTED, Peer

HEARD_MAX = 150  # entries checked and not yet handled: three pieces, so that one is checked while another is handled
ALONE = 5  # entries that a frame of one counts as: it is kept, passed on and answered by itself
JOBS_AT_ONCE = 64  # events handled between two commits
JOBS_MAX = 1_024  # that wait; after that whoever has one waits
SERVES_MAX = 2 * RANGES_MAX  # ranges that wait to be served to one neighbour: one whole `Want` and more
CLOCK_STEP_SECONDS = 0.1  # a clock that is set right by less than this was not set back
SERVE_AT_ONCE = 512  # entries read at a time: usually one frame, and of the longest there are not more than 32 MiB


# What has to wait for a disk or a thread.
_NOT_QUICK = KeepLetter | DropLetter | Recall | Keep


class Links(Protocol):
    """What the pump needs of the network. The network may be away; then nothing is linked."""

    def send(self, neighbour: bytes, frame: bytes, *, now: bool = False) -> bool: ...
    async def wait_room(self, neighbour: bytes, size: int) -> bool: ...
    def blame(self, neighbour: bytes, reason: str, weight: int = 1) -> None: ...


class Watch(Protocol):
    """What the pump needs of the lease: what speaks against signing now, and a place to tell what became of it."""

    def doubts(self) -> Doubted | Ended | None: ...
    def heard(self, told: Tell) -> None: ...


@dataclass(slots=True)
class _Job:
    event: Event
    done: trio.Event = field(default_factory=trio.Event)
    said: Entry | None = None
    wrote: LetterId | None = None
    kept: bool = False
    refused: Refused | None = None
    entries: int = 0  # of HEARD_MAX
    effects: list[Effect] | None = None  # what it led to, when the peer was asked already
    trouble: BaseException | None = None  # what came of asking, likewise
    asked: bool = False  # what came was asked for


class Pump:
    """Feeds one peer. `telling` is called for every `Tell`, on the loop, and must be quick. `now` tells the time in ms
    since 1970 (this machine's clock, when not given); it must pass as the loop's own time does."""

    def __init__(
        self,
        peer: Peer,
        store: Store,
        letters: Letters,
        opener: Opener,
        links: Links,
        telling: Callable[[Tell], None] = lambda _: None,
        now: Callable[[], Millis] | None = None,
        lease: Watch | None = None,
    ) -> None:
        self.peer = peer
        self._store = store
        self._letters = letters
        self._opener = opener
        self._links = links
        self._telling = telling
        self._lease = lease
        self._now = now if now is not None else clock.now
        self._jobs, self._taking = trio.open_memory_channel[_Job](JOBS_MAX)
        self._rations = Rations(self._payer)
        self._lanes = Lanes()
        self._heard = 0  # entries, of HEARD_MAX
        self._waiting = 0  # jobs that were put, and are not being handled yet
        self._working = True  # handles some, or has not begun
        self._calm_from = 0.0  # in the loop's time: frames are handled on the spot half of the time at most
        self._hearing = False  # a part of somebody's frame is on its way to the peer
        self._fewer = trio.Event()
        self._linked: set[NeighbourId] = set()
        self._near: set[NeighbourId] = set()  # those on a private network
        self._missed: set[NeighbourId] = set()  # frames for them were dropped: met again once there is room
        self._lines: dict[NeighbourId, deque[Serve | Hand | Show]] = {}  # what each is still to be served
        # What waits for a link. Without a bound of its own: there are at most two for a neighbour.
        self._errands, self._sent_on = trio.open_memory_channel[Callable[[], Awaitable[None]]](math.inf)
        self._wakes: dict[
            str, tuple[int, float]
        ] = {}  # reason -> the date, and by when at the latest, in the loop's time
        self._wake_changed = trio.Event()
        self._sayers: set[trio.Event] = set()
        self._ended: Stopped | None = None
        self._ahead = False  # the peer has heard what is not on the disk yet

    async def say(self, draft: Drafted) -> EntryId:
        """Say something for our member. Returns when it is on the disk. Raises `Refused`, or `DiskRefused` when the
        disk did not take it."""
        job = await self._do(_Job(draft))
        assert job.said is not None
        return job.said.id

    async def write(self, letter: Wrote | Saw | Forgot) -> LetterId | None:
        """Do something about letters for our member, as `say`. Returns the id of a letter that was written."""
        return (await self._do(_Job(letter))).wrote

    async def _do(self, job: _Job) -> _Job:
        self._sayers.add(job.done)
        try:
            if self._ended is None:
                await self._put(job)
                await job.done.wait()
        finally:
            self._sayers.discard(job.done)
        if job.refused is not None:
            raise job.refused
        if job.kept:
            return job
        assert self._ended is not None
        raise self._ended

    async def feed(self, event: Placed | Remembered) -> None:
        """Where this device is, or what was known of where others are."""
        await self._put(_Job(event))

    async def vouch(self) -> None:
        """The member says that nothing was set back."""
        await self._tell_peer(Vouched())

    async def doubt(self, why: str) -> None:
        """What this device said last may be missing."""
        await self._tell_peer(Doubted(why))

    async def end(self, why: str) -> None:
        """This device signs nothing more."""
        await self._tell_peer(Ended(why))

    async def _put(self, job: _Job) -> None:
        self._waiting += 1
        try:
            await self._jobs.send(job)
        except BaseException:
            self._waiting -= 1
            raise

    def _put_nowait(self, job: _Job) -> None:
        self._jobs.send_nowait(job)
        self._waiting += 1

    async def _tell_peer(self, event: Event) -> None:
        job = _Job(event)
        await self._put(job)
        await job.done.wait()

    async def met(self, neighbour: bytes, *, near: bool = False) -> None:
        """A link is up. `near`: on a private network."""
        who = NeighbourId(DeviceId(neighbour))
        self._linked.add(who)
        self._rations.begin(who)
        self._lanes.open(who)
        (self._near.add if near else self._near.discard)(who)
        await self._put(_Job(Met(who, near)))

    async def lost(self, neighbour: bytes) -> None:
        """A link is down."""
        who = NeighbourId(DeviceId(neighbour))
        self._linked.discard(who)
        self._rations.end(who)
        self._near.discard(who)
        self._lanes.close(who)
        await self._put(_Job(Lost(who)))

    def hear(self, neighbour: bytes, frame: bytes) -> Callable[[], Awaitable[None]] | None:
        """A frame came from a neighbour who was met. When it can not be taken yet, returns what to wait for until it
        is: whoever reads the link reads no further before, so that a neighbour who sends more than their share is read
        more slowly."""
        who = NeighbourId(DeviceId(neighbour))
        try:
            read = self._opener.read(frame)
        except Rejected:
            read = None  # the peer says so, with blame
        owed, asked = self._rations.owes(who, read, len(frame), trio.current_time())
        # What is not looked at here may wait as bytes: 10,000 heads in Python take five times as much memory.
        part = Part(frame, read if _is_long(read) else None, asked)
        if not owed and self._hear_at_once(who, part):
            return None
        return partial(self._wait_turn, who, part, owed)

    async def receive(self, neighbour: bytes, frame: bytes) -> None:
        """As `hear`, and wait for what is to be waited for."""
        wait = self.hear(neighbour, frame)
        if wait is not None:
            await wait()

    async def _wait_turn(self, who: NeighbourId, part: Part, owed: float) -> None:
        if owed:
            await trio.sleep(owed)
        await self._lanes.put(who, part)

    def _hear_at_once(self, who: NeighbourId, part: Part) -> bool:
        """While nobody waits in a lane, what needs no thread is not put there either; and while the peer has nothing
        else to do, it is handled on the spot. That is what most frames of a calm community are, and each task that they
        pass through costs a node about as much as the frame itself."""
        free = not self._hearing and self._lanes.is_idle(who) and self._heard + ALONE <= HEARD_MAX
        if not free or _is_long(part.read):
            return False
        job = _Job(Received(part.frame, who), entries=ALONE, asked=part.asked)
        if self._is_calm():
            self._heard += ALONE
            self._handle_now(job)
            return True
        if self._waiting >= JOBS_MAX:
            return False
        self._heard += ALONE
        self._put_nowait(job)
        return True

    def _payer(self, neighbour: NeighbourId) -> bytes | None:
        """Who knows nobody yet takes everybody for a member."""
        if not self.peer.book.members.founded or self.peer.returning:
            return neighbour
        return self.peer.reader(neighbour)

    async def _hear(self) -> None:
        while True:
            self._hearing = False
            neighbour, part = await self._lanes.take()
            self._hearing = True
            count = await self._check(neighbour, part.read)
            while self._heard and self._heard + count > HEARD_MAX:
                self._fewer = trio.Event()
                await self._fewer.wait()
            self._heard += count
            await self._put(_Job(Received(part.frame, neighbour), entries=count, asked=part.asked))

    async def _check(self, neighbour: NeighbourId, read: wire.AnyFrame | None) -> int:
        """Check the entries of a frame in a thread, before the peer reads it; how many there are, of HEARD_MAX."""
        if not _is_long(read):
            return ALONE
        good, all_good, seconds = await trio.to_thread.run_sync(
            _open_all, read.entries, self._opener, DeviceId(read.device)
        )
        self._lanes.charge(neighbour, seconds)
        for entry in good:
            self._opener.know(entry)
        if not all_good:
            self._lanes.skip(neighbour)  # the peer reads no further either
        return len(read.entries)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. Raises `DiskRefused` when the disk does not take an entry: then nothing of it was sent."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._or_end, self._keep_time)
                nursery.start_soon(self._run_errands)
                nursery.start_soon(self._hear)
                await self._or_end(partial(self._handle, [_Job(Woke(STARTED))]))
                task_status.started()
                await self._or_end(self._work)
        finally:
            self._end(Stopped("This node stopped before it was said. Say it again."))

    async def _or_end(self, part: Callable[[], Awaitable[None]]) -> None:
        """When the disk refuses, everybody who waits for it is told before the node stops."""
        try:
            await part()
        except DiskRefused as why:
            self._end(why)
            raise

    def _end(self, why: Stopped) -> None:
        """Nothing more is said here: whoever waits is told."""
        self._ended = self._ended or why
        for done in self._sayers:
            done.set()

    async def _work(self) -> None:
        while True:
            self._working = False
            job = await self._taking.receive()
            self._working = True
            jobs = [job]
            while len(jobs) < JOBS_AT_ONCE:
                try:
                    jobs.append(self._taking.receive_nowait())
                except trio.WouldBlock:
                    break
            self._waiting -= len(jobs)
            if job.trouble is not None:
                raise job.trouble
            if job.effects is not None:  # its peer is ahead: nothing else may be asked before this is kept
                await self._settle(jobs[:1], job.effects)
                del jobs[0]
            if jobs:
                await self._handle(jobs)

    def _is_calm(self) -> bool:
        return not self._working and not self._waiting and trio.current_time() >= self._calm_from

    def _handle_now(self, job: _Job) -> None:
        """As `_handle`, for one job and without a wait; what needs one is left to the working task. So is trouble: it
        ends the node, and whoever reads the link may take it for the link's and go on."""
        began = trio.current_time()
        try:
            effects = self._ask_all([job])
            if self._keep_quickly(effects):
                self._kept([job])
                self._perform_all(effects, now=True)
            else:
                job.effects = effects
                self._put_nowait(job)
        finally:
            if (trouble := sys.exception()) is not None:
                job.trouble = trouble
                self._put_nowait(job)
        ended = trio.current_time()
        self._calm_from = ended + (ended - began)

    def _keep_quickly(self, effects: list[Effect]) -> bool:
        """Keep what an event led to without a wait, if that is possible."""
        entries = [effect.entry for effect in effects if isinstance(effect, Keeping)]
        if any(isinstance(effect, _NOT_QUICK) for effect in effects):
            return False
        return not entries or self._store.append_quickly(entries)

    async def _handle(self, jobs: list[_Job]) -> None:
        await self._settle(jobs, self._ask_all(jobs))

    def _ask_all(self, jobs: list[_Job]) -> list[Effect]:
        # A peer that is ahead of the disk, because the disk refused or all was cancelled, is never asked again: what it
        # said next would follow what may be nowhere. A start reads what really is there (docs/decisions/0018).
        assert not self._ahead, "a peer whose words were not kept is asked again"
        self._ahead = True
        effects: list[Effect] = []
        if self._lease is not None and (doubt := self._lease.doubts()) is not None:
            effects += self.peer.handle(doubt, self._now())
        for job in jobs:
            effects += self._ask(job)
        return effects

    async def _settle(self, jobs: list[_Job], effects: list[Effect]) -> None:
        """Keep what jobs led to, and then do it."""
        news = effects  # each is kept once: a second time would be a second entry at its place
        while True:
            await self._keep(news)
            recalls = [effect for effect in news if isinstance(effect, Recall)]
            if not recalls:
                break
            news = []
            for recall, (data,) in zip(recalls, await trio.to_thread.run_sync(self._recalled, recalls), strict=True):
                stored = open_entry(data, self.peer.community, recall.device)
                news += self.peer.handle(Recalled(stored), self._now())
            effects += news
        cuts = [(effect.about, effect.proof) for effect in effects if isinstance(effect, Keep)]
        self._kept(jobs)
        if cuts:
            await trio.to_thread.run_sync(self._store.keep_all, cuts)
        self._perform_all(effects, now=len(jobs) == 1 and not self._waiting)

    def _kept(self, jobs: list[_Job]) -> None:
        """Whoever waits for these jobs is told."""
        self._ahead = False
        for job in jobs:
            job.kept = True  # whatever becomes of the rest: nobody may be told that it was not
            job.done.set()
            self._heard -= job.entries
        self._fewer.set()

    def _perform_all(self, effects: list[Effect], *, now: bool) -> None:
        for effect in effects:
            self._perform(effect, now=now)

    def _recalled(self, recalls: list[Recall]) -> list[list[bytes]]:
        """In a thread, all in one go: each way there and back is a wait for everybody."""
        return [self._store.read(each.device, each.seq, each.seq) for each in recalls]

    def _ask(self, job: _Job) -> list[Effect]:
        began = clock.busy()
        try:
            effects = self.peer.handle(job.event, self._now())
        except Refused as why:
            job.refused = why
            return []
        if isinstance(job.event, Received):
            took = clock.busy() - began
            self._lanes.charge(job.event.neighbour, took)
            if not job.asked:
                self._rations.worked(job.event.neighbour, took, trio.current_time())
        if isinstance(job.event, Drafted):
            job.said = next(effect.entry for effect in effects if isinstance(effect, Keeping))
        if isinstance(job.event, Wrote):
            job.wrote = next(effect.note.id for effect in effects if isinstance(effect, KeepLetter))
        return effects

    async def _keep(self, effects: list[Effect]) -> None:
        """One commit for all, in a thread unless it is quick: FULL waits for the disk."""
        letters = [effect for effect in effects if isinstance(effect, KeepLetter | DropLetter)]
        if letters:
            await trio.to_thread.run_sync(self._letters.keep, letters)
        entries = [effect.entry for effect in effects if isinstance(effect, Keeping)]
        # Last: what our member said must not be kept when we answer that it was not.
        if entries and not self._store.append_quickly(entries):
            await trio.to_thread.run_sync(self._store.append, entries)

    def _perform(self, effect: Effect, *, now: bool) -> None:
        match effect:
            case Send(neighbour, frame):
                self._rations.asked(neighbour, frame)
                if not self._links.send(neighbour, wire.encode(frame), now=now):
                    self._compare_again(neighbour)
            case Keeping() | KeepLetter() | DropLetter() | Keep() | Recall():
                pass
            case Serve() | Hand() | Show():
                self._serve_soon(effect)
            case Wake(at, reason):
                if reason not in self._wakes or at < self._wakes[reason][0]:
                    self._wakes[reason] = at, self._loop_time(at) + CLOCK_STEP_SECONDS
                    self._wake_changed.set()
            case Blame(neighbour, reason, grave):
                self._links.blame(neighbour, reason, 10 if grave else 1)
            case Tell():
                if self._lease is not None:
                    self._lease.heard(effect)
                self._telling(effect)
            case _:
                assert_never(effect)

    def _compare_again(self, neighbour: NeighbourId) -> None:
        """Something for this neighbour was dropped. However much it was: they are met again once, when there is room.
        At once would be into the same full queue; and for a link that is gone, over and over without an end."""
        if neighbour in self._linked and neighbour not in self._missed:
            self._missed.add(neighbour)
            self._errands.send_nowait(partial(self._meet_when_there_is_room, neighbour))

    async def _meet_when_there_is_room(self, neighbour: NeighbourId) -> None:
        room = await self._links.wait_room(neighbour, FRAME_ENTRIES_BYTES)
        self._missed.discard(neighbour)
        if room and neighbour in self._linked:
            await self._put(_Job(Met(neighbour, neighbour in self._near)))

    def _serve_soon(self, asked: Serve | Hand | Show) -> None:
        """Each neighbour has a line of their own: who asks for much and reads nothing keeps nobody else waiting."""
        line = self._lines.get(asked.neighbour)
        if line is None:
            line = self._lines[asked.neighbour] = deque()
            self._errands.send_nowait(partial(self._serve, asked.neighbour, line))
        if len(line) < SERVES_MAX:
            line.append(asked)
        else:
            self._compare_again(asked.neighbour)

    async def _serve(self, neighbour: NeighbourId, line: deque[Serve | Hand | Show]) -> None:
        """Send what is on the disk at the pace of the link: one after the other, each frame when there is room."""
        while line:
            asked = line.popleft()
            if isinstance(asked, Hand):
                await self._hand(neighbour, asked.letters)
                continue
            if isinstance(asked, Show):
                await self._show(asked)
                continue
            for first in range(asked.first, asked.last + 1, SERVE_AT_ONCE):
                if not await self._links.wait_room(neighbour, FRAME_ENTRIES_BYTES):
                    break
                last = min(asked.last, first + SERVE_AT_ONCE - 1)
                stored = await trio.to_thread.run_sync(self._store.read, asked.device, first, last)
                data = list(takewhile(is_whole, stored))  # what comes after what we dropped, others have to give
                for part in wire.entries(asked.device, data):
                    await self._send_when_there_is_room(neighbour, wire.encode(part))
                if len(data) < len(stored):
                    break
        del self._lines[neighbour]

    async def _hand(self, neighbour: NeighbourId, letters: tuple[LetterId, ...]) -> None:
        for letter in letters:
            data = await trio.to_thread.run_sync(self._letters.read, letter)
            if data:
                await self._send_when_there_is_room(neighbour, wire.encode(wire.Carry(data)))

    async def _send_when_there_is_room(self, neighbour: NeighbourId, frame: bytes) -> None:
        if await self._links.wait_room(neighbour, len(frame)):
            self._links.send(neighbour, frame)

    async def _show(self, asked: Show) -> None:
        logs = await trio.to_thread.run_sync(self._shown, asked)
        for part in wire.lately(logs):
            await self._send_when_there_is_room(asked.neighbour, wire.encode(part))

    def _shown(self, asked: Show) -> list[tuple[DeviceId, list[bytes]]]:
        read = self._store.read
        return [(device, [data for seq in seqs for data in read(device, seq, seq)]) for device, seqs in asked.places]

    async def _run_errands(self) -> None:
        async with trio.open_nursery() as nursery:
            async for errand in self._sent_on:
                nursery.start_soon(self._or_end, errand)

    async def _keep_time(self) -> None:
        """Wake the peer at the dates it asked for; and also when so much time has passed, if the clock was set back
        meanwhile: or nothing would be asked again, sent later or compared until the old date has come once more."""
        while True:
            self._wake_changed = trio.Event()
            if not self._wakes:
                await self._wake_changed.wait()
                continue
            with trio.move_on_at(min(min(by, self._loop_time(at)) for at, by in self._wakes.values())):
                await self._wake_changed.wait()
            now, here = self._now(), trio.current_time()
            for reason, (at, by) in list(self._wakes.items()):
                if at > now and by > here:
                    continue
                if at <= now:
                    del self._wakes[reason]
                else:
                    self._wakes[reason] = at, self._loop_time(at) + CLOCK_STEP_SECONDS  # the date is still to come
                await self._put(_Job(Woke(reason)))

    def _loop_time(self, at: int) -> float:
        return trio.current_time() + (at - self._now()) / 1000


def _is_long(read: wire.AnyFrame | None) -> TypeGuard[wire.Entries | wire.Lately]:
    """Whether a frame is checked in a thread: one signature is cheaper than that."""
    return isinstance(read, wire.Entries | wire.Lately) and len(read.entries) > 1


def _open_all(parts: tuple[bytes, ...], opener: Opener, device: DeviceId) -> tuple[list[Entry], bool, float]:
    """Those before the first that is not good, whether all are, and what it took. The peer finds that one again and
    says why."""
    began = clock.busy()
    good, wrong = open_entries((data for data in parts if not opener.knows(data, device)), opener.community, device)
    return good, wrong is None, clock.busy() - began
