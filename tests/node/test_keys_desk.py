"""Keys at the desk: what two requests at once must not do."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio

from ruil.node import identity
from ruil.node.desk import keys
from ruil.node.desk.desk import Nothing
from ruil.node.identity import Identity
from ruil.protocol.errors import Refused
from tests.protocol.actors import Village


def test_a_key_is_not_changed_again_before_the_first_change_was_said(tmp_path: Path) -> None:
    """Two tabs: the profile holds one word that is still to be said, and the second would take its place."""
    village = Village()
    anna = village.founder
    identity.write(tmp_path, Identity(anna.owner, anna.key, "Anna", "desktop", village.community))
    reopened: list[int] = []
    drawer = SimpleNamespace(folder=tmp_path, reopen=lambda: reopened.append(1))
    desk: Any = SimpleNamespace(peer=SimpleNamespace(held=""), identity=identity.read(tmp_path), drawer=drawer)

    trio.run(keys.change, desk, Nothing())
    changed = identity.read(tmp_path)
    with pytest.raises(Refused, match="changed a moment ago"):
        trio.run(keys.change, desk, Nothing())

    assert (identity.read(tmp_path), reopened) == (changed, [1])
    assert changed.says
