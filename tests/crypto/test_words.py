"""Words: a key on paper, typed back years later."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.crypto.wordlist import WORDLIST
from ruil.crypto.words import MistypedWords, from_words, to_words

keys = st.binary(min_size=32, max_size=32)
places = st.integers(0, 23)


def test_the_list_has_2048_words_in_order_all_different_in_their_first_four_letters() -> None:
    assert len(WORDLIST) == 2_048
    assert list(WORDLIST) == sorted(WORDLIST)
    assert len({word[:4] for word in WORDLIST}) == 2_048
    assert all(4 <= len(word) <= 8 and word.isascii() and word.isalpha() and word.islower() for word in WORDLIST)


def test_no_two_words_are_one_letter_or_one_swap_apart() -> None:
    seen: dict[tuple[str, int, str], set[str]] = defaultdict(set)

    for word in WORDLIST:
        for place in range(len(word)):
            seen["changed", place, word[:place] + "?" + word[place + 1 :]].add(word)
            seen["added", 0, word[:place] + word[place + 1 :]].add(word)
            swapped = word[:place] + "".join(sorted(word[place : place + 2])) + word[place + 2 :]
            seen["swapped", place, swapped].add(word)

    assert not [words for (how, *_), words in seen.items() if how != "added" and len(words) > 1]
    assert not [word for word in WORDLIST if seen["added", 0, word]]


@given(keys)
def test_a_key_comes_back_from_its_words(key: bytes) -> None:
    words = to_words(key)

    assert len(words) == 24
    assert from_words(" ".join(words)) == key


@given(keys, st.sampled_from([" ", "\n", ", ", " - ", "\t\t"]), st.booleans())
def test_the_way_words_are_written_down_does_not_matter(key: bytes, between: str, capitals: bool) -> None:
    text = between.join(f"{place}. {word}" for place, word in enumerate(to_words(key), 1))

    assert from_words(text.upper() if capitals else text) == key


@settings(max_examples=40, deadline=None)  # an unknown word is compared with the whole list: 15 ms
@given(keys, places, st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.integers(0, 3))
def test_a_mistyped_word_is_named_with_the_right_one_among_the_suggestions(
    key: bytes, place: int, letter: str, at: int
) -> None:
    words = to_words(key)
    right = words[place]
    words[place] = right[:at] + letter + right[at + 1 :]

    if words[place] == right:
        assert from_words(" ".join(words)) == key
        return
    with pytest.raises(MistypedWords, match=f'word {place + 1}, "{words[place]}", .*') as named:
        from_words(" ".join(words))
    assert "did you mean" in str(named.value)


@settings(max_examples=40, deadline=None)
@given(keys, places)
def test_a_letter_left_out_at_the_end_is_named_with_the_right_word(key: bytes, place: int) -> None:
    words = to_words(key)
    right = words[place]
    words[place] = right[:-1]

    with pytest.raises(MistypedWords, match=f'word {place + 1}, .*"{right}"'):
        from_words(" ".join(words))


@given(keys, st.integers(0, 22))
def test_two_words_that_changed_places_are_never_taken_silently(key: bytes, place: int) -> None:
    words = to_words(key)
    words[place], words[place + 1] = words[place + 1], words[place]

    try:
        read = from_words(" ".join(words))
    except MistypedWords as why:
        said = str(why)
    else:
        # One time in 256 the check of eight bits can not tell: then it is another key, with a check of its own.
        said = "changed places" if to_words(read) == words else "nothing"
    assert "changed places" in said


@settings(deadline=None)
@given(st.text(max_size=2_500))
def test_no_text_crashes_the_reading(text: str) -> None:
    with pytest.raises(MistypedWords):
        from_words(text)
