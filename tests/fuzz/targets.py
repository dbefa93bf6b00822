"""What is fuzzed: one target per decoder, each with what it takes today and the vectors of its noun as samples."""

import base64
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from ruil.crypto import words
from ruil.crypto.contexts import SNAPSHOT
from ruil.crypto.hashes import HASH_BYTES, blake2b
from ruil.crypto.seal import Unopenable, lock, seal, unlock, unseal
from ruil.node import backup, identity, settings
from ruil.node.errors import Stopped
from ruil.node.identity import Identity
from ruil.node.network import addresses
from ruil.node.place import cell_from_text
from ruil.node.web import joint, typed
from ruil.protocol import bodies, bundle, charters, codec, grants, invitations, letters, snapshot, valueflows, wire
from ruil.protocol.bodies import Found, Profile
from ruil.protocol.entry import open_entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import EntryId, LetterId, member_from_text, member_text
from ruil.protocol.limits import LINKED_BYTES_MAX
from ruil.protocol.log import open_fork
from ruil.protocol.peerbook import read_record, seal_record
from ruil.protocol.revocations import open_proof
from ruil.simulations import scenario
from tests.fuzz.search import Target
from tests.protocol.actors import Village, key, later, loaves

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"
_HEX = frozenset("0123456789abcdef")


def _vectors(*nouns: str) -> tuple[bytes, ...]:
    """Every long piece of hex in the inputs of these nouns' vectors: the bytes that their decoders read."""
    found: dict[bytes, None] = {}
    for noun in nouns:
        for path in sorted((VECTORS / noun).glob("*.json")):
            for text in _texts(json.loads(path.read_text(encoding="utf-8")).get("input")):
                if len(text) >= 4 and len(text) % 2 == 0 and len(text) < 20_000 and set(text) <= _HEX:
                    found[bytes.fromhex(text)] = None
    assert found, nouns
    return tuple(found)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _made() -> tuple[Village, tuple[bytes, ...]]:
    village = Village()
    ben = village.joins(village.founder, "ben")
    ben.say(loaves())
    ben.say(Profile("Ben"))
    return village, tuple(entry.data for device in (village.founder, ben) for entry in device.entries)


VILLAGE, ENTRIES = _made()
COMMUNITY, ANNA, KEY = VILLAGE.community, VILLAGE.founder, key("device anna desktop")
_FOLDER = Path(tempfile.mkdtemp(prefix="ruil-fuzz-"))


# What is read again must come out as the same bytes ----------------------------------------


def _codec(data: bytes) -> bytes:
    return codec.encode(codec.decode(data))


def _body(data: bytes) -> None:
    """Its first byte is the kind. A later version may have added fields to it, so its bytes need not come back."""
    body = bodies.decode(data[0] if data else 0, data[1:])
    if body is not None:
        again = bodies.decode(bodies.NUMBER[type(body)], bodies.encode(body))
        assert again == body, "a body that is not read as it was written"


def _bodies() -> tuple[bytes, ...]:
    found = []
    for path in sorted((VECTORS / "bodies").glob("*.json")):
        given = json.loads(path.read_text(encoding="utf-8"))["input"]
        found.append(bytes([given["kind"] % 256]) + bytes.fromhex(given["payload"]))
    return tuple(found)


def _entry(data: bytes) -> bytes:
    return open_entry(data, COMMUNITY, ANNA.id).data


def _wire(data: bytes) -> None:
    """A frame need not be canonical; what was read of it is read again."""
    frame = wire.decode(data)
    if frame is not None:
        assert wire.decode(wire.encode(frame)) == frame, "a frame that is not read as it was written"


def _bundle(data: bytes) -> None:
    for _ in bundle.unpack(data):
        pass


def _snapshot(data: bytes) -> None:
    """With a sum that is right: else nothing behind it would ever be read."""
    snapshot.open_snapshot(data + blake2b(SNAPSHOT, data), COMMUNITY)


def _fork(data: bytes) -> None:
    proof = open_fork(data)
    assert open_fork(proof.data) == proof


def _proof(data: bytes) -> None:
    proof = open_proof(data)
    assert open_proof(proof.data) == proof


def _charter(data: bytes) -> None:
    made = charters.open_charter(data)
    assert charters.open_charter(charters.charter_bytes(made)) == made


def _letter(data: bytes) -> None:
    letter = letters.decode(data)
    assert letters.decode(letters.encode(letter)) == letter, "a letter that is not read as it was written"


def _receipt(data: bytes) -> None:
    letters.open_receipt(COMMUNITY, data)


def _record(data: bytes) -> bytes:
    return read_record(data, COMMUNITY).data


def _text(read: Callable[[str], Any]) -> Callable[[bytes], None]:
    def decoded(data: bytes) -> None:
        read(data.decode("utf-8", "replace"))

    return decoded


def _invitation(text: str) -> None:
    made = invitations.open_invitation(text)
    assert invitations.open_invitation(made.text) == made


def _summed(prefix: str, read: Callable[[str], Any]) -> Callable[[bytes], None]:
    """A text that people hand over, with a sum that is right."""

    def decoded(data: bytes) -> None:
        whole = data + grants.text_sum(prefix, data)
        read(prefix + base64.b32encode(whole).decode().rstrip("=").lower())

    return decoded


def _sealed(data: bytes) -> bytes:
    return letters.open_sealed(COMMUNITY, data).data


def _backup_rest(data: bytes) -> None:
    """What stands in a backup behind the key, as if it had been locked by who knows the passphrase."""
    try:
        msgspec.convert(codec.decode(data), backup.Rest, builtin_types=(bytes,))
    except msgspec.ValidationError as why:
        raise Rejected(str(why)) from None


def _identity(data: bytes) -> None:
    path = _FOLDER / identity.FILE
    path.write_bytes(data)
    path.chmod(0o600)
    identity.read(_FOLDER)


def _settings(data: bytes) -> None:
    path = _FOLDER / "config.toml"
    path.write_bytes(data)
    path.chmod(0o600)
    settings.read(_FOLDER)


def _form(data: bytes) -> None:
    """A form's fields, one a line, as `name=value`."""
    lines = data.decode("utf-8", "replace").split("\n")
    fields = {name: value for name, _, value in (line.partition("=") for line in lines)}
    for read in (typed.post, typed.terms, typed.reserve):
        read(typed.Typed(fields))
    for shape in joint.SHAPES:
        joint.begin(typed.Typed(fields), shape)
    joint.join(typed.Typed(fields), "0" * 64)


def _linked(data: bytes) -> None:
    if len(data) > LINKED_BYTES_MAX:
        return
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return  # as node/cli/valueflows.py says of a file that is no JSON
    for read in (valueflows.listings, valueflows.proposals):
        try:
            read(document, later(0), COMMUNITY)
        except Refused:
            pass


_FIELDS = (
    "role=offer\nkind=bread\ntitle=Loaf\nquantity=4\nunit=loaf\nwant=credit\nprice=1.5\ndays=7\ntext=Rye\ntags=a, b",
    "what=flour\nunit=sack\nprice=1.5\nsteps-1=10\npeople=3\ntotal=9\nmost=12\nseller=Ben\nanswer_days=7\ndays=21",
    "day=2026-05-01\nfrom=09:00\nto=11:00\nquantity=1\npay=0.5\nanswer_days=3\nslot=1\nwho-1=Ben\nwho-2=Carla",
)
_WHO = Identity(ANNA.owner, ANNA.key, "Anna", "desktop", COMMUNITY, 0x861F1D48FFFFFFF, dial=("192.168.1.5:4001",))


def _identity_file() -> bytes:
    identity.write(_FOLDER, _WHO)
    return (_FOLDER / identity.FILE).read_bytes()


def _plain(said: Any) -> bytes:
    """What a text to hand over holds: its version, and canonical MessagePack."""
    return bytes([grants.VERSION]) + codec.encode(msgspec.to_builtins(said, builtin_types=(bytes,)))


_BUNDLE = bundle.pack(COMMUNITY, [(ANNA.id, entry.data) for entry in ANNA.entries])
_SNAPSHOT = b"".join(snapshot.take(VILLAGE.book(ANNA)).parts())[:-HASH_BYTES]
_SCENARIOS = tuple(path.read_bytes() for path in sorted((ROOT / "simulations" / "scenarios").glob("*.toml")))
_FOUND = ANNA.entries[1].body
assert isinstance(_FOUND, Found)
_CHARTER = _FOUND.charter
_LETTER = letters.encode(letters.Letter(ANNA.member, later(0), "words", EntryId(bytes(32)), b"a picture"))
_RECEIPT = letters.receipt(KEY, COMMUNITY, LetterId(bytes(32)), later(0)).data
_RECORD = seal_record(KEY, COMMUNITY, ["192.168.1.5:4001", "home.example:4001"], later(0), near=True).data
_REST = codec.encode({"name": "Anna", "community": COMMUNITY, "cell": 1, "addresses": ["192.168.1.5:4001"]})
_ADDRESSES = (
    b"192.168.1.5:4001", b"[2001:db8::1]:4001", b"home.example:4001/" + b"ab" * 32, b"/ip4/192.168.1.5/tcp/4001",
    b"/ip6/::1/tcp/4001/p2p/" + member_text(ANNA.member).encode(),
)  # fmt: skip


def _documents() -> tuple[bytes, ...]:
    found = []
    for path in sorted((VECTORS / "valueflows").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8")).get("input", {}).get("document")
        if document is not None:
            found.append(json.dumps(document).encode())
    return tuple(found)


_ASKING = grants.Asking(ANNA.id, "desktop", 2**31)
TARGETS: tuple[Target, ...] = (
    Target("codec", _codec, (Rejected,), _vectors("codec", "bodies")),
    Target("bodies", _body, (Rejected,), _bodies()),
    Target("entry", _entry, (Rejected,), (*ENTRIES, *_vectors("entry"))),
    Target("wire", _wire, (Rejected,), _vectors("wire", "peerbook", "mailbox")),
    Target("bundle", _bundle, (Rejected,), (_BUNDLE, *_vectors("bundle"))),
    Target("snapshot", _snapshot, (Rejected,), (_SNAPSHOT,)),
    Target("fork proof", _fork, (Rejected,), _vectors("log")),
    Target("proof", _proof, (Rejected,), _vectors("log", "revocations")),
    Target("charter", _charter, (Rejected, Refused), (_CHARTER,)),
    Target("letter", _sealed, (Rejected,), _vectors("letters")),
    Target("inside a letter", _letter, (Rejected,), (_LETTER,)),
    Target("receipt", _receipt, (Rejected,), (_RECEIPT,)),
    Target("peer record", _record, (Rejected,), (_RECORD,)),
    Target(
        "sealed box", lambda data: unseal(KEY, data) and None, (Unopenable,), (seal(KEY.public, b"words", bytes(32)),)
    ),
    Target(
        "locked box",
        lambda data: unlock(bytes(32), data) and None,
        (Unopenable,),
        (lock(bytes(32), b"words", bytes(24)),),
    ),
    Target(
        "invitation", _text(_invitation), (Refused,), (VILLAGE.invitation(ANNA).text.encode() + b"@192.168.1.5:4001",)
    ),
    Target("asking", _summed("ask-", grants.open_asking), (Refused,), (_plain(_ASKING),)),
    Target("backup", _backup_rest, (Rejected,), (_REST,)),
    Target("identity file", _identity, (Stopped,), (_identity_file(),)),
    Target(
        "settings", _settings, (Stopped,), (b'port = 4001\nlisten = "0.0.0.0"\nannounce = ["home.example:4001"]\n',)
    ),
    Target("words", _text(words.from_words), (words.MistypedWords,), (" ".join(words.to_words(bytes(32))).encode(),)),
    Target("address", _text(addresses.read), (ValueError,), _ADDRESSES),
    Target("member", _text(member_from_text), (Refused,), (member_text(ANNA.member).encode(),)),
    Target("place", _text(cell_from_text), (Refused,), (b"52.37, 4.90", b"861f1d48fffffff")),
    Target("form", _form, (), tuple(fields.encode() for fields in _FIELDS)),
    Target("linked data", _linked, (), _documents()),
    Target("scenario", _text(scenario.parse), (Refused,), _SCENARIOS),
)
