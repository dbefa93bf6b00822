"""Choice: whom to dial first of all that the peer book names, so that nobody can decide it for us.

Who we have traded with well is hard to be a thousand times; who is near is likely to stay; and chance is what nobody
else decides. Each kind has its turn, since any one of them alone might be full of one attacker's devices.
"""

import random
from collections.abc import Iterable, Mapping
from enum import IntEnum
from itertools import chain, zip_longest


class Bond(IntEnum):
    """What a device's member is to us; who is nothing of it is left to chance."""

    TRUSTED = 0  # we ended an agreement with them that both sides kept
    NEAR = 1  # they live in our cell


def in_turn(devices: Iterable[bytes], bonds: Mapping[bytes, Bond]) -> list[bytes]:
    """All of these, in the order in which to try them: one trusted, one near, one by chance, and again."""
    kinds: dict[Bond | None, list[bytes]] = {Bond.TRUSTED: [], Bond.NEAR: [], None: []}
    for device in devices:
        kinds[bonds.get(device)].append(device)
    for each in kinds.values():
        random.shuffle(each)
    return [device for device in chain.from_iterable(zip_longest(*kinds.values())) if device is not None]
