"""A backup: a member's key under a passphrase, and what is needed to be that member again on another device.

    backup = "ruil backup 1\\n" ‖ vault (116) ‖ the rest, locked under a key that only the member key gives

Nobody who finds the file learns whose it is. The log is not in it: neighbours hold that, and a restored member begins a
new one, so that a restored backup can never say something twice. Spec: docs/spec/backup.md.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ruil.crypto import vault
from ruil.crypto.contexts import BACKUP
from ruil.crypto.hashes import keyed
from ruil.crypto.keys import SigningKey
from ruil.crypto.seal import NONCE_BYTES, Unopenable, lock, unlock
from ruil.node import clock, setup
from ruil.node.identity import Identity
from ruil.protocol import codec
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, MemberId

MAGIC: Final = b"ruil backup 1\n"
# Each guess costs a thief half a second and 256 MiB: twelve characters nobody can guess outlast them, eight do not.
PASSPHRASE_CHARS_MIN: Final = 12
BACKUP_BYTES_MAX: Final = 65_536  # a charter has at most 8 KiB, and addresses are few
_MARK: Final = "backed-up"


class Rest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands beside the key: how the member is called, and how to find their community."""

    name: str
    community: bytes | None = None
    charter: bytes | None = None  # of a founder: nobody else may be left to ask for it
    cell: int | None = None
    addresses: tuple[str, ...] = ()
    person: bytes | None = None  # who the member is, if the key is one that took the place of their own


@dataclass(frozen=True, slots=True)
class Backup:
    """An opened backup."""

    member: SigningKey
    rest: Rest

    @property
    def community(self) -> CommunityId | None:
        return CommunityId(self.rest.community) if self.rest.community else None

    @property
    def person(self) -> MemberId:
        return MemberId(self.rest.person or self.member.public)


def check_passphrase(passphrase: str) -> None:
    """Refuse one that protects nothing."""
    if len(passphrase) < PASSPHRASE_CHARS_MIN:
        raise Refused(
            f"a passphrase needs at least {PASSPHRASE_CHARS_MIN} characters; five words drawn by chance are good"
        )


def close(who: Identity, addresses: tuple[str, ...], passphrase: str, salt: bytes, nonces: bytes) -> bytes:
    """The bytes of a backup. `salt` (16 bytes) and `nonces` (48) are new and random each time. Takes half a second."""
    kind, _, charter = who.entrance.partition("charter:")
    founding = bytes.fromhex(charter) if charter and not kind else None
    rest = Rest(who.name, who.community, founding, who.cell, addresses, who.person)
    member = who.key
    plain = codec.encode(msgspec.to_builtins(rest, builtin_types=(bytes,)))
    closed = vault.close(member.seed, passphrase, salt, nonces[:NONCE_BYTES])
    return MAGIC + closed + lock(_key(member), plain, nonces[NONCE_BYTES:])


def open_backup(data: bytes, passphrase: str) -> Backup:
    """The member in a backup. Raises `Refused`, saying whether the file or the passphrase is the wrong one."""
    if data[: len(MAGIC)] != MAGIC:
        raise Refused("this file is not a ruil backup, or one of a version this ruil does not know")
    closed = data[len(MAGIC) : len(MAGIC) + vault.VAULT_BYTES]
    try:
        member = SigningKey.from_seed(vault.open_vault(closed, passphrase))
    except vault.NotAVault as why:
        raise Refused(f"this backup can not be read: {why}") from None
    except vault.WrongPassphrase:
        raise Refused("that is not the passphrase this backup was closed with; nothing was changed") from None
    try:
        plain = codec.decode(unlock(_key(member), data[len(MAGIC) + vault.VAULT_BYTES :]))
        return Backup(member, msgspec.convert(plain, Rest, builtin_types=(bytes,)))
    except (Unopenable, Rejected, msgspec.ValidationError):
        raise Refused(
            "this backup is damaged behind the key: use another copy. The key itself is whole; its words still are"
            " where you wrote them down"
        ) from None


def restore(folder: Path, opened: Backup, name: str, community: CommunityId | None, at: tuple[str, ...]) -> Identity:
    """An empty profile becomes a new device of a backup's member. `name`, `community` and `at` are beside what it says,
    for one that was made before there was a community. Raises `Refused` before anything is written."""
    rest = opened.rest
    if community is not None and opened.community not in (None, community):
        raise Refused("this backup is for another community than the one you named; nothing was changed")
    who = setup.restore(
        folder,
        opened.member,
        name or rest.name,
        opened.community or community,
        tuple(dict.fromkeys((*at, *rest.addresses))),
        charter=rest.charter,
        cell=rest.cell,
        person=opened.person,
    )
    mark(folder, clock.now())
    return who


def _key(member: SigningKey) -> bytes:
    return keyed(BACKUP, member.seed)


# Whether this profile's member has one


def mark(folder: Path, at: int) -> None:
    """The member has a backup since `at`, in ms since 1970. Raises nothing: the backup itself is what matters."""
    try:
        descriptor = os.open(folder / _MARK, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{at}\n")
    except OSError:
        pass


def unmark(folder: Path) -> None:
    """The backups there are, are of another key than the member's."""
    (folder / _MARK).unlink(missing_ok=True)


def marked(folder: Path) -> int | None:
    """When the member made their last backup; None when there is none that we know of."""
    try:
        return int((folder / _MARK).read_text())
    except (OSError, ValueError):
        return None
