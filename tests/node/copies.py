"""Copies of a profile, with and without what their computer remembers of it."""

import shutil
from pathlib import Path

import pytest

from ruil.node import identity, lease
from ruil.node.store import Store
from ruil.protocol.entry import open_entry


def moved(patch: pytest.MonkeyPatch, home: Path, to: Path) -> Path:
    """The profile in `home` at another place, on a computer that remembers its log as the first one did: nobody copied
    anything, as far as the profile can tell."""
    shutil.copytree(home, to)
    patch.setenv("RUIL_STATE", str(to.with_name(to.name + ".state")))
    who = identity.read(to)
    assert who.community is not None
    store = Store(to, who.device_id)
    _, data = store.last(who.device_id)
    store.close()
    lease.begin(who.device)
    with lease.taken(who.device) as held:
        held.said(open_entry(data, who.community, who.device_id))
    return to
