"""Pictures: what comes out is what is seen, small enough for a letter, and nothing else of the file."""

import io
import os
import signal
import struct
import sys
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from ruil.node import pictures, redraw
from ruil.protocol.errors import Refused
from ruil.protocol.limits import PICTURE_BYTES_MAX


def saved(image: Image.Image, format_: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **how)  # type: ignore[arg-type]
    return file.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """The hardest to make small."""
    return Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def photo() -> bytes:
    """A JPEG as a phone takes it: turned by its orientation, with the place, a maker's note and a comment."""
    image = Image.new("RGB", (400, 200), "white")
    image.paste((200, 0, 0), (0, 0, 100, 200))  # red on the left
    exif = image.getexif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    exif[0x010F] = "SECRETMAKER"
    exif.get_ifd(0x8825)[2] = (52.0, 22.0, 7.5)
    return saved(image, "JPEG", exif=exif, comment=b"SECRETCOMMENT", quality=95)


async def test_a_photo_keeps_what_is_seen_and_loses_its_place_its_maker_and_its_comment() -> None:
    data = photo()
    assert b"SECRETMAKER" in data
    assert b"SECRETCOMMENT" in data

    drawn = await pictures.redrawn(data)

    image = opened(drawn)
    assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (200, 400), {})
    assert b"SECRET" not in drawn
    assert b"EXIF" not in drawn
    assert b"XMP" not in drawn
    red, green, _ = image.convert("RGB").getpixel((100, 20))  # type: ignore[misc]
    assert (red > 150, green < 60) == (True, True)  # what was left is now above


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
async def test_each_format_is_drawn_anew(format_: str) -> None:
    drawn = await pictures.redrawn(saved(noise(60, 40), format_))

    assert (opened(drawn).format, opened(drawn).size) == ("WEBP", (60, 40))


async def test_what_is_seen_through_stays_so() -> None:
    drawn = await pictures.redrawn(saved(Image.new("RGBA", (20, 20), (0, 0, 255, 0)), "PNG"))

    assert opened(drawn).convert("RGBA").getpixel((10, 10))[3] == 0  # type: ignore[index]


async def test_of_a_moving_picture_the_first_moment_is_shown() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]

    drawn = await pictures.redrawn(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]))

    assert getattr(opened(drawn), "n_frames", 1) == 1


async def test_the_largest_and_hardest_picture_fits_a_letter() -> None:
    drawn = await pictures.redrawn(saved(noise(2_200, 1_500), "JPEG", quality=80))

    assert len(drawn) <= PICTURE_BYTES_MAX
    assert max(opened(drawn).size) <= redraw.SIDE_MAX


async def test_it_can_be_drawn_anew_again_and_again() -> None:
    drawn = await pictures.redrawn(photo())

    assert opened(await pictures.redrawn(drawn)).size == (200, 400)


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says it is so large, whatever is in it."""

    def chunk(kind: bytes, inside: bytes) -> bytes:
        return struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", zlib.crc32(kind + inside))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data or zlib.compress(b"")) + chunk(b"IEND", b"")


WRONG: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no picture"),
    "text": (lambda: b"hello", "no picture"),
    "a page": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "no picture"),
    "a gif": (lambda: saved(noise(9, 9), "GIF"), "no picture"),
    "a tiff": (lambda: saved(noise(9, 9), "TIFF"), "no picture"),
    "a pdf": (lambda: saved(noise(9, 9), "PDF"), "no picture"),
    "cut off": (lambda: saved(noise(300, 300), "JPEG")[:-9_000], "no picture"),
    "one point more than the most": (lambda: png(40_001, 1_000), "40 million points; this one 40001 × 1000"),
    "a bomb of points": (lambda: png(2**31 - 1, 2**31 - 1), "points|no picture"),
    "a bomb of zeros": (lambda: png(6_000, 6_000, zlib.compress(bytes(500))), "no picture"),
    "too many bytes": (lambda: bytes(pictures.BYTES_MAX + 1), "at most 12 MB"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_no_picture_for_a_letter_has_its_sentence(name: str) -> None:
    make, sentence = WRONG[name]

    with pytest.raises(Refused, match=sentence):
        await pictures.redrawn(make())


async def test_just_at_the_limit_it_is_drawn() -> None:
    drawn = await pictures.redrawn(saved(Image.new("1", (8_000, 5_000)), "PNG"))

    assert opened(drawn).size == (1_600, 1_000)


async def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SECONDS_MAX", 0.001)

    with pytest.raises(Refused, match="too long"):
        await pictures.redrawn(photo())


def test_both_files_have_the_same_bound() -> None:
    assert (pictures.BYTES_MAX, 3) == (redraw.BYTES_MAX, redraw.REFUSED)


async def test_a_decoder_that_was_taken_over_can_not_fill_our_memory() -> None:
    endless = "import sys\nwhile True: sys.{}.buffer.write(b'x' * 65_536)"
    for where, read in (("stdout", 1_000), ("stderr", 0)):
        code, drawn, _ = await pictures.run([sys.executable, "-c", endless.format(where)], b"", 1_000)
        assert code == -signal.SIGKILL
        assert len(drawn) == read


async def test_what_a_process_writes_within_the_bound_comes_whole() -> None:
    says = "import sys; sys.stdout.write(sys.stdin.read() * 2); sys.stderr.write('why'); sys.exit(3)"
    assert await pictures.run([sys.executable, "-c", says], b"ab", 4) == (3, b"abab", b"why")
    _, cut, _ = await pictures.run([sys.executable, "-c", says], b"ab", 3)
    assert cut == b"aba"
