"""Keys at the desk: the member's as words for paper or in a file, and a new one in the place of one that was seen."""

import base64
import secrets

import msgspec
import trio

from ruil.crypto.fingerprint import fingerprint
from ruil.node import backup, clock, friends, identity, paper, setup
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol.errors import Refused
from ruil.protocol.ids import member_text


async def change(desk: Desk, _asked: Nothing) -> Plain:
    """The log says so when the profile is opened again, which is at once where a node runs."""
    if desk.peer.held:
        # Were this device found to be set back then, another would begin by the new key, which nobody has heard of.
        raise Refused(desk.peer.held)
    folder = desk.drawer.folder
    if identity.read(folder).key.public != desk.identity.key.public:
        # The word that the first new key follows the old one would be lost, and with it the member.
        raise Refused("your key was changed a moment ago. Look again once this node has said so")
    was = friends.change(folder)
    backup.unmark(folder)
    desk.drawer.reopen()
    new = identity.read(folder)
    return {
        "member": member_text(new.member_id),
        "was": " ".join(fingerprint(was.key.public)),
        "words": " ".join(fingerprint(new.key.public)),
    }


async def words(desk: Desk, _asked: Nothing) -> Plain:
    return paper.words(desk.drawer.folder)


class Passphrase(msgspec.Struct, forbid_unknown_fields=True):
    """What a backup is closed with."""

    passphrase: str


async def create(desk: Desk, asked: Passphrase) -> Plain:
    """A backup's bytes in base64, for whoever asks to put where they like."""
    who = desk.identity
    _ = who.key
    backup.check_passphrase(asked.passphrase)
    at = tuple(dict.fromkeys((*desk.reached(), *desk.addresses(), *setup.addresses(who))))
    salt, nonces = secrets.token_bytes(16), secrets.token_bytes(48)
    data = await trio.to_thread.run_sync(backup.close, who, at, asked.passphrase, salt, nonces)
    backup.mark(desk.drawer.folder, clock.now())
    return {"file": base64.b64encode(data).decode(), "name": who.name}


VERBS: Verbs = {"key.change": (Nothing, change), "backup.words": (Nothing, words), "backup.file": (Passphrase, create)}
