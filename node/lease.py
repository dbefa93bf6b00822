"""A lease on the disk: what this machine remembers of a device outside its profile, so that an old state is noticed.

A profile says "I am leased"; the lease says to which machine, in which run of it, and how far the log was. Whoever
copies the profile has no lease, whoever puts an old one back has a lease that is ahead, and whoever copies both has a
lease that this system's clock did not write. A whole machine that was set back can not be seen from inside: after each
start of it the neighbours are heard first (protocol/lease.py). Spec: docs/spec/lease.md.

It is one small file, written over in place after a commit, in a burst of them not after each, and not synced: with the
power the last of it may go, and a lease that is behind its log is believed all the same. What a cut of the power leaves
open the new start asks.
"""

import contextlib
import ctypes
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ruil.crypto.contexts import LEASE
from ruil.crypto.hashes import HASH_BYTES, blake2b, keyed
from ruil.crypto.keys import SigningKey
from ruil.node import private
from ruil.node.errors import DiskRefused, InUse
from ruil.node.settings import state
from ruil.node.store import Store
from ruil.protocol.entry import Entry, id_of
from ruil.protocol.events import Doubted, Ended, Tell
from ruil.protocol.ids import CommunityId, DeviceId

MAGIC: Final = b"ruil lease 1\n"
# The kernel stamps a file with the time of its last tick, FAT with one of two seconds.
STAMP_MS: Final = 2_500
# A clock that is set right after a start moves by less; a machine that was set back and told the time, by what it lost.
JUMP_MS: Final = 60_000
# Of words that follow each other within so long the first is written at once, and the last with the first event after
# the burst; in a long one, one in so long. Right after a wait for the disk nothing is in the processor's caches, and
# writing each cost a tenth of its commit. A state that somebody puts back is older than that.
BURST_MS: Final = 10
REST_MS: Final = 50

_VOUCH: Final = (
    "Wait until a neighbour is linked, a few seconds are enough. Without one, and only if nothing was set back, say so:"
    " ruil device vouch. If it was, go on as a new device: ruil device anew"
)
STARTED_ANEW: Final = (
    "this computer was started anew. If it was set back to an earlier state meanwhile, by a snapshot or an image of its"
    f" disk, what you said last is missing here, and saying more would contradict it. {_VOUCH}"
)
TOUCHED: Final = (
    "what this computer remembers of your log was copied, put back or changed by another program, so the end of the log"
    f" may be missing here, and saying more would contradict it. {_VOUCH}"
)
JUMPED: Final = (
    "this computer's clock went on by itself, as that of a virtual machine does which is set back to a snapshot. If it"
    f" was, what you said last is missing here, and saying more would contradict it. {_VOUCH}"
)
UNKNOWN: Final = (
    "this profile is from an earlier ruil, or was put here without what a computer remembers of it, so the end of its"
    f" log may be missing here, and saying more would contradict it. {_VOUCH}"
)
COPIED: Final = (
    "this profile was copied here, or this computer has lost what it remembers of it. The one it was copied from may"
    " still run, and two that speak with one key contradict each other"
)
MOVED: Final = (
    "this profile came here from another computer, which may still run, and two that speak with one key contradict"
    " each other"
)
SET_BACK: Final = (
    "this profile was set back: this computer remembers that it has said more than is in it now, and saying something"
    " else would contradict that"
)
FORKED: Final = "the log of this device has forked, as two copies of one profile do"
ASKED_FOR: Final = "it was asked for: this profile was set back, or copied"
NO_KEY: Final = (
    " This device signs nothing any more; all else works. Ask for a new grant: in an empty folder, with ruil device ask"
)


def _now_ms() -> int:
    """By the clock that the file system stamps with."""
    return time.time_ns() // 1_000_000


def _up_ms() -> int:
    """How long this machine has run, its sleep included; 0 where the system does not tell."""
    which = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime_ns(which) // 1_000_000 if which is not None else 0


@dataclass(frozen=True, slots=True)
class Here:
    """Which machine this is, and which run of it since it was started: empty where the system does not say. `now`: the
    time in ms by the clock that stamps files; `up`: how long it has run, its sleep included, or 0."""

    machine: str
    boot: str
    now: Callable[[], int] = _now_ms
    up: Callable[[], int] = _up_ms


def here() -> Here:
    """This machine now."""
    machine = _text("/etc/machine-id") or _text("/var/lib/dbus/machine-id") or _sysctl("kern.uuid")
    return Here(machine, _text("/proc/sys/kernel/random/boot_id") or _sysctl("kern.bootsessionuuid"))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _sysctl(name: str) -> str:
    """What the BSDs and macOS say where Linux has a file."""
    call = getattr(ctypes.CDLL(None), "sysctlbyname", None)
    if call is None:
        return ""
    buffer, size = ctypes.create_string_buffer(256), ctypes.c_size_t(256)
    done = call(name.encode(), buffer, ctypes.byref(size), None, ctypes.c_size_t(0))
    return buffer.value.decode("ascii", "replace") if done == 0 else ""


class _Kept(msgspec.Struct, frozen=True):
    """What the file holds. `at` and `up`: the clock of the files, and how long the machine ran, when it was written."""

    size: int
    head: bytes
    machine: bytes
    place: bytes
    boot: str
    at: int
    up: int
    trusted: bool = False  # the member said that this computer is never set back
    over: str = ""


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Kept).decode


def path_of(key: SigningKey) -> Path:
    """Where this machine keeps the lease of a device. Its name does not tell whose it is."""
    return state() / f"{blake2b(LEASE, b'name', key.public)[:16].hex()}.lease"


def begin(key: SigningKey, where: Here | None = None) -> None:
    """The lease of a device that has just been made, and said nothing. Raises `DiskRefused`."""
    path, now = path_of(key), where or here()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            lease = Lease(key, descriptor, _fresh(key, now), now)
            lease.keep(lasting=True)
        finally:
            os.close(descriptor)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as why:
        raise _refused(path, why) from None


def _fresh(key: SigningKey, now: Here, *, boot: str | None = None) -> _Kept:
    boot = now.boot if boot is None else boot
    return _Kept(0, bytes(HASH_BYTES), _machine(key, now), _place(key), boot, 0, 0)


def _machine(key: SigningKey, now: Here) -> bytes:
    return keyed(LEASE, key.seed, b"machine", now.machine.encode())


def _place(key: SigningKey) -> bytes:
    return keyed(LEASE, key.seed, b"place", os.fsencode(path_of(key).resolve()))


def _refused(path: Path, why: OSError) -> DiskRefused:
    return DiskRefused(
        f"What this computer remembers of your log can not be kept in {path.parent}: {why.strerror}. Nothing was"
        " changed. Give this user the right to write there, or name another folder outside the profile with RUIL_STATE."
    )


@contextlib.contextmanager
def taken(key: SigningKey, where: Here | None = None) -> Iterator["Lease"]:
    """The lease of a device, for this process alone. Raises `InUse` when a copy of the profile has it."""
    path, now = path_of(key), where or here()
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield Lease(key, None, None, now)
        return
    except OSError as why:
        raise _refused(path, why) from None
    try:
        private.check_file(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(
                "Another ruil runs with the key of this profile, from a copy of it in another folder. Stop that one"
                " first: only one of the two can go on as this device."
            ) from None
        lease = Lease(key, descriptor, _read(key, descriptor), now)
        try:
            yield lease
        finally:
            lease.close()
    finally:
        os.close(descriptor)


def _read(key: SigningKey, descriptor: int) -> _Kept | None:
    """None for a file that this device has not written, or not whole."""
    data = os.pread(descriptor, 65_536, 0)
    head, body = len(MAGIC) + 2, len(MAGIC) + 2 + HASH_BYTES
    if data[: len(MAGIC)] != MAGIC or len(data) < body:
        return None
    packed = data[body : body + int.from_bytes(data[len(MAGIC) : head], "big")]
    if keyed(LEASE, key.seed, b"kept", packed) != data[head:body]:
        return None
    try:
        return _decode(packed)
    except msgspec.DecodeError:
        return None


@dataclass(slots=True)
class Lease:
    """A device's lease, held by this process. `over`: why the device must never sign again; empty when it may."""

    key: SigningKey
    _descriptor: int | None
    _kept: _Kept | None
    _here: Here
    over: str = ""
    _news: Doubted | Ended | None = None
    _sure: bool = True  # nothing here speaks against signing; what is written then holds for this run of the machine
    _clocks: tuple[int, int] = (0, 0)
    _said_at: int = 0
    _unwritten: Entry | None = None  # the last that was said, when it is not in the file yet

    def __post_init__(self) -> None:
        self._clocks = self._here.now(), self._here.up()

    @property
    def said_nothing(self) -> bool:
        """Whether this device has certainly said nothing yet, so that nothing of it can be missing."""
        return self._kept is not None and self._kept.size == 0

    def judge(self, store: Store, community: CommunityId, *, leased: bool, forked: bool, has_key: bool) -> None:
        """What this machine knows, once the log was read: whether the device may sign."""
        why = self._why_over(store, community, leased=leased, forked=forked)
        if why:
            self.over = why
            if why in (SET_BACK, FORKED):  # the lease of a copy may still be the other one's, who goes on
                self._end(why)
            self._news = Ended(why + "." + ("" if has_key else NO_KEY))
            return
        doubt = self._why_doubt()
        if self._kept is None or self._descriptor is None:
            self._adopt(store, community, DeviceId(self.key.public))
        if doubt:
            self._sure = False
            self._news = Doubted(doubt)

    def _why_over(self, store: Store, community: CommunityId, *, leased: bool, forked: bool) -> str:
        kept = self._kept
        if forked:
            return FORKED
        if self._descriptor is None:
            return COPIED if leased else ""
        if kept is None:
            return ""
        if kept.over:
            return kept.over
        if kept.machine != _machine(self.key, self._here):
            return MOVED
        if kept.place != _place(self.key):
            return COPIED
        if kept.size:
            device = DeviceId(self.key.public)
            found = store.read(device, kept.size - 1, kept.size - 1)
            if not found or id_of(found[0], community, device) != kept.head:
                return SET_BACK
        return ""

    def _why_doubt(self) -> str:
        kept = self._kept
        if self._descriptor is None:
            return UNKNOWN
        if kept is None or abs(os.fstat(self._descriptor).st_ctime_ns // 1_000_000 - kept.at) > STAMP_MS:
            return TOUCHED
        if kept.trusted:
            return ""
        if not kept.boot or kept.boot != self._here.boot:
            return STARTED_ANEW
        return JUMPED if self._jumped(kept.at, kept.up) else ""

    def _jumped(self, at: int, up: int) -> bool:
        return up > 0 and (self._here.now() - at) - (self._here.up() - up) > JUMP_MS

    def _adopt(self, store: Store, community: CommunityId, device: DeviceId) -> None:
        """A profile that had no lease, or one that can not be read, has one from now on, and is doubted."""
        if self._descriptor is None:
            begin(self.key, self._here)
            self._descriptor = os.open(path_of(self.key), os.O_RDWR)
        size, data = store.last(device)
        head = id_of(data, community, device) if data else bytes(HASH_BYTES)
        fresh = _fresh(self.key, self._here, boot="")
        self._kept = msgspec.structs.replace(fresh, size=size, head=head)
        self.keep(lasting=True)

    # While the node runs ----------------------------------------

    def doubts(self) -> Doubted | Ended | None:
        """What the peer has to know before it handles the next event; None nearly always."""
        self._catch_up(self._here.now(), self._said_at)
        news, self._news = self._news, None
        if news is not None:
            return news
        clocks = self._clocks
        if self._sure and (self._kept is None or not self._kept.trusted) and self._jumped(*clocks):
            self._sure = False
            self._clocks = self._here.now(), self._here.up()
            return Doubted(JUMPED)
        return None

    def said(self, entry: Entry) -> None:
        """This entry of ours is on the disk now."""
        self._unwritten = entry
        before, self._said_at = self._said_at, self._here.now()
        self._catch_up(self._said_at, before)

    def _catch_up(self, now: int, said_at: int) -> None:
        """Write what was said; in the middle of a burst of words only now and then."""
        if self._unwritten is not None and self._kept is not None:
            bursts = 0 <= now - said_at < BURST_MS and 0 <= now - self._kept.at < REST_MS
            if not bursts:  # or the clock was set back
                self.close()

    def close(self) -> None:
        """Write what was said and is not written yet."""
        if self._unwritten is not None and self._kept is not None:
            # The entry is kept, and a lease that is behind does no harm: it is ahead again with the next one.
            with contextlib.suppress(OSError):
                self.keep()

    def _note(self, kept: _Kept) -> _Kept:
        """With what was said and is not written yet."""
        entry, self._unwritten = self._unwritten, None
        if entry is None or entry.seq + 1 <= kept.size:
            return kept
        return msgspec.structs.replace(kept, size=entry.seq + 1, head=entry.id)

    def heard(self, told: Tell) -> None:
        """What became of a doubt, or of the device. On the disk when this returns. Raises `DiskRefused`."""
        try:
            if told.topic == "freed" and self._kept is not None:
                self._sure = True
                self._clocks = self._here.now(), self._here.up()
                self._kept = msgspec.structs.replace(self._kept, boot=self._here.boot)
                self.keep(lasting=True)
            elif told.topic == "ended" and told.text:
                self._end(told.text)
        except OSError as why:
            raise _refused(path_of(self.key), why) from None

    def took(self, entries: Sequence[Entry]) -> None:
        """These of our own came back from elsewhere. More than this machine remembers of them is no loss made good: it
        was set back."""
        self.close()
        if self._kept is not None and any(entry.seq >= self._kept.size for entry in entries):
            self._end(SET_BACK)

    def trust(self) -> None:
        """The member says that this computer is never set back, so that a new start of it is no reason to doubt."""
        if self._kept is not None:
            self._kept = msgspec.structs.replace(self._kept, trusted=True)
            self.keep(lasting=True)

    def _end(self, why: str) -> None:
        self.over = self.over or why
        if self._kept is not None and not self._kept.over:
            self._kept = msgspec.structs.replace(self._kept, over=self.over)
            self.keep(lasting=True)

    def keep(self, *, lasting: bool = False) -> None:
        """Write it over what was there. `lasting`: on the disk when this returns."""
        assert self._kept is not None
        if self._descriptor is None:
            return
        noted = self._note(self._kept)
        self._kept = kept = msgspec.structs.replace(noted, at=self._here.now(), up=self._here.up())
        packed = _encode(kept)
        check = keyed(LEASE, self.key.seed, b"kept", packed)
        os.pwrite(self._descriptor, MAGIC + len(packed).to_bytes(2, "big") + check + packed, 0)
        if lasting:
            os.fsync(self._descriptor)
