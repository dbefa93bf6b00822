"""Defect S1: libp2p's default host accepts unencrypted connections. Ours offers Noise alone."""

import pytest
import trio

from tests.node.network.conftest import StartNode, seeds


@pytest.mark.parametrize("handshake", [b"/plaintext/2.0.0", b"/tls/1.0.0", b"/secio/1.0.0"])
async def test_only_noise_is_accepted(start_node: StartNode, handshake: bytes) -> None:
    node = await start_node(seeds(1)[0])
    socket = await trio.open_tcp_stream("127.0.0.1", node.network.port)

    for line in (b"/multistream/1.0.0", handshake):
        await socket.send_all(bytes([len(line) + 1]) + line + b"\n")
    answer = b""
    with trio.fail_after(5):
        while b"na\n" not in answer:
            more = await socket.receive_some()
            assert more, f"closed after {answer!r}"
            answer += more

    assert answer.endswith(b"\x03na\n")
