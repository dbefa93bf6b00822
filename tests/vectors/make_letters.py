"""The vectors of docs/spec/letters.md and mailbox.md, one fault in each."""

import hashlib
import struct
from typing import Any, Final

from nacl import bindings

from tests.vectors.make_protocol import DAY, T0, Case, _bytes, _case, _hash, _pack, _public, _sign

ELM, OAK = _bytes("elm"), _bytes("oak")
ANNA, BEN, CARLA = _bytes("anna's device"), _bytes("ben's device"), _bytes("carla's device")
MEMBER: Final = _bytes("ben")
HELLO: Final = {"at": T0, "text": "Is the ladder still there?", "to": MEMBER}
ONCE: Final = _bytes("a key for one letter")


def _box(to: bytes, words: bytes) -> bytes:
    once = _bytes("a key for one box")
    public = bytes(bindings.crypto_scalarmult_base(once))
    recipient = bytes(bindings.crypto_sign_ed25519_pk_to_curve25519(to))
    nonce = hashlib.blake2b(public + recipient, digest_size=24).digest()
    return public + bytes(bindings.crypto_box(words, nonce, recipient, once))


def _letter(
    content: Any = None,
    *,
    to: list[bytes] | None = None,
    expires: int = T0 + 30 * DAY,
    by: bytes = ANNA,
    community: bytes = ELM,
    version: int = 1,
    behind: bytes = b"",
    signed_head: bytes | None = None,
) -> bytes:
    content = HELLO if content is None else content
    words = content if isinstance(content, bytes) else _pack(content)
    devices = sorted(_public(seed) for seed in (ANNA, BEN)) if to is None else to
    head = struct.pack(">B32sQB", version, _public(ANNA), expires, len(devices))
    head += b"".join(device + _box(device, ONCE) for device in devices)
    signature = _sign(by, b"ruil/letter/1\n", community + (signed_head or head) + words)
    inside = struct.pack(">I", len(words)) + words + signature + behind
    inside += bytes(-len(inside) % 1_024)
    return head + bytes(bindings.crypto_secretbox(inside, bytes(24), ONCE))


def _receipt(seed: bytes, said: int, *, community: bytes = ELM) -> bytes:
    words = _bytes("a letter") + _public(seed) + struct.pack(">BQ", said, T0)
    return words + _sign(seed, b"ruil/receipt/1\n", community + words)


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    whole = _letter()
    both = sorted(_public(seed) for seed in (ANNA, BEN))
    first = whole.index(both[0])

    def carried(name: str, comment: str, expect: Any, data: bytes) -> None:
        made[f"letters/{name}.json"] = _case(comment, "letter-carried", expect, community=ELM, data=data)

    def read(name: str, comment: str, expect: Any, data: bytes, *, seed: bytes = BEN, community: bytes = ELM) -> None:
        given = {"community": community, "seed": seed, "data": data}
        made[f"letters/{name}.json"] = _case(comment, "letter-read", expect, **given)

    def flipped(data: bytes, place: int) -> bytes:
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    facts = {"id": _hash(b"letter", ELM, whole), "sender": _public(ANNA), "expires": T0 + 30 * DAY, "devices": both}
    carried("carried", "What its carriers see.", facts, whole)
    carried("version-two", "Version 2.", "not a letter of a version", _letter(version=2))
    carried("too-large", "A byte too many.", "a letter of 245761 bytes", bytes(245_761))
    carried("to-nobody", "To no device.", "a letter to 0 devices", _letter(to=[]))
    many = sorted(_public(_bytes(f"device {number}")) for number in range(33))
    carried("to-thirty-three", "To 33 devices.", "a letter to 33 devices", _letter(to=many))
    carried("out-of-order", "The later key first.", "the devices of a letter", _letter(to=both[::-1]))
    carried("cut-off", "The last byte is missing.", "a letter that is cut off", whole[:-1])
    carried(
        "for-ever", "A ms after the year 9999.", "a letter that is kept for ever", _letter(expires=253_402_300_800_000)
    )

    plain = {"at": T0, "text": HELLO["text"], "to": MEMBER, "about": None, "picture": b""}
    read("read", "Ben reads what Anna wrote.", plain, whole)
    about = {**HELLO, "about": _bytes("a listing"), "picture": b"a picture"}
    read("about-something", "About a listing, with a picture.", {**plain, **about}, _letter(about))
    read("more-fields", "A field of a later day.", plain, _letter({**HELLO, "mood": "glad"}))
    read("for-another-device", "Carla opens it.", "a letter for somebody else", whole, seed=CARLA)
    bens = whole.index(_public(BEN)) + 32
    read("box-changed", "A bit of Ben's box.", "a letter that does not open", flipped(whole, bens + 40))
    read("body-changed", "A bit of the body.", "a letter that does not open", flipped(whole, len(whole) - 1))
    wrong = "a letter that is not signed"
    read("signed-by-another", "Signed by Carla.", wrong, _letter(by=CARLA))
    read("other-community", "The same bytes in another community.", wrong, whole, community=OAK)
    only_ben = struct.pack(">B32sQB", 1, _public(ANNA), T0 + 30 * DAY, 1) + _public(BEN) + _box(_public(BEN), ONCE)
    read("sealed-on", "What Anna signed for Ben alone is sealed to another too.", wrong, _letter(signed_head=only_ben))
    read("behind-the-end", "A byte behind the signature.", "a letter with something behind", _letter(behind=b"\x01"))
    read("padded-too-far", "A KiB of zeros too many.", "a letter with something behind", _letter(behind=bytes(1_024)))
    long = "a letter that is kept for longer than 30 days"
    read("too-long", "A ms longer than 30 days.", long, _letter(expires=T0 + 30 * DAY + 1))
    read("no-time", "It expires when it is written.", long, _letter(expires=T0))
    read("empty", "Blanks are no words.", "not a letter: an empty letter", _letter({**HELLO, "text": "  "}))
    read("control-character", "A bell.", "not a letter: a letter holds", _letter({**HELLO, "text": "\x07"}))
    read("picture-too-large", "196,609 bytes.", "not a letter", _letter({**HELLO, "picture": bytes(196_609)}))
    loose = b"\x83\xa2at\xcf" + struct.pack(">Q", T0) + b"\xa4text\xd9\x02hi\xa2to\xc4\x20" + MEMBER
    read("not-canonical", "Two letters with a length of two bytes.", "not canonical", _letter(loose))
    assert whole[first : first + 32] == both[0]

    def receipt(name: str, comment: str, expect: Any, data: bytes, community: bytes = ELM) -> None:
        made[f"letters/{name}.json"] = _case(comment, "receipt", expect, community=community, data=data)

    said = {"letter": _bytes("a letter"), "by": _public(BEN), "read": False, "at": T0}
    receipt("receipt", "It came.", said, _receipt(BEN, 1))
    receipt("receipt-read", "It was read.", {**said, "read": True}, _receipt(BEN, 2))
    receipt("receipt-says-three", "It says 3.", "not a receipt", _receipt(BEN, 3))
    forged = _receipt(CARLA, 1)
    forged = forged[:32] + _public(BEN) + forged[64:]
    receipt("receipt-forged", "Carla's, said to be Ben's.", "a receipt that is not signed", forged)
    receipt("receipt-other-community", "In another community.", "a receipt that is not signed", _receipt(BEN, 1), OAK)

    def room(name: str, comment: str, left: list[tuple[bytes, bytes, int, int]], answers: list[int]) -> None:
        """Left: (by whom, for whom, how many of them, of how many bytes each). Answers: of the last of each."""
        made[f"mailbox/{name}.json"] = _case(comment, "mailbox", {"answers": answers}, left=left)

    anna, ben, carla = _bytes("anna"), MEMBER, _bytes("carla")
    room(
        "from-one",
        "64 by Anna, one more, and one by Carla.",
        [(anna, ben, 64, 2_000), (anna, carla, 1, 1), (carla, ben, 1, 1)],
        [1, 2, 1],
    )
    room("bytes-from-one", "4 MiB by Anna, and a byte.", [(anna, ben, 32, 131_072), (anna, ben, 1, 1)], [1, 2])
    people = [_bytes(f"member {number}") for number in range(64)]
    room(
        "for-one", "256 for Ben by four members, one more, and one for Anna.",
        [*((each, ben, 64, 2_000) for each in people[:4]), (people[4], ben, 1, 1), (people[4], anna, 1, 1)],
        [1, 1, 1, 1, 2, 1],
    )  # fmt: skip
    room(
        "room", "4,096 by 64 members, and one more.",
        [*((each, people[number - 1], 64, 1_000) for number, each in enumerate(people)), (anna, ben, 1, 1)],
        [*[1] * 64, 3],
    )  # fmt: skip
    made["mailbox/answer-unknown.json"] = _case(
        "An answer of a later day.", "frame", {"frame": "Answers", "fields": [[[_bytes("a letter"), 250]]]},
        frame=b"\x01\x00" + _pack([13, [[_bytes("a letter"), 250]]]),
    )  # fmt: skip
    return made
