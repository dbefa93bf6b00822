"""The peer of figures 5 and 6: one of 20 hosts of py-libp2p 0.8.1 that spread messages by its gossipsub 1.1.

Tuned by trying, for the fewest repeats with which everything arrives. A heartbeat each second (as shipped, one in two
minutes). A mesh of `MESH` neighbours: with more, each message came three to six times, two cores were full, and
messages were late by seconds or lost. One second until a pruned neighbour may be grafted again (as shipped 60: hosts
that all had pruned heard nothing meanwhile). No scores, which graft the mesh full again; no adaptive gossip, rate
limits or diversity of addresses. Noise and yamux alone, and no resource manager, which refuses links of the mesh: as
ours. Messages are signed and checked, as ours are. On a machine that is busy with other things it falls behind and
loses messages; then only the hosts' CPU may be compared.
"""

import logging
import time
from multiprocessing.connection import Connection

import trio

from ruil.node.network import without_fastecdsa
from tests.bench.mesh import DEGREE, ENTRY_BYTES, HOSTS, WARM_UP, Heard, Timetable

without_fastecdsa.prepare()

from libp2p import new_host  # noqa: E402
from libp2p.crypto.ed25519 import create_new_key_pair  # noqa: E402
from libp2p.crypto.x25519 import create_new_key_pair as new_x25519  # noqa: E402
from libp2p.custom_types import TProtocol  # noqa: E402
from libp2p.network.config import ConnectionConfig  # noqa: E402
from libp2p.network.swarm import Swarm  # noqa: E402
from libp2p.peer.id import ID  # noqa: E402
from libp2p.peer.peerinfo import info_from_p2p_addr  # noqa: E402
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11, GossipSub  # noqa: E402
from libp2p.pubsub.pb import rpc_pb2  # noqa: E402
from libp2p.pubsub.pubsub import Pubsub  # noqa: E402
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE  # noqa: E402
from libp2p.security.noise.transport import Transport as Noise  # noqa: E402
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX  # noqa: E402
from libp2p.stream_muxer.yamux.yamux import Yamux  # noqa: E402
from libp2p.tools.anyio_service import background_trio_service  # noqa: E402
from multiaddr import Multiaddr  # noqa: E402

TOPIC = "bench"
MESH = (3, 2, 4)  # neighbours in the mesh: wanted, fewest, most


def prepare() -> list[bytes]:
    """The seed of each host's key."""
    return [bytes([number + 1]) * 32 for number in range(HOSTS)]


def host(number: int, pipe: Connection, seed: bytes) -> None:
    """Run one host, as mesh_ruil.py does."""
    logging.getLogger("libp2p").setLevel(logging.ERROR)
    trio.run(_run, number, pipe, seed)


class _Counting(Pubsub):
    """Counts what comes over links."""

    arrivals = 0

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        if msg_forwarder != self.my_id:
            self.arrivals += 1
        await super().push_msg(msg_forwarder, msg)


async def _run(number: int, pipe: Connection, seed: bytes) -> None:
    pair = create_new_key_pair(seed)
    host_ = new_host(
        key_pair=pair,
        sec_opt={NOISE: Noise(pair, noise_privkey=new_x25519().private_key)},
        muxer_opt={TProtocol(YAMUX): Yamux},
        connection_config=ConnectionConfig(min_connections=0, low_watermark=0),  # it would dial whomever it heard of
    )
    swarm = host_.get_network()
    assert isinstance(swarm, Swarm)
    swarm.set_resource_manager(None)  # it refuses links of the mesh
    wanted, fewest, most = MESH
    router = GossipSub(
        protocols=[PROTOCOL_ID_V11],
        degree=wanted,
        degree_low=fewest,
        degree_high=most,
        heartbeat_interval=1,
        prune_back_off=1,
        adaptive_gossip_enabled=False,
        spam_protection_enabled=False,
        eclipse_protection_enabled=False,
    )
    router.scorer = None
    pubsub = _Counting(host_, router)
    async with (
        host_.run([Multiaddr("/ip4/127.0.0.1/tcp/0")]),
        background_trio_service(pubsub),
        background_trio_service(router),
    ):
        await pubsub.wait_until_ready()
        messages = await pubsub.subscribe(TOPIC)
        pipe.send(str(host_.get_addrs()[0]))
        for address in await trio.to_thread.run_sync(pipe.recv):
            await host_.connect(info_from_p2p_addr(Multiaddr(address)))
        with trio.fail_after(30):
            while len(pubsub.peer_topics.get(TOPIC, ())) < DEGREE:  # noqa: ASYNC110  it tells of no such event
                await trio.sleep(0.1)
        pipe.send(time.monotonic())
        timetable: Timetable = await trio.to_thread.run_sync(pipe.recv)
        said: dict[int, float] = {}
        stood: dict[int, float] = {}

        async def hear() -> None:
            while True:
                message = await messages.get()
                stood.setdefault(int.from_bytes(message.data[:4], "big"), time.monotonic())

        async def speak() -> None:
            for turn, at in timetable.turns(number):
                await _until(at)
                said[turn] = time.monotonic()
                await pubsub.publish(TOPIC, turn.to_bytes(4, "big") + bytes(ENTRY_BYTES - 4))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hear)
            nursery.start_soon(speak)
            await _until(timetable.counts_from)
            pubsub.arrivals = 0
            before = time.process_time()
            await _until(timetable.ends)
            cpu_seconds = time.process_time() - before
            nursery.cancel_scope.cancel()
        pipe.send(
            Heard(
                said={turn: at for turn, at in said.items() if turn >= WARM_UP},
                kept={turn: at for turn, at in said.items() if turn >= WARM_UP},  # it keeps nothing
                stood={turn: at for turn, at in stood.items() if turn >= WARM_UP and turn not in said},
                arrivals=pubsub.arrivals,
                cpu_seconds=cpu_seconds,
            )
        )
        await trio.sleep_forever()  # ended by whoever started it: libp2p's own end is noisy


async def _until(when: float) -> None:
    await trio.sleep(max(0.0, when - time.monotonic()))
