"""libp2p's host, as narrow as we can have it: Noise, yamux, our stream protocol, and answers to identify and ping.

The names of libp2p that host.py needs are imported here, after the stand-in for fastecdsa. Several are private or bound
to one version, hence the exact pin of libp2p and a regression test per defect.
"""

from ruil.node.network import without_fastecdsa
from ruil.node.network.limits import NetworkLimits

without_fastecdsa.prepare()

from google.protobuf.message import DecodeError, Message  # noqa: E402  arrives with libp2p
from libp2p import new_host  # noqa: E402
from libp2p.abc import INetStream  # noqa: E402
from libp2p.crypto.ed25519 import Ed25519PrivateKey  # noqa: E402
from libp2p.crypto.keys import KeyPair  # noqa: E402
from libp2p.crypto.x25519 import create_new_key_pair as new_x25519  # noqa: E402
from libp2p.custom_types import TProtocol  # noqa: E402
from libp2p.host.basic_host import BasicHost, _IdentifyNotifee  # noqa: E402
from libp2p.identity.identify_push.identify_push import ID_PUSH  # noqa: E402
from libp2p.network.config import ConnectionConfig  # noqa: E402
from libp2p.network.connection.raw_connection import RawConnection  # noqa: E402
from libp2p.network.connection.swarm_connection import SwarmConn  # noqa: E402
from libp2p.network.stream.net_stream import NetStream  # noqa: E402
from libp2p.network.swarm import Swarm  # noqa: E402
from libp2p.protocol_muxer.exceptions import MultiselectClientError  # noqa: E402
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator  # noqa: E402
from libp2p.relay.circuit_v2.pb.circuit_pb2 import (  # noqa: E402
    HopMessage,
    Limit,
    PeerId,
    Reservation,
    Status,
    StopMessage,
)
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE  # noqa: E402
from libp2p.security.noise.transport import Transport as Noise  # noqa: E402
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX  # noqa: E402
from libp2p.stream_muxer.yamux.yamux import Yamux  # noqa: E402
from libp2p.utils.varint import encode_varint_prefixed, read_varint_prefixed_bytes_limited  # noqa: E402
from multiaddr import Multiaddr  # noqa: E402

__all__ = [
    "FRAMES",
    "HOP",
    "STOP",
    "DecodeError",
    "HopMessage",
    "INetStream",
    "Limit",
    "Message",
    "Multiaddr",
    "MultiselectClientError",
    "MultiselectCommunicator",
    "NetStream",
    "PeerId",
    "RawConnection",
    "Reservation",
    "Status",
    "StopMessage",
    "SwarmConn",
    "TProtocol",
    "encode_varint_prefixed",
    "libp2p_host",
    "read_varint_prefixed_bytes_limited",
]

FRAMES = TProtocol("/ruil/frames/1")
HOP = TProtocol("/libp2p/circuit/relay/0.2.0/hop")
STOP = TProtocol("/libp2p/circuit/relay/0.2.0/stop")


def libp2p_host(seed: bytes, limits: NetworkLimits) -> tuple[BasicHost, Swarm]:
    """A host that is not running yet, and its swarm."""
    secret = Ed25519PrivateKey.from_bytes(seed)
    pair = KeyPair(secret, secret.get_public_key())
    most = 2 * limits.neighbours_max + limits.handshakes_max
    host = new_host(
        key_pair=pair,
        negotiate_timeout=int(limits.handshake_seconds) or 1,
        sec_opt={NOISE: Noise(pair, noise_privkey=new_x25519().private_key)},  # and nothing else: S1
        muxer_opt={TProtocol(YAMUX): Yamux},
        connection_config=ConnectionConfig(  # no pruner
            min_connections=0,
            low_watermark=0,
            # Ours is the cap (_check); this one leaves room for those we turn away, and those that libp2p still takes
            # down: it sleeps 0.2 s over each.
            high_watermark=most,
            max_connections=most,
            max_connections_per_peer=2,
        ),
        disable_identify_address_discovery=True,
    )
    swarm = host.get_network()
    assert isinstance(host, BasicHost)
    assert isinstance(swarm, Swarm)
    swarm.set_resource_manager(None)  # R1: it breaks half open
    swarm.auto_connector.maybe_connect = _nobody  # type: ignore[method-assign]  # L7: its watermarks at 0 still make it dial whom it has heard of
    # We ask nobody who they are: the handshake proved the key. Others may ask us. Being told unasked is refused.
    swarm.notifees[:] = [notifee for notifee in swarm.notifees if not isinstance(notifee, _IdentifyNotifee)]
    host.remove_stream_handler(ID_PUSH)
    return host, swarm


async def _nobody() -> None:
    """Whom to dial is dialer.py's to say."""
