"""What the network tells the rest of the node, and the one error that stops it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["connecting", "up", "down", "stopped"]


@dataclass(frozen=True, slots=True)
class Arrived:
    """One whole frame from a neighbour. Its content is anybody's guess until the protocol has read it."""

    neighbour: bytes  # 32 bytes: the Ed25519 key that the handshake proved
    frame: bytes


@dataclass(frozen=True, slots=True)
class Joined:
    """A link to this neighbour is open: frames may be sent."""

    neighbour: bytes
    address: str  # where the connection comes from or goes to, "192.168.1.5:4001"


@dataclass(frozen=True, slots=True)
class Left:
    """The link is gone. What was queued for it is lost; a sync mends that when it is back."""

    neighbour: bytes
    reason: str  # plain words


@dataclass(frozen=True, slots=True)
class Status:
    """How the network as a whole is doing, for the page."""

    state: State
    addresses: tuple[str, ...]
    detail: str  # plain words


NetworkEvent = Arrived | Joined | Left | Status


class PortBusy(Exception):
    """Another program listens on our port. The sentence is for the member."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} is in use by another program, perhaps by another running node. "
            "Stop that one, or choose another port."
        )
        self.port = port
