"""libp2p can be imported where fastecdsa is missing (docs/decisions/0004-fastecdsa.md)."""

import subprocess
import sys

PROGRAM = """
import importlib.util, sys
from ruil.node.network import which_fastecdsa, without_fastecdsa
before = which_fastecdsa()
without_fastecdsa.prepare()
import libp2p.crypto.ecc
assert which_fastecdsa() == before, (before, which_fastecdsa())
if before == "stand-in":
    try:
        libp2p.crypto.ecc.create_new_key_pair("P-256")
    except NotImplementedError as why:
        assert "fastecdsa, which is not installed" in str(why)
    except AttributeError as why:
        assert "fastecdsa, which is not installed" in str(why)
    else:
        raise AssertionError("a key out of nothing")
"""


def test_the_stand_in_is_used_only_where_the_package_is_missing_and_makes_no_keys() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
