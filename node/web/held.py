"""Held: what every page says while this device signs nothing, because it may have been set back or was copied."""

from typing import TYPE_CHECKING

from ruil.node.views import Plain
from ruil.node.web.text import clean
from ruil.node.web.typed import whole_sentence

if TYPE_CHECKING:
    from ruil.node.web.page import Page


def held(page: "Page") -> Plain:
    """What every page says while this device signs nothing; empty when it signs."""
    if page.desk is None or not page.desk.peer.held:
        return {}
    # What to type stands on buttons here.
    said = str(clean(page.desk.peer.held)).partition(" Wait until a neighbour")[0]
    has_key = page.desk.identity.member is not None
    return {"sentence": whole_sentence(said), "over": page.desk.peer.over, "has_key": has_key}
