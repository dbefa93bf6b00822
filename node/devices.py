"""Devices of one member: a computer asks to speak for somebody, and takes their grant. Their key stays where it is.

The key of the device that asks never leaves this computer either: it waits in `asked/` for the answer.
Spec: docs/spec/organisations.md.
"""

import json
import platform
import secrets
from pathlib import Path

from ruil.crypto.keys import SigningKey
from ruil.node import clock, identity, private, setup, whole_file
from ruil.node.errors import DiskRefused, NoProfile
from ruil.node.identity import Identity
from ruil.protocol import organisations
from ruil.protocol.errors import Refused
from ruil.protocol.grants import Asking, open_asking, open_grant
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.limits import DEVICE_TEXT_MS, NAME_CHARS_MAX

_FOLDER = "asked"


def ask(folder: Path, name: str = "") -> Asking:
    """A request for a new device. In an empty profile it is for another computer of somebody's own; in a person's, that
    person will hold the device for an organisation. Raises `Refused`."""
    name = (name.strip() or platform.node() or "desktop")[:NAME_CHARS_MAX]
    key = SigningKey.from_seed(secrets.token_bytes(32))
    device, expires = DeviceId(key.public), (clock.now() + DEVICE_TEXT_MS) // 1000
    try:
        who = identity.read(folder)
    except NoProfile:
        asking = Asking(device, name, expires)
    else:
        if who.community is None:
            raise Refused("you are in no community yet: who acts for an organisation is a member where it is one")
        if who.person is not None:
            raise Refused("your key was changed, and who acts for an organisation signs with the key they began with")
        signature = organisations.sign_as_holder(who.key, who.community, device)
        asking = Asking(device, name, expires, who.member_id, who.community, signature)
    _remember(folder, asking, key)
    return asking


def _remember(folder: Path, asking: Asking, key: SigningKey) -> None:
    try:
        private.prepare(folder)
        whole_file.folder(folder / _FOLDER)
        plain = {"device_seed": key.seed.hex(), "request": asking.text}
        whole_file.write(folder / _FOLDER / f"{asking.device.hex()}.json", json.dumps(plain).encode())
    except OSError as why:
        raise DiskRefused.of_folder(folder, why) from None


def asked(folder: Path) -> Asking | None:
    """The last request that was made here for another computer of somebody's own and can still be granted; None when
    there is none. Raises `DiskRefused`."""
    found = []
    for path in (folder / _FOLDER).glob("*.json"):
        try:
            asking = open_asking(json.loads(path.read_text()).get("request", ""))
        except OSError as why:
            raise DiskRefused(f"{path} can not be read: {why.strerror}.") from None
        except (Refused, ValueError, AttributeError, TypeError, RecursionError):
            continue  # what can not be read any more can be asked for again
        if asking.holder is None and asking.expires * 1000 > clock.now():
            found.append(asking)
    return max(found, key=lambda asking: asking.expires, default=None)


def take(folder: Path, into: Path | None, text: str) -> Identity:
    """The profile of a device that was granted: in `into`, or here if nobody is here. Raises `Refused`."""
    grant = open_grant(text)
    asked = folder / _FOLDER / f"{grant.device.hex()}.json"
    if not asked.exists():
        raise Refused("this grant is for another device than one this computer asked for: take it where you asked")
    if grant.expires * 1000 < clock.now():
        raise Refused("this grant has expired; ask for a new one")
    said, community = grant.certified, CommunityId(grant.community)
    if into is None:
        _nobody_here(folder)
    here = folder if into is None else into.expanduser()
    setup.nobody_in(here)
    _of_this_community(folder, community)
    setup.check_addresses(grant.at)
    try:
        key = SigningKey.from_seed(bytes.fromhex(json.loads(asked.read_text())["device_seed"]))
    except OSError as why:
        raise DiskRefused(f"{asked} can not be read: {why.strerror}.") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DiskRefused(f"{asked} is damaged: ask again with: ruil device ask") from None
    made = Identity(
        None, key, grant.name, said.device_name, community, restored=True, dial=grant.at, certificate=grant.certificate
    )
    made = identity.begin(here, made)
    asked.unlink(missing_ok=True)  # the key has its place now
    return made


def _nobody_here(folder: Path) -> None:
    try:
        there = identity.read(folder)
    except NoProfile:
        return
    raise Refused(f"this folder is {there.name}'s own profile: say where the new one goes with --into FOLDER")


def _of_this_community(folder: Path, community: CommunityId) -> None:
    """Who holds the device asked in one community, and acts for a member of that."""
    try:
        there = identity.read(folder)
    except NoProfile:
        return
    if there.community != community:
        raise Refused("this grant is for another community than the one you asked in")
