"""Settings: where a profile lives, and what its owner has changed. Each value knows where it came from.

Defaults, then `config.toml` in the profile, then RUIL_* variables; the later one wins.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruil.node.errors import Stopped


def home() -> Path:
    """The profile's folder: RUIL_HOME, or where this system keeps a program's data."""
    given = os.environ.get("RUIL_HOME")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("ruil"))


def state() -> Path:
    """Where this computer keeps what it remembers of its devices: RUIL_STATE, or where this system keeps a program's
    state. Never in a profile, with which it would be copied."""
    given = os.environ.get("RUIL_STATE")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_state_dir("ruil-leases"))  # on some systems state and data are one folder


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. `origin` says of each where it came from."""

    port: int = 0  # of the network; 0: any free one, kept from then on
    page_port: int = 0  # of the local page; 0: any free one
    listen: str = "0.0.0.0"
    discover: bool = True
    open_page: bool = True
    relay: bool = False  # pass neighbours that nobody can reach on to each other; for who is reached from outside
    announce: tuple[str, ...] = ()  # where others reach this node beside its own addresses: "home.example:4001"
    bootstrap: tuple[str, ...] = ()  # where to look for the community while no neighbour is linked
    storage_mb: int = 2_000  # room for what others said; 0: as much as there is (room.py)
    tell_read: bool = True  # whoever wrote to you sees that you have read it
    origin: dict[str, str] = field(default_factory=dict)


def read(folder: Path) -> Settings:
    """The settings of a profile. Raises `Stopped` for a file that can not be understood, naming the line or key."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    path = folder / "config.toml"
    if path.exists():
        import tomllib

        try:
            given = tomllib.loads(path.read_text())
        except (ValueError, RecursionError) as why:  # tomllib also lets through what int() says of too many digits
            raise Stopped(f"{path} is not valid TOML: {why}") from None
        for key, value in given.items():
            values[key], origin[key] = value, str(path)
    for key in _TYPES:
        variable = f"RUIL_{key.upper()}"
        if variable in os.environ:
            values[key], origin[key] = _from_text(variable, os.environ[variable], _TYPES[key]), variable
    for key, value in values.items():
        if key not in _TYPES:
            raise Stopped(f"{origin[key]}: there is no setting {key!r}; there are {', '.join(sorted(_TYPES))}")
        if _TYPES[key] is tuple:
            values[key] = _addresses(origin[key], key, value)
        elif type(value) is not _TYPES[key]:
            raise Stopped(f"{origin[key]}: {key} must be {_TYPES[key].__name__}, not {value!r}")
        elif type(value) is int and not 0 <= value <= 65_535:
            raise Stopped(f"{origin[key]}: {key} must be between 0 and 65535, not {value}")
    return Settings(**values, origin={key: origin.get(key, "default") for key in _TYPES})


_TYPES: dict[str, type] = {
    "port": int,
    "page_port": int,
    "listen": str,
    "discover": bool,
    "open_page": bool,
    "relay": bool,
    "announce": tuple,
    "bootstrap": tuple,
    "storage_mb": int,
    "tell_read": bool,
}


def _addresses(origin: str, key: str, value: Any) -> tuple[str, ...]:
    from ruil.node.network import addresses  # here: most commands need nothing of the network

    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        raise Stopped(f'{origin}: {key} must be a list of addresses, such as ["192.168.1.5:4001"], not {value!r}')
    try:
        for each in value:
            addresses.read(each)
    except ValueError as why:
        raise Stopped(f"{origin}: {key}: {why}") from None
    return tuple(value)


def _from_text(variable: str, text: str, type_: type) -> Any:
    if type_ is bool:
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise Stopped(f"{variable} must be yes or no, not {text!r}")
        return text.lower() in ("1", "true", "yes")
    if type_ is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return type_(text)
    except ValueError:
        raise Stopped(f"{variable} must be {type_.__name__}, not {text!r}") from None
