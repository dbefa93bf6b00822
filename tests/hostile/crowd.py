"""The attackers' process: `python -m tests.hostile.crowd ADDRESS NODE SEED ATTACK…` runs attacks until it is killed.

It gives way to others on the machine (nice 10): what is measured is the node, and not who shares its cores with it.
"""

import os
import random
import sys

import trio

from tests.hostile.attacks import ATTACKS, Ground
from tests.hostile.guest import WICKED, Gone, village, wicked


async def _again_and_again(ground: Ground, name: str) -> None:
    """However it ends, an attack begins anew: the node may have thrown it out."""
    while True:
        try:
            await ATTACKS[name](ground)
        except* (Gone, OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        except* Exception as why:
            leaf: BaseException = why
            while isinstance(leaf, BaseExceptionGroup):
                leaf = leaf.exceptions[0]
            if not type(leaf).__module__.startswith("libp2p"):
                raise
        await trio.sleep(0.1)


async def _attack(address: str, node: bytes, seed: int, names: list[str]) -> None:
    async with trio.open_nursery() as nursery:
        for number, name in enumerate(names):
            chance = random.Random(f"{seed} {name}")
            ground = Ground(address, node, village()[0], wicked(number % WICKED), chance)
            nursery.start_soon(_again_and_again, ground, name)
        print("attacking", flush=True)


if __name__ == "__main__":
    os.nice(10)
    trio.run(_attack, sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
