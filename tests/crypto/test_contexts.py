"""Contexts: nothing signed or hashed for one purpose can be taken for another."""

from itertools import permutations

from ruil.crypto import contexts


def test_every_context_is_in_the_lists() -> None:
    written = {value for value in vars(contexts).values() if isinstance(value, bytes)}

    assert written == {*contexts.PURPOSES, *contexts.TAGS}


def test_no_context_is_used_twice() -> None:
    both = [*contexts.PURPOSES, *contexts.TAGS]

    assert len(set(both)) == len(both)


def test_no_signing_tag_is_the_beginning_of_another() -> None:
    assert not [pair for pair in permutations(contexts.TAGS, 2) if pair[1].startswith(pair[0])]


def test_a_signing_tag_ends_at_its_only_line_break() -> None:
    assert all(tag.index(b"\n") == len(tag) - 1 for tag in contexts.TAGS)


def test_a_hash_purpose_fits_its_field_of_blake2b_and_does_not_end_in_zeros() -> None:
    # The field is filled up with zeros, so a zero at the end would make two purposes one.
    assert all(0 < len(purpose) <= 16 and not purpose.endswith(b"\0") for purpose in contexts.PURPOSES)
