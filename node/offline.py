"""Working without a node: the command line opens the profile itself, says what is asked, and closes it.

What is said this way stands in the log and goes out when the node runs next.
"""

from pathlib import Path

import trio

from ruil.node import identity, setup
from ruil.node.desk import Mail, open_desk
from ruil.node.errors import NoProfile
from ruil.node.profile import locked, opened
from ruil.node.pump import Pump
from ruil.node.views import Plain


class NoLinks:
    """The network of a node that has none."""

    def send(self, neighbour: bytes, frame: bytes) -> bool:
        """Nothing can be sent, and nothing was dropped that a later sync would not bring."""
        del neighbour, frame
        return True

    async def wait_room(self, neighbour: bytes, size: int) -> bool:
        """There is never room."""
        del neighbour, size
        return False

    def blame(self, neighbour: bytes, reason: str, weight: int = 1) -> None:
        """Nobody is there to blame."""


async def call(folder: Path, verb: str, asked: Plain) -> Plain:
    """One request at the desk of a profile no node runs on. Raises `Refused`, or `Stopped` when it will not open."""
    who = identity.read(folder)
    if who.community is None:
        raise NoProfile(
            "This profile is in no community yet. Begin one with: ruil community new NAME"
            " or use an invitation with: ruil invite use TEXT"
        )
    with locked(folder), opened(folder) as profile:
        pump = Pump(profile.peer, profile.store, profile.letters, profile.opener, NoLinks())
        async with trio.open_nursery() as nursery:
            await nursery.start(pump.run)
            await setup.complete(profile, pump)
            made = open_desk(
                profile.peer, profile.identity, pump.say, lambda: (), mail=Mail(pump.write, profile.letters)
            )
            answer = await made.call(verb, asked)
            nursery.cancel_scope.cancel()
    return answer
