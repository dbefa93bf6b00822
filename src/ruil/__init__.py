"""ruil: a node for exchange between neighbours, with no server in the middle.

The code lives in four folders at the root of the repository (crypto, protocol, node, simulations) and imports as
``ruil.crypto`` and so on. In an installed wheel they are sub-folders of this package; in a checkout this file adds the
root to the package's path, so that both look the same to every import.
"""

from pathlib import Path

__version__ = "0.1.0"

_root = Path(__file__).resolve().parents[2]
if (_root / "pyproject.toml").is_file() and (_root / "protocol" / "__init__.py").is_file():
    __path__.append(str(_root))
