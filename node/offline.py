"""Working without a node: the command line opens the profile itself, says what is asked, and closes it.

What is said this way stands in the log and goes out when the node runs next.
"""

from collections.abc import Callable
from pathlib import Path

import trio

from ruil.node import identity, setup
from ruil.node.desk import Drawer, Mail, open_desk
from ruil.node.errors import NoProfile
from ruil.node.profile import locked, opened
from ruil.node.pump import Pump
from ruil.node.room import Room
from ruil.node.settings import read
from ruil.node.views import Plain
from ruil.node.vouching import Vouching


class NoLinks:
    """The network of a node that has none."""

    def send(self, neighbour: bytes, frame: bytes, *, now: bool = False) -> bool:
        """Nothing can be sent, and nothing was dropped that a later sync would not bring."""
        del neighbour, frame, now
        return True

    async def wait_room(self, neighbour: bytes, size: int) -> bool:
        """There is never room."""
        del neighbour, size
        return False

    def blame(self, neighbour: bytes, reason: str, weight: int = 1) -> None:
        """Nobody is there to blame."""


async def call(folder: Path, verb: str, asked: Plain, telling: Callable[[str], None] = lambda _: None) -> Plain:
    """One request at the desk of a profile no node runs on. Raises `Refused`, or `Stopped` when it will not open.
    `telling` is for a sentence beside the answer."""
    who = identity.read(folder)
    if who.community is None:
        raise NoProfile(
            "This profile is in no community yet. Begin one with: ruil community new NAME"
            " or use an invitation with: ruil invite use TEXT"
        )
    with locked(folder):
        answer, over = await _call(folder, verb, asked, telling)
        if over:  # another device begins at once, so that the next word finds it
            await _call(folder, "status", {}, telling)
    return answer


async def _call(folder: Path, verb: str, asked: Plain, telling: Callable[[str], None]) -> tuple[Plain, bool]:
    """The answer, and whether this device signs nothing more and another can begin."""
    with opened(folder) as profile:
        if profile.begun:
            telling(
                f"A new device of yours was begun here: {profile.identity.because}. What was said before stays"
                " readable. Invitations it gave out, and proposals it made that are still open, have to be made anew."
            )
        pump = Pump(profile.peer, profile.store, profile.letters, profile.opener, NoLinks(), lease=profile.lease)
        async with trio.open_nursery() as nursery:
            await nursery.start(pump.run)
            await setup.complete(profile, pump)
            room = Room(profile.store, profile.peer.book, profile.identity.member_id, read(folder).storage_mb)
            mail, leased = Mail(pump.write, profile.letters), Vouching(pump, profile.lease)
            made = open_desk(
                profile.peer,
                profile.identity,
                pump.say,
                lambda: (),
                mail=mail,
                leased=leased,
                storage=room.shown,
                drawer=Drawer(folder),
            )
            answer = await made.call(verb, asked)
            nursery.cancel_scope.cancel()
        over = profile.peer.over and profile.identity.member is not None
    return answer, over
