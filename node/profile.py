"""A profile, open: its keys, its store and its peer, with everything stored read back. One process at a time."""

import contextlib
import dataclasses
import fcntl
import gc
import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import trio

from ruil.crypto.keys import self_test
from ruil.node import clock, identity, snapshot, whole_file
from ruil.node.errors import DiskRefused, Held
from ruil.node.identity import Identity
from ruil.node.lease import Here, Lease, taken
from ruil.node.letters import Letters
from ruil.node.snapshot import Snapshots
from ruil.node.store import Store, damaged, settle
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry, open_entry, recollect
from ruil.protocol.errors import Rejected
from ruil.protocol.events import Noted, Restored
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.opener import Opener
from ruil.protocol.peer import Peer
from ruil.protocol.revocations import open_proof


@dataclass(frozen=True, slots=True)
class Profile:
    """What a node works with."""

    folder: Path
    identity: Identity
    store: Store
    letters: Letters
    opener: Opener
    peer: Peer
    snapshots: Snapshots
    lease: Lease
    begun: bool = False  # in place of an earlier device, just now


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[IO[str]]:
    """Hold the profile for this process. Raises `Held` when another has it."""
    try:
        whole_file.folder(folder)
        file = os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "a+")
    except OSError as why:
        raise DiskRefused.of_folder(folder, why) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(f"Another ruil uses the profile in {folder}.") from None
        yield file


def settled(folder: Path) -> None:
    """What is stored is so for sure, for who reads the store beside a node: a node that runs has seen to it."""
    with contextlib.suppress(Held), locked(folder):
        settle(folder)


@contextlib.contextmanager
def opened(folder: Path, *, restoring: bool = False, where: Here | None = None) -> Iterator[Profile]:
    """The profile in `folder`, which must be `locked` and belong to a community. Knows again all that is stored. Where
    its device must never sign again, because it was copied or set back, it goes on as a new one, if the member's key is
    here. `restoring`: it may lack what this device said, which is about to be read from an export, and nobody signs.
    `where`: on which machine, when it is not this one."""
    self_test()
    who = identity.read(folder)
    settle(folder)
    with contextlib.ExitStack() as held:
        profile = _open(folder, who, held, where, restoring=restoring)
        if profile.lease.over and who.member is not None:
            held.close()
            who = identity.anew(folder, who, profile.lease.over, where)
            profile = dataclasses.replace(_open(folder, who, held, where, restoring=restoring), begun=True)
        if not who.leased and not restoring:
            identity.write(folder, dataclasses.replace(who, leased=True))
        try:
            yield profile
        except BaseException as why:
            if _orderly(why):
                profile.snapshots.close()
            raise
        profile.snapshots.close()


def _open(folder: Path, who: Identity, held: contextlib.ExitStack, where: Here | None, *, restoring: bool) -> Profile:
    assert who.community is not None
    lease = held.enter_context(taken(who.device, where))
    nothing_missing = restoring or (who.leased and lease.said_nothing)
    store = Store(folder, who.device_id, restoring=nothing_missing, said=_nobody if restoring else lease.said)
    held.callback(store.close)
    letters = Letters(folder)
    held.callback(letters.close)
    profile = _restore(folder, store, letters, who, who.community, lease)
    if not restoring:
        forked = who.device_id in profile.peer.book.forks
        has_key = who.member is not None
        lease.judge(store, who.community, leased=who.leased, forked=forked, has_key=has_key)
    return profile


def _nobody(_: Entry) -> None:
    """An import takes in what was said elsewhere: no word of ours."""


def _restore(
    folder: Path, store: Store, letters: Letters, who: Identity, community: CommunityId, lease: Lease
) -> Profile:
    """From the snapshot and what was stored after it; from all entries when there is no snapshot that fits."""
    opener = Opener(community)
    with _without_collecting():
        kept = snapshot.read(folder, store, community)
        peer = Peer(community, who.device, secrets.token_bytes(8), opener, kept)
        book = peer.book
        book.called[who.member_id] = who.name
        peer.returning = who.restored
        entries = book.entries()
        own = 0
        for device, data in _unread(store, book, who.device_id):
            try:
                entry = reopened(store, data, community, device)
            except Rejected:
                raise damaged(own=device == who.device_id) from None
            if device == who.device_id:
                if entry.seq != own:
                    raise damaged(own=True)  # a hole: to go on behind it would contradict what others hold
                own += 1
            peer.handle(Restored(entry), clock.now())
        _freeze(store, book)
        for note in letters.notes():
            peer.handle(Noted(note), clock.now())
    return Profile(folder, who, store, letters, opener, peer, Snapshots(folder, book, entries), lease)


def reopened(store: Store, data: bytes, community: CommunityId, device: DeviceId) -> Entry:
    """A stored entry, opened; with its gist when its payload was dropped for room. Raises `Rejected`."""
    entry = open_entry(data, community, device)
    payload = store.gist(device, entry.seq) if entry.forgotten else None
    return recollect(entry, payload) if payload is not None else entry


def _unread(store: Store, book: Book, own: DeviceId) -> Iterator[tuple[DeviceId, bytes]]:
    """What the Book has not read yet; and all that this device said, which nobody else may have."""
    known = {device: (log.size, log.cut) for device, log in book.logs.items() if device != own}
    yield from store.beyond(known)


def _freeze(store: Store, book: Book) -> None:
    """Take in the stored proofs, and store those that were read in an entry alone."""
    frozen, stored = set(book.proofs()), store.proofs()
    for proof in stored:
        if proof not in frozen:
            try:
                book.freeze(open_proof(proof))
            except Rejected:
                raise damaged(own=False) from None
    for proof in set(book.proofs()).difference(stored):
        store.keep(open_proof(proof).about, proof)


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Nothing a start makes is garbage, and looking for it is a quarter of the time. Nor will it be later: the node
    would stand still while all of it is looked through again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def let_go() -> None:
    """What a profile was made of that this process had open before goes, when nobody has it any more: a start leaves
    all that it finds to itself."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _orderly(why: BaseException) -> bool:
    """Whether the node was told to stop. After an error of ours the Book in memory is not to be trusted."""
    told = (trio.Cancelled, KeyboardInterrupt)
    if isinstance(why, BaseExceptionGroup):
        return why.split(told)[1] is None
    return isinstance(why, told)


# Invitations carry our address, so the port stays the same from one start to the next as long as it is free


def remember_port(folder: Path, port: int) -> None:
    """The network listens on this port now."""
    path = folder / "port"
    if not path.exists() or path.read_text() != f"{port}\n":
        try:
            whole_file.write(path, f"{port}\n".encode())
        except OSError as why:
            raise DiskRefused.of_folder(folder, why) from None


def remembered_port(folder: Path, host: str) -> int:
    """The port of the last start if nobody else took it meanwhile; else 0, any free one."""
    try:
        port = int((folder / "port").read_text())
        with socket.create_server((host, port)):
            return port
    except (OSError, ValueError, OverflowError):
        return 0
