"""A 32-byte key as 24 words: something to write on paper, and to type back years later.

    to_words(key) --> 24 words --from_words(text)--> key

256 bits of key and 8 of check make 24 numbers below 2,048, each a word of wordlist.py. Whoever mistypes a word is told
which one, and what it may have been.
Spec: docs/spec/words.md. Vectors: tests/vectors/words/.
"""

import re
from typing import Final

from ruil.crypto.contexts import WORDS
from ruil.crypto.hashes import blake2b
from ruil.crypto.wordlist import WORDLIST

KEY_BYTES: Final = 32
WORD_BITS: Final = 11
WORD_COUNT: Final = 24
TEXT_CHARS_MAX: Final = 2_000  # 24 words have at most 215 characters; the rest is room for numbers and line breaks
SUGGESTIONS_MAX: Final = 3

NUMBER: Final = {word: number for number, word in enumerate(WORDLIST)}


class MistypedWords(Exception):
    """The words are no key. The message says which one is wrong, when that can be told, and what may be meant."""


def to_words(key: bytes) -> list[str]:
    """The 24 words of a 32-byte key, in order."""
    assert len(key) == KEY_BYTES, f"a key has {KEY_BYTES} bytes, not {len(key)}"
    return spelled(key + _check(key))


def from_words(text: str) -> bytes:
    """The 32-byte key that `text` spells. Capitals, line breaks, commas and numbering between the words do not matter.
    Raises `MistypedWords`."""
    if len(text) > TEXT_CHARS_MAX:
        raise MistypedWords(f"this text is too long to be the {WORD_COUNT} words of a key")
    words = re.findall(r"[^\W\d_]+", text.lower())
    # An unknown word is named before a wrong count: two words typed as one are both.
    unknown = [(place, word) for place, word in enumerate(words, 1) if word not in NUMBER]
    if unknown:  # each that is shown is compared with the whole list: 20 ms, and a text may have hundreds
        shown = "; ".join(_unknown(place, word) for place, word in unknown[:SUGGESTIONS_MAX])
        raise MistypedWords(shown + _and_more(len(unknown)))
    if len(words) != WORD_COUNT:
        raise MistypedWords(f"a key has {WORD_COUNT} words; these are {len(words)}")
    key = _key([NUMBER[word] for word in words])
    if key is None:
        raise MistypedWords(_wrong_but_known(words))
    return key


def spelled(data: bytes) -> list[str]:
    """`data` as words of 11 bits each, the highest bits first; bits that do not fill a word are left out."""
    count = len(data) * 8 // WORD_BITS
    number = int.from_bytes(data) >> len(data) * 8 - count * WORD_BITS
    return [WORDLIST[number >> WORD_BITS * place & 2**WORD_BITS - 1] for place in reversed(range(count))]


def _check(key: bytes) -> bytes:
    return blake2b(WORDS, key)[:1]


def _key(numbers: list[int]) -> bytes | None:
    joined = 0
    for number in numbers:
        joined = joined << WORD_BITS | number
    data = joined.to_bytes(KEY_BYTES + 1)
    key, check = data[:KEY_BYTES], data[KEY_BYTES:]
    return key if check == _check(key) else None


def _unknown(place: int, word: str) -> str:
    near = sorted((_distance(word, known), known) for known in WORDLIST if abs(len(word) - len(known)) <= 2)
    likely = [f'"{known}"' for apart, known in near[:SUGGESTIONS_MAX] if apart <= max(2, len(word) // 2)]
    # The list differs within four letters, so whoever knows how a word begins knows the word.
    likely = [f'"{known}"' for known in WORDLIST if len(word) >= 4 and known[:4] == word[:4]] + likely
    shown = list(dict.fromkeys(likely))[:SUGGESTIONS_MAX]
    return f'word {place}, "{word[:20]}", is not in the list' + (
        f"; did you mean {' or '.join(shown)}?" if shown else ""
    )


def _wrong_but_known(words: list[str]) -> str:
    """Every word is in the list, but together they are no key: one was likely taken for another close to it."""
    numbers = [NUMBER[word] for word in words]
    for place in range(WORD_COUNT - 1):
        swapped = [*numbers[:place], numbers[place + 1], numbers[place], *numbers[place + 2 :]]
        if swapped != numbers and _key(swapped) is not None:
            pair = f'words {place + 1} and {place + 2}, "{words[place]}" and "{words[place + 1]}"'
            return f"these words do not fit together; most likely {pair}, changed places"
    fixes = []
    for place, word in enumerate(words):
        for known in WORDLIST:
            if 0 < (apart := _distance(word, known)) <= 2:
                tried = [*numbers[:place], NUMBER[known], *numbers[place + 1 :]]
                if _key(tried) is not None:
                    fixes.append((apart, place, f'word {place + 1}, "{word}", should be "{known}"'))
    if not fixes:
        return "these words do not fit together, and no small change of one word mends it; compare them with your paper"
    return "these words do not fit together; most likely " + " or ".join(fix for _, _, fix in sorted(fixes)[:3])


def _and_more(unknown: int) -> str:
    more = unknown - SUGGESTIONS_MAX
    return f"; and {more} more" if more > 0 else ""


def _distance(one: str, other: str) -> int:
    """How many letters must be changed, added, left out or swapped with the next (Damerau 1964); 9 when more than
    4 apart in length, which is never near."""
    if abs(len(one) - len(other)) > 4:
        return 9
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
