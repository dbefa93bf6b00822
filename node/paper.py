"""Paper: a member's key as 24 words to be written down, and the same member again on another computer from them.

Spec: docs/spec/words.md, docs/spec/backup.md.
"""

from pathlib import Path
from typing import Final

from ruil.crypto.fingerprint import fingerprint
from ruil.crypto.keys import SigningKey
from ruil.crypto.words import MistypedWords, from_words, to_words
from ruil.node import backup, clock, identity, setup
from ruil.node.identity import Identity
from ruil.node.views import Plain
from ruil.protocol.errors import Refused
from ruil.protocol.ids import CommunityId, MemberId, member_text
from ruil.protocol.invitations import open_invitation

WHICH: Final = (
    "say which community you belong to: --invite with any invitation of a neighbour (it is not used up),"
    " or --community ID and --at ADDRESS"
)


def words(folder: Path) -> Plain:
    """The words of this profile's member, and what else belongs on the paper; whoever is shown them has a backup from
    then on. Raises `Refused` where the key is not."""
    who = identity.read(folder)
    member = who.key
    backup.mark(folder, clock.now())
    return {
        "words": to_words(member.seed),
        "member": member_text(who.person) if who.person else None,
        "fingerprint": " ".join(fingerprint(member.public)),
    }


def where(community: str, at: tuple[str, ...], invite: str) -> tuple[CommunityId | None, tuple[str, ...]]:
    """Which community, and where to look for it: as an invitation says, or its id and addresses. Raises `Refused`."""
    if invite:
        invitation = open_invitation(invite)
        if community and community.lower() != invitation.community.hex():
            raise Refused("the invitation is for another community than --community says")
        return invitation.community, (*at, *invitation.addresses)
    try:
        id_ = bytes.fromhex(community)
    except ValueError:
        id_ = b""
    if community and len(id_) != 32:
        raise Refused("a community's id has 64 letters and digits, as `ruil community show` says it")
    return (CommunityId(id_) if community else None), at


def spelled(typed: str) -> SigningKey:
    """The key that these words spell. Raises `Refused`, saying which word is wrong."""
    try:
        return SigningKey.from_seed(from_words(typed))
    except MistypedWords as why:
        raise Refused(f"{why}. Nothing was changed.") from None


def restore(
    folder: Path,
    key: SigningKey,
    name: str,
    found: CommunityId,
    at: tuple[str, ...],
    person: MemberId | None,
) -> Identity:
    """An empty profile becomes a new device of who wrote their key down. `found` and `at`: of `where`. `person`: who
    that is, if the key took the place of another. Raises `Refused` before anything is written."""
    who = setup.restore(folder, key, name, found, at, person=person)
    backup.mark(folder, clock.now())
    return who
