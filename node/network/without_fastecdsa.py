"""Lets libp2p be imported where the package fastecdsa is missing (docs/decisions/0004-fastecdsa.md).

libp2p imports fastecdsa for NIST P-256 keys and the SECIO handshake. We use neither: our keys are Ed25519 and our
handshake is Noise. fastecdsa needs a compiler and GMP to install, which members do not have. So when it is missing we
register stand-in modules with the names libp2p imports; whoever would really use one gets a clear error.
Where fastecdsa is installed nothing changes.
"""

import importlib.util
import sys
from types import ModuleType
from typing import Any, NoReturn

_MODULES = {
    "fastecdsa": (),
    "fastecdsa.curve": ("Curve", "P256"),
    "fastecdsa.keys": ("gen_keypair", "get_public_key", "gen_private_key"),
    "fastecdsa.point": ("Point",),
    "fastecdsa.encoding": (),
    "fastecdsa.encoding.sec1": ("SEC1Encoder",),
    "fastecdsa.encoding.util": ("int_bytelen",),
}


class _Missing:
    """Takes the place of any name of fastecdsa and refuses to be used."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name}: NIST P-256 keys need the package fastecdsa, which is not installed")

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("NIST P-256 keys need the package fastecdsa, which is not installed")


def which_fastecdsa() -> str:
    """One line for `ruil doctor`: which fastecdsa libp2p gets here."""
    if sys.platform == "win32":
        return "not needed on Windows"
    module = sys.modules.get("fastecdsa")
    if module is not None:
        return "stand-in" if getattr(module, "stand_in", False) else "installed"
    return "installed" if importlib.util.find_spec("fastecdsa") is not None else "stand-in"


def prepare() -> None:
    """Register the stand-in if, and only if, the real package is missing. To be called before importing libp2p."""
    if sys.platform == "win32" or which_fastecdsa() == "installed" or "fastecdsa" in sys.modules:
        return
    for name, members in _MODULES.items():
        module = ModuleType(name, "A stand-in for a missing package; see ruil.node.network.without_fastecdsa.")
        module.__dict__["stand_in"] = True
        module.__dict__["__path__"] = []  # makes it a package, so that its submodules are looked up in sys.modules
        for member in members:
            module.__dict__[member] = _Missing()
        sys.modules[name] = module
        parent, _, leaf = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], leaf, module)
