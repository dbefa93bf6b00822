"""Pictures in letters: drawn anew before they are sent, and again before they are shown (node/redraw.py).

Ours, so that no place and no camera goes along with it; others', so that no browser is ever given what a stranger made.
"""

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

import trio

from ruil.protocol.errors import Refused
from ruil.protocol.limits import PICTURE_BYTES_MAX

BYTES_MAX: Final = 12_000_000  # of a file, as in redraw.py, which only its own process imports
SECONDS_MAX: Final = 30.0  # on a busy computer; the process itself has 20 s of CPU time
AT_ONCE: Final = 2
_REFUSED: Final = 3
_SAID_BYTES_MAX: Final = 10_000  # of what went wrong: a sentence
_NO_PICTURE: Final = "this is no picture that is understood here, or it is damaged: send a JPEG, PNG or WebP file"
_drawing: Final = trio.CapacityLimiter(AT_ONCE)


async def redrawn(data: bytes) -> bytes:
    """A picture as WebP, at most 1,600 points a side, of what is seen and nothing else. Raises `Refused` with a
    sentence for what is none, or too large."""
    if len(data) > BYTES_MAX:
        raise Refused(f"a picture has at most {BYTES_MAX // 1_000_000} MB")
    command = [sys.executable, "-m", "ruil.node.redraw", str(PICTURE_BYTES_MAX)]
    async with _drawing:
        try:
            with trio.fail_after(SECONDS_MAX):
                code, drawn, said = await run(command, data, PICTURE_BYTES_MAX)
        except trio.TooSlowError:
            raise Refused("this picture takes too long to draw") from None
    if code == _REFUSED:
        raise Refused(said.decode(errors="replace"))
    if code or not drawn:
        raise Refused(_NO_PICTURE)
    return drawn


async def run(command: Sequence[str], data: bytes, most: int) -> tuple[int | None, bytes, bytes]:
    """A process that is not trusted with our memory either: it is killed when it writes more than `most` bytes. Returns
    its exit code, its output and the beginning of what it says went wrong."""
    async with trio.open_nursery() as nursery:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process: trio.Process = await nursery.start(
            partial(trio.run_process, command, stdin=data, check=False, **pipes)
        )
        said: list[bytes] = []

        async def listen() -> None:
            assert process.stderr is not None
            said.append(await _read(process.stderr, process, _SAID_BYTES_MAX))

        nursery.start_soon(listen)
        assert process.stdout is not None
        drawn = await _read(process.stdout, process, most)
    return process.returncode, drawn, said[0]


async def _read(stream: trio.abc.ReceiveStream, process: trio.Process, most: int) -> bytes:
    """All of it; the process is killed when that is more than `most`."""
    read = bytearray()
    async for part in stream:
        read += part
        if len(read) > most:
            process.kill()
            break
    return bytes(read[:most])
