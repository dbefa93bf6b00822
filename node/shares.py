"""Shares of a secret among friends, as words of SLIP-39: any so many give it back, fewer say nothing about it.

The only file that imports shamir_mnemonic, Trezor's reference. It draws its chance itself, so it is not in crypto/.
Spec: docs/spec/friends.md.
"""

import re
from collections.abc import Sequence
from typing import Final

from ruil.protocol.errors import Refused
from ruil.protocol.limits import SHARES_MAX

WORD_COUNT: Final = 33  # of 32 secret bytes
NEEDED_MIN: Final = 2  # one alone could announce what they like


def split(secret: bytes, needed: int, count: int) -> list[str]:
    """The words of `count` shares of 32 bytes, any `needed` of which give them back. Raises `Refused`."""
    from shamir_mnemonic import generate_mnemonics  # when it is needed, here as below: a start needs none of it

    if not NEEDED_MIN <= needed <= count:
        raise Refused(f"so many have to come together: at least {NEEDED_MIN}, at most as many as there are friends")
    if count > SHARES_MAX:
        raise Refused(f"at most {SHARES_MAX} friends hold a share; these are {count}")
    # The exponent slows down guessing a passphrase; there is none, and nobody guesses 32 random bytes.
    made: list[str]
    (made,) = generate_mnemonics(1, [(needed, count)], secret, iteration_exponent=0)
    return made


def read(text: str) -> tuple[str, int]:
    """The words of one share as they are kept, and how many such are needed. Raises `Refused`, saying what is wrong."""
    from shamir_mnemonic import MnemonicError, Share
    from shamir_mnemonic.wordlist import WORDLIST

    words = re.findall(r"[^\W\d_]+", text.lower())
    unknown = [(place, word) for place, word in enumerate(words, 1) if word not in WORDLIST]
    if unknown:
        place, word = unknown[0]
        near = [known for known in WORDLIST if known[:3] == word[:3]][:3]
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise Refused(f'word {place} of this share, "{word[:20]}", is in no share{meant}')
    if len(words) != WORD_COUNT:
        raise Refused(f"a share has {WORD_COUNT} words; this one has {len(words)}")
    try:
        return " ".join(words), Share.from_mnemonic(" ".join(words)).member_threshold
    except MnemonicError:
        raise Refused("these words are no share: one of them was taken for another; compare them again") from None


def join(shares: Sequence[str]) -> bytes:
    """The secret of which these are shares. Raises `Refused` for too few, or for shares of two different secrets."""
    from shamir_mnemonic import MnemonicError, Share, combine_mnemonics

    known = list(dict.fromkeys(read(each)[0] for each in shares))
    if not known:
        raise Refused("there is no share yet: ask your friends for theirs")
    made = [Share.from_mnemonic(each) for each in known]
    if len({each.group_parameters() for each in made}) > 1:
        raise Refused("these shares do not belong together: some are of another time, or of somebody else")
    needed = made[0].member_threshold
    if len({each.index for each in made}) < needed:
        missing = needed - len(made)
        raise Refused(f"{needed} shares are needed; {missing} {'is' if missing == 1 else 'are'} missing")
    try:
        return bytes(combine_mnemonics(known[:needed]))
    except MnemonicError:
        raise Refused("these shares do not give a key together: one of them is false") from None
