"""Keys at the desk: the member's as words for paper, and a new one in the place of one that somebody may have seen."""

from ruil.crypto.fingerprint import fingerprint
from ruil.node import backup, friends, identity, paper
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


VERBS: Verbs = {"key.change": (Nothing, change), "backup.words": (Nothing, words)}
