"""Mountain ranges: one root pins the past, and short paths prove it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.crypto import mmr
from ruil.crypto.contexts import MMR_NODE
from ruil.crypto.hashes import blake2b

LEAVES = [hashlib.sha256(bytes([index])).digest() for index in range(200)]
ROOTS = [mmr.root_of(LEAVES[:size]) for size in range(len(LEAVES) + 1)]
MILLION = 1_000_000

sizes = st.integers(1, len(LEAVES))


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else bytes(32)
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return blake2b(MMR_NODE, plain_root(leaves[:split]), plain_root(leaves[split:]))


@given(st.integers(0, len(LEAVES)))
def test_the_root_is_that_of_the_tree_in_rfc_9162(size: int) -> None:
    assert ROOTS[size] == plain_root(LEAVES[:size])


def test_a_range_gives_every_root_on_its_way() -> None:
    range_ = mmr.Range()
    roots = [range_.root()]

    for leaf in LEAVES:
        range_.append(leaf)
        roots.append(range_.root())

    assert roots == ROOTS


@given(st.integers(0, 100), st.lists(st.sampled_from(LEAVES), max_size=20))
def test_a_range_goes_on_from_its_kept_peaks(size: int, more: list[bytes]) -> None:
    whole = mmr.Range()
    for leaf in LEAVES[:size]:
        whole.append(leaf)

    kept = mmr.Range.from_peaks(whole.size, whole.peaks)
    for leaf in more:
        whole.append(leaf)
        kept.append(leaf)

    assert (kept.size, kept.peaks, kept.root()) == (whole.size, whole.peaks, whole.root())


def test_a_copy_grows_by_itself() -> None:
    one = mmr.Range()
    one.append(LEAVES[0])
    other = one.copy()

    other.append(LEAVES[1])

    assert (one.size, one.root()) == (1, ROOTS[1])
    assert (other.size, other.root()) == (2, ROOTS[2])


@pytest.mark.parametrize(("size", "peaks"), [(3, LEAVES[:1]), (0, LEAVES[:1]), (-1, LEAVES[:1]), (1, [b"short"])])
def test_peaks_that_do_not_fit_the_size_are_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        mmr.Range.from_peaks(size, peaks)


@given(sizes, st.data())
def test_every_leaf_has_a_path_to_every_later_root(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))

    path = mmr.prove_inclusion(LEAVES, index, size)

    assert mmr.verify_inclusion(LEAVES[index], index, size, path, ROOTS[size])
    assert len(path) <= (size - 1).bit_length()


@given(sizes, st.data())
def test_a_path_shows_one_leaf_at_one_place_only(size: int, data: st.DataObject) -> None:
    index, place, leaf = (data.draw(st.integers(0, size - 1)) for _ in range(3))
    path = mmr.prove_inclusion(LEAVES, index, size)

    shown = mmr.verify_inclusion(LEAVES[leaf], place, size, path, ROOTS[size])

    assert shown is (leaf == place == index)


@given(st.integers(0, len(LEAVES)), st.integers(0, len(LEAVES)))
def test_every_range_is_shown_to_begin_every_later_one(one: int, other: int) -> None:
    old, new = sorted((one, other))

    path = mmr.prove_consistency(LEAVES, old, new)

    assert mmr.verify_consistency(old, ROOTS[old], new, ROOTS[new], path)
    assert len(path) <= new.bit_length() + 1


@given(sizes, sizes, st.integers(0, len(LEAVES) - 1))
def test_no_path_hides_that_the_past_was_changed(one: int, other: int, changed: int) -> None:
    old, new = sorted((one, other))
    rewritten = list(LEAVES[:new])
    rewritten[changed % old] = bytes(32)

    path = mmr.prove_consistency(LEAVES, old, new)
    other_path = mmr.prove_consistency(rewritten, old, new)

    assert not mmr.verify_consistency(old, ROOTS[old], new, mmr.root_of(rewritten), path)
    assert not mmr.verify_consistency(old, ROOTS[old], new, mmr.root_of(rewritten), other_path)


hashes_or_not = st.binary(max_size=40) | st.sampled_from(LEAVES)


@given(
    hashes_or_not,
    st.integers(-3, 2**64),
    st.integers(-3, 2**64),
    st.lists(hashes_or_not, max_size=70),
    hashes_or_not,
)
def test_no_input_crashes_a_check(leaf: bytes, one: int, other: int, path: list[bytes], root: bytes) -> None:
    assert mmr.verify_inclusion(leaf, one, other, path, root) in (True, False)
    assert mmr.verify_consistency(one, leaf, other, root, path) in (True, False)


class SameLeaf:
    """A million times one leaf: its proofs are as long as any others', and its roots are quickly known."""

    def __len__(self) -> int:
        return MILLION

    def __getitem__(self, index: int) -> bytes:
        return LEAVES[0]

    def root(self, size: int) -> bytes:
        complete = [LEAVES[0]]
        for _ in range(size.bit_length()):
            complete.append(blake2b(MMR_NODE, complete[-1], complete[-1]))
        peaks = [complete[height] for height in reversed(range(size.bit_length())) if size >> height & 1]
        return mmr.Range.from_peaks(size, peaks).root()


def test_proofs_at_a_million_entries_are_at_most_832_bytes() -> None:
    leaves, old = SameLeaf(), 524_289

    inclusion = mmr.prove_inclusion(leaves, 1, MILLION)
    consistency = mmr.prove_consistency(leaves, old, MILLION)

    assert mmr.verify_inclusion(LEAVES[0], 1, MILLION, inclusion, leaves.root(MILLION))
    assert mmr.verify_consistency(old, leaves.root(old), MILLION, leaves.root(MILLION), consistency)
    assert len(b"".join(inclusion)) <= 832
    assert len(b"".join(consistency)) <= 832
