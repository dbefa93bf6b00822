"""Defect L7: below a low watermark libp2p dials whoever it has heard of. At a watermark of 0 it still does, up to half
of the high one."""

import trio
from libp2p.peer.id import ID
from multiaddr import Multiaddr

from ruil.node.network import NetworkLimits
from ruil.node.network.addresses import public_key
from ruil.node.network.libp2p_host import libp2p_host
from ruil.protocol.ids import member_text
from tests.node.network.conftest import seeds

NODE, *HEARD_OF = seeds(6)


async def test_libp2p_dials_nobody_by_itself() -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    address = Multiaddr(f"/ip4/127.0.0.1/tcp/{listener.socket.getsockname()[1]}")
    host, swarm = libp2p_host(NODE, NetworkLimits())
    for seed in HEARD_OF:
        swarm.peerstore.add_addrs(ID.from_base58(member_text(public_key(seed))), [address], 1_000)

    came = 0
    async with host.run([]):
        await swarm.auto_connector.maybe_connect()
        with trio.move_on_after(0.5):
            while True:
                await (await listener.accept()).aclose()
                came += 1
        await host.close()

    assert came == 0
