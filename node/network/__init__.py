"""The node's network: opaque frames between neighbours, over libp2p (imported only once the network runs)."""

from ruil.node.network.choice import Bond
from ruil.node.network.events import Arrived, Joined, Left, NetworkEvent, PortBusy, Status
from ruil.node.network.limits import FRAME_BYTES_MAX, NetworkLimits
from ruil.node.network.reach import Reach, Way
from ruil.node.network.supervisor import Network
from ruil.node.network.without_fastecdsa import which_fastecdsa

__all__ = [
    "FRAME_BYTES_MAX",
    "Arrived",
    "Bond",
    "Joined",
    "Left",
    "Network",
    "NetworkEvent",
    "NetworkLimits",
    "PortBusy",
    "Reach",
    "Status",
    "Way",
    "which_fastecdsa",
]
