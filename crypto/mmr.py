"""A Merkle mountain range: one hash that pins a whole log, and short proofs of what is in it.

Leaves are 32-byte entry ids as they are; a node is the hash of its two children. Complete trees stand side by side, the
largest first (the peaks), and the root joins them from the right: H(peak0, H(peak1, ... )). It is the tree of RFC 9162
without its prefix bytes: the hash purpose already keeps a node from being taken for an entry id.
Spec: docs/spec/mmr.md. Vectors: tests/vectors/mmr/.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from ruil.crypto.contexts import MMR_NODE
from ruil.crypto.hashes import HASH_BYTES, STARTED

EMPTY_ROOT: Final = bytes(HASH_BYTES)

_started = STARTED[MMR_NODE].copy


class Leaves(Protocol):
    """Any sequence of 32-byte ids: a list, a tuple, or a view of one long buffer."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> bytes: ...


def _node(left: bytes, right: bytes) -> bytes:
    hashed = _started()
    hashed.update(left)
    hashed.update(right)
    return hashed.digest()


class Range:
    """A range that grows: its size and its peaks, so about 32 bytes times the logarithm of its size."""

    __slots__ = ("_peaks", "_root", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        self._root: bytes | None = EMPTY_ROOT

    @classmethod
    def from_peaks(cls, size: int, peaks: Iterable[bytes]) -> "Range":
        """The range as it was kept. Raises `ValueError` when these can not be the peaks of `size` leaves."""
        kept = list(peaks)
        if size < 0 or len(kept) != size.bit_count() or any(len(peak) != HASH_BYTES for peak in kept):
            raise ValueError(f"{len(kept)} peaks do not fit a range of {size} leaves")
        range_ = cls()
        range_.size, range_._peaks, range_._root = size, kept, None if kept else EMPTY_ROOT
        return range_

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the complete trees, the largest first: one for every 1 in the binary form of `size`."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add one 32-byte id at the right end."""
        peaks = self._peaks
        carry = self.size
        # As when counting in binary: every 1 at the end is a tree as large as what we carry, and joins it.
        # The hash is written out here and in root(): a call to _node would cost as much again.
        while carry & 1:
            hashed = _started()
            hashed.update(peaks.pop() + leaf)
            leaf = hashed.digest()
            carry >>= 1
        peaks.append(leaf)
        self.size += 1
        self._root = None

    def root(self) -> bytes:
        """32 bytes that pin every leaf and its place; zeros when there are none, the leaf itself when it is alone."""
        root = self._root
        if root is None:
            peaks, started = self._peaks, _started
            root = peaks[-1]
            for peak in peaks[-2::-1]:
                hashed = started()
                hashed.update(peak + root)
                root = hashed.digest()
            self._root = root
        return root

    def copy(self) -> "Range":
        """Another range that grows by itself from here on."""
        other = Range()
        other.size, other._peaks, other._root = self.size, self._peaks.copy(), self._root
        return other


def root_of(ids: Leaves) -> bytes:
    """The root over all `ids`."""
    return _root_between(ids, 0, len(ids))


def _root_between(ids: Leaves, start: int, end: int) -> bytes:
    range_ = Range()
    for index in range(start, end):
        range_.append(ids[index])
    return range_.root()


def _split(size: int) -> int:
    """Where the root of `size` (> 1) leaves divides them: the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def prove_inclusion(ids: Leaves, index: int, size: int) -> list[bytes]:
    """The path from leaf `index` up to the root of the first `size` leaves, lowest first, 32 bytes a step: at most
    the rounded-up logarithm of `size`. `index` < `size` <= len(ids) is the caller's promise."""
    assert 0 <= index < size <= len(ids), f"leaf {index} of {size}, and {len(ids)} are known"
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_root_between(ids, middle, end))
            end = middle
        else:
            path.append(_root_between(ids, start, middle))
            start = middle
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` shows that `leaf` stands at `index` among the `size` leaves under `root`."""
    if not 0 <= index < size or not _are_hashes((leaf, root, *path)):
        return False
    # Where we are in our row, and where the row ends. The last of a row without a partner rises unchanged.
    here, last = index, size - 1
    reached = leaf
    for step in path:
        if not last:
            return False
        if here & 1 or here == last:
            reached = _node(step, reached)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            reached = _node(reached, step)
        here >>= 1
        last >>= 1
    return not last and reached == root


def prove_consistency(ids: Leaves, old_size: int, new_size: int) -> list[bytes]:
    """The path that shows the first `old_size` leaves to be the beginning of the first `new_size`, as RFC 9162, 2.1.4.
    Empty when either there is nothing to show (0 leaves) or both are the same."""
    assert 0 <= old_size <= new_size <= len(ids), f"{old_size} of {new_size} leaves, and {len(ids)} are known"
    path: list[bytes] = []
    if old_size in (0, new_size):
        return path
    start, end = 0, new_size
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_root_between(ids, middle, end))
            end = middle
        else:
            path.append(_root_between(ids, start, middle))
            start = middle
    # The old tree's own last part. If that is the whole old tree, the reader has its root already.
    if start:
        path.append(_root_between(ids, start, end))
    path.reverse()
    return path


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` shows that the range with `new_root` begins with the range with `old_root`."""
    if not 0 <= old_size <= new_size or not _are_hashes((old_root, new_root, *path)):
        return False
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT and (new_size > 0 or new_root == EMPTY_ROOT)
    if old_size == new_size:
        return not path and old_root == new_root
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here >>= 1
        last >>= 1
    steps = iter(path)
    old = new = old_root if not here else next(steps, b"")
    for step in steps:
        if not last:
            return False
        if here & 1 or here == last:
            old, new = _node(step, old), _node(step, new)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            new = _node(new, step)
        here >>= 1
        last >>= 1
    return not last and old == old_root and new == new_root


def _are_hashes(parts: Iterable[bytes]) -> bool:
    """A node joins its children without lengths, so 31 + 33 bytes would hash like 32 + 32."""
    return all(len(part) == HASH_BYTES for part in parts)
