"""Beginning: what the page does in a profile that is nobody's yet. A new member, another computer of one, or one whom
friends bring back.

The commands do the same beside a running node, which then looks for itself.
"""

from collections.abc import Callable
from pathlib import Path

from ruil.node import backup, devices, friends, identity, paper, setup
from ruil.node.backup import Backup
from ruil.node.errors import NoProfile
from ruil.protocol.charters import Mediation
from ruil.protocol.errors import Refused
from ruil.protocol.grants import Asking
from ruil.protocol.ids import member_from_text


class Beginning:
    """The beginning of the profile in `folder`. `begun` is called, once, when there is one that can be opened."""

    def __init__(self, folder: Path, begun: Callable[[], None]) -> None:
        self._folder = folder
        self._begun = begun
        self._is_begun = False

    def look(self) -> None:
        """A command may have set the profile up meanwhile: then go on."""
        if self._is_begun:
            return
        try:
            belongs = identity.read(self._folder).community is not None
        except NoProfile:
            return
        if belongs:
            self._go_on()

    def _go_on(self) -> None:
        self._is_begun = True
        self._begun()

    def _not_yet(self) -> None:
        if self._is_begun:
            raise Refused("this profile is set up already")

    def begin(self, name: str, place: str, community: str, invitation: str, mediation: Mediation = "advice") -> None:
        """A new member. Exactly one of `community` (a new one's name) and `invitation` is not empty. `mediation`: of a
        new one, whether a mediator's word binds there. Raises `Refused`."""
        if bool(community.strip()) == bool(invitation.strip()):
            raise Refused("start a community, or use an invitation: one of the two")
        self._not_yet()
        if invitation.strip():
            setup.read_invitation(invitation)  # before anything is written: a damaged one leaves no half profile behind
        try:
            identity.read(self._folder)
        except NoProfile:
            setup.begin(self._folder, name, place)
        if community.strip():
            setup.found(self._folder, community, mediation=mediation)
        else:
            setup.enter(self._folder, invitation)
        self._go_on()

    def restore(self, shares: list[str], at: tuple[str, ...] = ()) -> None:
        """Who lost their key, with the shares their friends gave; `at`: where their community may be found, beside what
        the shares say. Raises `Refused` before anything is written."""
        self._not_yet()
        friends.restore(self._folder, shares, at)
        self._go_on()

    def from_paper(self, words: str, name: str, invite: str, community: str, at: tuple[str, ...], member: str) -> None:
        """Who wrote their key on paper, as `name`. Their community is named by any invitation to it, or by its id and
        addresses; `member`: who that is, if the key took the place of another. Raises `Refused` before anything is
        written."""
        self._not_yet()
        found, places = paper.where(community, at, invite)
        if found is None:
            raise Refused(paper.WHICH)
        person = member_from_text(member) if member else None
        paper.restore(self._folder, paper.spelled(words), name, found, places, person)
        self._go_on()

    def from_backup(self, opened: Backup) -> None:
        """Who has a backup, and has opened it. Raises `Refused` before anything is written."""
        self._not_yet()
        backup.restore(self._folder, opened, "", None, ())
        self.look()

    def ask(self, name: str) -> None:
        """Another computer of somebody's own, called `name`: its request then stands in `asked`. Raises `Refused`."""
        self._not_yet()
        setup.nobody_in(self._folder)
        devices.ask(self._folder, name)

    def asked(self) -> Asking | None:
        """The request of this computer that waits for an answer."""
        return devices.asked(self._folder)

    def take(self, grant: str) -> None:
        """The answer to a request: this computer speaks for whoever said yes. Raises `Refused`."""
        self._not_yet()
        devices.take(self._folder, None, grant)
        self._go_on()
