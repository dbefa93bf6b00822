"""Setting up: from nothing to a member of a community, in steps that can be cut off anywhere and taken up again.

What will be said first (certificate, founding or entrance, name) follows from the identity file, so a node that was
killed between two of these entries says the next one at its next start, and never the same one twice.
"""

import dataclasses
import platform
import secrets
from pathlib import Path
from typing import Literal

from ruil.crypto.keys import SigningKey
from ruil.node import clock, identity
from ruil.node.errors import NoProfile, Stopped
from ruil.node.identity import Identity
from ruil.node.network.addresses import read as read_address
from ruil.node.place import cell_from_text
from ruil.node.profile import Profile
from ruil.node.pump import Pump
from ruil.protocol import bodies, charters, invitations, members
from ruil.protocol.bodies import Body, Found, Succeed
from ruil.protocol.bodies import Profile as Shown
from ruil.protocol.charters import Charter, Mediation
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import CommunityId, MemberId
from ruil.protocol.limits import NAME_CHARS_MAX
from ruil.protocol.members import Standing


def begin(folder: Path, name: str, place: str = "", *, organisation: bool = False) -> Identity:
    """A new person, or organisation, in an empty profile. Raises `Refused` when somebody is there already."""
    nobody_in(folder)
    made = dataclasses.replace(_named(name), cell=cell_from_text(place), organisation=organisation)
    return identity.begin(folder, made)


def nobody_in(folder: Path) -> None:
    """Refuse a profile that belongs to somebody."""
    try:
        there = identity.read(folder)
    except NoProfile:
        return
    raise Refused(f"this profile belongs to {there.name} already; use another folder with RUIL_HOME")


def _named(name: str) -> Identity:
    Shown(name.strip())  # refuses a name nobody could be shown
    return identity.make(name.strip(), (platform.node() or "desktop")[:NAME_CHARS_MAX])


def restore(
    folder: Path,
    member: SigningKey,
    name: str,
    community: CommunityId | None,
    dial: tuple[str, ...],
    *,
    charter: bytes | None = None,
    cell: int | None = None,
    person: MemberId | None = None,
) -> Identity:
    """Somebody who has their member key again, on a device that is new: its key and its log begin here, so it can not
    contradict what the lost device said. `person`: who that is, if the key took the place of their own. Raises
    `Refused` when somebody is in this profile already."""
    nobody_in(folder)
    check_addresses(dial)
    made = dataclasses.replace(
        _named(name),
        member=member,
        community=community,
        cell=cell,
        entrance="charter:" + charter.hex() if charter else "",
        restored=community is not None,
        dial=dial,
        person=person if person != member.public else None,
    )
    return identity.begin(folder, made)


def check_addresses(dial: tuple[str, ...]) -> None:
    """Refuse an address that can not be dialled: it would stop the node at every start."""
    from ruil.node.network import addresses  # here: no other command needs anything of the network

    for address in dial:
        try:
            addresses.read(address)
        except ValueError as why:
            raise Refused(str(why)) from None


def found(
    folder: Path,
    community: str,
    *,
    unit: str = "hours",
    parts: int = 60,
    limit: int = 600,
    earned: bool = False,
    mediation: Mediation = "advice",
) -> Identity:
    """This profile's member founds a community. `earned`: its limit grows with what others paid one (exposure.py).
    `mediation`: whether a mediator's word binds there."""
    who = _alone(folder)
    rule: Literal["fixed", "earned"] = "earned" if earned else "fixed"
    nonce = secrets.token_bytes(16)
    who_and_when = community.strip(), who.member_id, clock.now(), nonce
    charter = Charter(*who_and_when, unit, parts, limit, limit=rule, mediation=mediation)
    id_, founding = charters.found(who.key, charter)
    entrance = "charter:" + founding.charter.hex()
    return _belong(folder, dataclasses.replace(who, community=id_, entrance=entrance))


def enter(folder: Path, text: str) -> Identity:
    """This profile's member uses an invitation. It works offline: the inviter's node lets them in when they meet."""
    who = _alone(folder)
    invitation = read_invitation(text)
    return _belong(folder, dataclasses.replace(who, community=invitation.community, entrance=invitation.text))


def read_invitation(text: str) -> invitations.Invitation:
    """An invitation that can still be used. Raises `Refused`. Its addresses are not signed, so each is looked at: one
    that can not be dialled would stop the node at every start."""
    invitation = invitations.open_invitation(text)
    if invitation.expires * 1000 < clock.now():
        raise Refused("this invitation has expired; ask for a new one")
    try:
        for address in invitation.addresses:
            read_address(address)
    except ValueError as why:
        raise Refused(f"this invitation is damaged: {why}. Copy all of it again.") from None
    return invitation


def _alone(folder: Path) -> Identity:
    who = identity.read(folder)
    if who.community is not None:
        raise Refused("this profile is in a community already; use another folder with RUIL_HOME for a second one")
    return who


def _belong(folder: Path, who: Identity) -> Identity:
    identity.write(folder, who)
    return who


async def complete(profile: Profile, pump: Pump) -> None:
    """Say what a log begins with, as far as it is not said yet. A device that may not sign now says it later."""
    who, book = profile.identity, profile.peer.book
    log = book.logs.get(who.device_id)
    said = log.size if log else 0
    known = book.members.get(who.member_id)
    belongs = known is not None and known.standing not in (Standing.UNKNOWN, Standing.PROVISIONAL)
    for body in _first(who, belongs=belongs)[said:]:
        if profile.peer.held:
            return
        await pump.say(Drafted(body))
    follows = bodies.decode(bodies.NUMBER[Succeed], who.says) if who.says else None
    if not isinstance(follows, Succeed) or profile.peer.held or book.logs[who.device_id].cut is not None:
        return
    if who.member_id not in book.successions.said(follows):
        await pump.say(Drafted(follows))


def nameless(profile: Profile) -> bool:
    """Whether somebody who was restored is known here by no name. A backup holds their name and place alone, and the
    latest word of how somebody is shown counts: said at once it would take away all that they are known for."""
    who = profile.identity
    known = profile.peer.book.members.get(who.member_id)
    return who.restored and not who.certificate and (known is None or known.profile is None)


async def introduce(profile: Profile, pump: Pump) -> None:
    """Say their name, once a neighbour has told what there is, all of it is here, and it is not in there."""
    peer = profile.peer
    log = peer.book.logs.get(peer.device)
    may = peer.member is not None and peer.book.successions.begins(peer.device) <= clock.now() and not peer.held
    if nameless(profile) and peer.caught_up and may and log is not None and log.cut is None:
        await pump.say(Drafted(_shown(profile.identity)))


def _shown(who: Identity) -> Shown:
    return Shown(who.name, cell=who.cell, organisation=who.organisation)


def _first(who: Identity, *, belongs: bool) -> list[Body]:
    if who.certificate:
        return [who.granted]
    certificate = members.certify(who.key, who.device_id, who.device_name, clock.now(), who.member_id)
    shown = [] if who.restored else [_shown(who)]  # see `nameless`
    kind, _, charter = who.entrance.partition("charter:")
    # Also of a founder who was restored: nobody else may be left who knows it.
    if not kind and charter and who.person is None:
        _, entrance = charters.found(who.key, charters.open_charter(bytes.fromhex(charter)))
        return [certificate, _founding(who, entrance), *shown]
    if who.person is not None or (who.restored and (belongs or not who.entrance)):
        return [certificate]
    invitation = invitations.open_invitation(who.entrance)
    if who.restored and invitation.expires * 1000 < clock.now():
        return [certificate]  # what the device before this one said of it has to do
    return [certificate, invitations.enter(who.key, who.device_id, invitation), *shown]


def _founding(who: Identity, entrance: Found) -> Found:
    if charters.charter_id(entrance.charter) != who.community:
        raise Stopped("the identity file names another community than its charter founds; restore it from a backup")
    return entrance


def addresses(who: Identity) -> tuple[str, ...]:
    """Where the community may be found: what a backup knew, and where the inviter was when the invitation was made."""
    if not who.entrance or who.entrance.startswith("charter:"):
        return who.dial
    return tuple(dict.fromkeys((*who.dial, *invitations.open_invitation(who.entrance).addresses)))
