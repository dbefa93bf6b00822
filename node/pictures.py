"""Pictures in letters: drawn anew before they are sent, and again before they are shown (node/redraw.py).

Ours, so that no place and no camera goes along with it; others', so that no browser is ever given what a stranger made.
"""

import subprocess
import sys
from typing import Final

import trio

from ruil.protocol.errors import Refused
from ruil.protocol.limits import PICTURE_BYTES_MAX

BYTES_MAX: Final = 12_000_000  # of a file, as in redraw.py, which only its own process imports
SECONDS_MAX: Final = 30.0  # on a busy computer; the process itself has 20 s of CPU time
AT_ONCE: Final = 2
_REFUSED: Final = 3
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
                done = await trio.run_process(
                    command, stdin=data, capture_stdout=True, capture_stderr=True, check=False
                )
        except trio.TooSlowError:
            raise Refused("this picture takes too long to draw") from None
        except (BrokenPipeError, subprocess.SubprocessError):
            raise Refused(_NO_PICTURE) from None
    if done.returncode == _REFUSED:
        raise Refused(done.stderr.decode(errors="replace"))
    if done.returncode or not 0 < len(done.stdout) <= PICTURE_BYTES_MAX:
        raise Refused(_NO_PICTURE)
    return done.stdout
