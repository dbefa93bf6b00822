"""Draws one picture anew: a file on the standard input, WebP on the standard output. The only file that imports Pillow.

A picture is a stranger's program for a decoder, so it is run in a process of its own, with bounded memory and time, and
nothing of the file comes out of it but the points that are seen: no place, no camera, no thumbnail, no text. Run by
node/pictures.py; exit code 3 with a sentence on the standard error when the file is understood and not taken.
"""

import io
import resource
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps

BYTES_MAX: Final = 12_000_000  # what phones take has 3 to 8 MB
POINTS_MAX: Final = 40_000_000  # and 12 to 50 million points, of which nobody sees more than a screen
SIDE_MAX: Final = 1_600
MEMORY_BYTES_MAX: Final = 1 << 30  # 40 million points of four bytes, and as much again to turn it
SECONDS_MAX: Final = 20
REFUSED: Final = 3
FORMATS: Final = ("JPEG", "PNG", "WEBP")
# Tried in this order until it is small enough: first it gets coarser, then smaller. (longest side, quality)
_WAYS: Final = ((1_600, 80), (1_600, 60), (1_280, 55), (1_024, 50), (800, 45), (640, 35), (480, 25), (320, 20))


class NotTaken(Exception):
    """The file is understood, and no picture for a letter."""


def redraw(data: bytes, bytes_max: int) -> bytes:
    """The picture in `data` as WebP of at most so many bytes. Raises `NotTaken`, and whatever Pillow raises for a file
    that is damaged."""
    if len(data) > BYTES_MAX:
        raise NotTaken(f"a picture has at most {BYTES_MAX // 1_000_000} MB")
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > POINTS_MAX:
            raise NotTaken(
                f"a picture has at most {POINTS_MAX // 1_000_000} million points; this one {width} × {height}"
            )
        opened.draft("RGB", (SIDE_MAX, SIDE_MAX))  # a JPEG is decoded no finer than it will be shown
        upright = ImageOps.exif_transpose(opened)
        seen = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    # On a new canvas: whatever else the file held stays behind.
    for side, quality in _WAYS:
        small = seen.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        canvas = Image.new(small.mode, small.size)
        canvas.paste(small)
        drawn = io.BytesIO()
        canvas.save(drawn, "WEBP", quality=quality)
        if drawn.tell() <= bytes_max:
            return drawn.getvalue()
    raise NotTaken("this picture can not be made small enough")


def main() -> None:
    """Read, draw, write. `argv` says how many bytes there may be."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, SECONDS_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    warnings.simplefilter("error", Image.DecompressionBombWarning)  # whatever else is odd about it, it may be seen
    try:
        drawn = redraw(sys.stdin.buffer.read(BYTES_MAX + 1), int(sys.argv[1]))
    except NotTaken as why:
        sys.stderr.write(str(why))
        sys.exit(REFUSED)
    sys.stdout.buffer.write(drawn)


if __name__ == "__main__":
    main()
