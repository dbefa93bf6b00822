"""Strangers for the network's tests: plain libp2p programs that keep to no rule of ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from libp2p import new_host
from libp2p.abc import IHost, INetStream
from libp2p.crypto.ed25519 import Ed25519PrivateKey
from libp2p.crypto.keys import KeyPair
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo
from multiaddr import Multiaddr

from ruil.protocol.ids import member_text

FRAMES = TProtocol("/ruil/frames/1")


@asynccontextmanager
async def stranger(seed: bytes, node_key: bytes, port: int) -> AsyncIterator[tuple[IHost, ID]]:
    """A libp2p host with its own defaults, connected to the node at this port; and the node's peer id."""
    secret = Ed25519PrivateKey.from_bytes(seed)
    host = new_host(key_pair=KeyPair(secret, secret.get_public_key()))
    peer = ID.from_base58(member_text(node_key))
    async with host.run([]):
        await host.connect(PeerInfo(peer, [Multiaddr(f"/ip4/127.0.0.1/tcp/{port}")]))
        try:
            yield host, peer
        finally:  # it says goodbye, for which it waits without end when nobody reads
            with trio.move_on_after(2, shield=True):
                await host.close()


async def raw_stream(host: IHost, peer: ID, lines: list[bytes]) -> INetStream:
    """A stream on which these multistream lines are said, and nothing is negotiated."""
    stream = await host.get_network().new_stream(peer)
    for line in lines:
        await stream.write(bytes([len(line) + 1]) + line + b"\n")
    return stream
