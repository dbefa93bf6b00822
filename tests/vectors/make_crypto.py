"""The vectors of docs/spec/keys.md, mmr.md, vault.md, words.md and seal.md, one fault in each.

What is expected is worked out here by plain other means: Ed25519 by school arithmetic, trees by RFC 9162's recursion,
boxes and Argon2id straight from libsodium. The edges of `verify` are what the libsodium in PyNaCl's wheels answers.
"""

import hashlib
import struct
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from nacl import bindings
from nacl.pwhash import argon2id

from ruil.crypto.wordlist import WORDLIST

Case = dict[str, Any]


def cases() -> dict[str, Case]:
    """Every vector by its path under tests/vectors/. Always the same."""
    return {
        **_signatures(),
        **_hashes(),
        **_roots(),
        **_inclusions(),
        **_consistencies(),
        **_vaults(),
        **_words(),
        **_seals(),
    }


def _case(comment: str, operation: str, expect: Any, **given: Any) -> Case:
    shown = {name: _shown(value) for name, value in given.items()}
    return {"comment": comment, "operation": operation, "input": shown, "expect": _shown(expect)}


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return [_shown(part) for part in value] if isinstance(value, list | tuple) else value


def _hash(purpose: bytes, *parts: bytes, size: int = 32, key: bytes = b"") -> bytes:
    return hashlib.blake2b(b"".join(parts), digest_size=size, key=key, person=purpose).digest()


def _bytes(name: str, size: int = 32) -> bytes:
    """Bytes that look random and are always the same."""
    return hashlib.shake_256(b"ruil vectors/" + name.encode()).digest(size)


# Ed25519 by school arithmetic (RFC 8032): slow and plain, and free to make what no library would sign -----------------

Point = tuple[int, int]
P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE: Final = pow(2, (P - 1) // 4, P)
ZERO: Final = (0, 1)


def _x(y: int, odd: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return x if x & 1 == odd else P - x


def _add(one: Point, other: Point) -> Point:
    (a, b), (c, e) = one, other
    k = D * a * b * c * e % P
    return ((a * e + b * c) * pow(1 + k, -1, P) % P, (b * e + a * c) * pow(1 - k, -1, P) % P)


def _times(count: int, point: Point) -> Point:
    total = ZERO
    while count:
        if count & 1:
            total = _add(total, point)
        point = _add(point, point)
        count >>= 1
    return total


def _base() -> Point:
    y = 4 * pow(5, -1, P) % P
    x = _x(y, 0)
    assert x is not None
    return x, y


def _of_order_eight() -> Point:
    y = 2
    while True:
        x = _x(y, 0)
        if x is not None:
            point = _times(L, (x, y))
            if _times(4, point) != ZERO:
                return point
        y += 1


def _point(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _scalar(number: int) -> bytes:
    return number.to_bytes(32, "little")


def _number(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def _public(seed: bytes) -> bytes:
    public, _ = bindings.crypto_sign_seed_keypair(seed)
    return bytes(public)


def _sign(seed: bytes, message: bytes) -> bytes:
    return bytes(bindings.crypto_sign(message, seed + _public(seed))[:64])


def _signatures() -> dict[str, Case]:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    first = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    anna, entry, hello = _bytes("anna"), b"ruil/entry/1\n", b"ruil/hello/1\n"
    said = _bytes("an entry id")
    signed = _sign(anna, entry + said)
    good = {"public": _public(anna), "context": entry, "message": said, "signature": signed}

    def checked(comment: str, expect: bool, **changed: bytes) -> Case:
        return _case(comment, "verify", expect, **(good | changed))

    plain = {"context": b"", "message": b""}
    return {
        "keys/sign_rfc8032.json": _case("RFC 8032, 7.1, test 1.", "sign", first, seed=seed, **plain),
        "keys/public_rfc8032.json": _case("The key of a seed. RFC 8032, 7.1, test 1.", "public", public, seed=seed),
        "keys/sign_context.json": _case(
            "The tag stands before the message.", "sign", signed, seed=anna, context=entry, message=said
        ),
        "keys/verify_good.json": checked("A signature as it should be.", True),
        "keys/verify_rfc8032.json": checked(
            "RFC 8032, 7.1, test 1: no tag, nothing said.", True, public=public, signature=first, **plain
        ),
        "keys/verify_other_context.json": checked("Signed as an entry, shown as a hello.", False, context=hello),
        "keys/verify_other_message.json": checked("One bit of the message differs.", False, message=b"\0" + said[1:]),
        "keys/verify_other_key.json": checked("Signed by somebody else.", False, public=public),
        "keys/verify_short_signature.json": checked("63 bytes of signature.", False, signature=signed[:63]),
        "keys/verify_long_signature.json": checked("65 bytes of signature.", False, signature=signed + b"\0"),
        "keys/verify_short_key.json": checked("31 bytes of key.", False, public=_public(anna)[:31]),
        "keys/verify_long_key.json": checked("33 bytes of key.", False, public=_public(anna) + b"\0"),
        "keys/seed_for_a_name.json": _case(
            "A seed for one named use.", "seed_for", _hash(b"key-seed", b"device", key=anna), seed=anna, name="device"
        ),
        **_edges(),
    }


def _edges() -> dict[str, Case]:
    """Signatures no honest signer makes, on which libraries disagree. S·B = R + h·A is the equation; T has order 8."""
    base, small = _base(), _of_order_eight()
    said = _bytes("said at the edge")
    secret, once = _number(_bytes("secret")), _number(_bytes("once"))
    key, first = _times(secret, base), _times(once, base)

    def answered(comment: str, expect: bool, public: bytes, r: bytes, s: int) -> Case:
        signature = r + _scalar(s)
        return _case(comment, "verify", expect, public=public, context=b"", message=said, signature=signature)

    def solved(public: bytes, r: bytes, spent: int) -> int:
        return (spent + _number(r, public, said) * secret) % L

    def mixed_key(wanted: bool, torsion: int = 1) -> tuple[bytes, bytes, int]:
        """A key with a small part, and a one-time point for which the small part falls away (`wanted`), or does not."""
        public = _point(_add(key, _times(torsion, small)))
        spent = once
        while (_number(_point(_times(spent, base)), public, said) % 8 == 0) is not wanted:
            spent += 1
        r = _point(_times(spent, base))
        return public, r, solved(public, r, spent)

    def cancelled() -> tuple[bytes, bytes, int]:
        """Key and one-time point with small parts that take each other away."""
        public = _point(_add(key, small))
        spent = once
        while True:
            r = _point(_add(_times(spent, base), small))
            if _number(r, public, said) % 8 == 7:
                return public, r, solved(public, r, spent)
            spent += 1

    def cancelled_by_key() -> tuple[bytes, bytes, int]:
        """An R of order 8 and nothing more, and a key whose small part takes it away."""
        hidden, r = secret, _point(small)
        while True:
            public = _point(_add(_times(hidden, base), small))
            h = _number(r, public, said)
            if h % 8 == 7:
                return public, r, h * hidden % L
            hidden += 1

    public, r = _point(key), _point(first)
    s = solved(public, r, once)
    zero, noncanonical_zero = _point(ZERO), (P + 1).to_bytes(32, "little")
    noncanonical_four = P.to_bytes(32, "little")
    with_small = _point(_add(first, small))
    return {
        "keys/edge_plain.json": answered("The honest signature the edges start from.", True, public, r, s),
        "keys/edge_s_plus_l.json": answered(
            "S + L solves the equation too; it must not count, or anyone makes a second signature.",
            False, public, r, s + L,
        ),
        "keys/edge_s_plus_15l.json": answered("S + 15·L, with the highest bits set.", False, public, r, s + 15 * L),
        "keys/edge_key_zero.json": answered(
            "The key is the neutral point: with R = S·B anything is 'signed' by it.", False, zero, r, once
        ),
        "keys/edge_key_order_8.json": answered(
            "The key has order 8, and the hash is such that it falls away.", False, *_falls_away(small, once, said)
        ),
        "keys/edge_key_noncanonical_zero.json": answered(
            "The neutral point as a key, written as y = p + 1.", False, noncanonical_zero, r, once
        ),
        "keys/edge_key_noncanonical_order_4.json": answered(
            "A key of order 4 written as y = p, and the hash such that it falls away.",
            False, *_falls_away((_sqrt_minus_one(), 0), once, said, written=noncanonical_four),
        ),
        "keys/edge_r_zero.json": answered(
            "R is the neutral point: the equation holds, and plain RFC 8032 takes it.",
            False, public, zero, solved(public, zero, 0),
        ),
        "keys/edge_r_noncanonical_zero.json": answered(
            "R is the neutral point written as y = p + 1.",
            False, public, noncanonical_zero, solved(public, noncanonical_zero, 0),
        ),
        "keys/edge_r_order_8.json": answered(
            "R has order 8, and the small part of the key takes it away: the equation holds as it stands.",
            False, *cancelled_by_key(),
        ),
        "keys/edge_r_mixed.json": answered(
            "R has a small part: holds only when multiplied by the cofactor, as batch verification does.",
            False, public, with_small, solved(public, with_small, once),
        ),
        "keys/edge_key_mixed.json": answered(
            "The key has a small part that does not fall away: holds only with the cofactor.", False, *mixed_key(False)
        ),
        "keys/edge_key_mixed_falls_away.json": answered(
            "The key has a small part, but h is a multiple of 8: the equation holds as it stands.",
            True, *mixed_key(True),
        ),
        "keys/edge_both_mixed_cancel.json": answered(
            "Key and R have small parts that take each other away: the equation holds as it stands.", True, *cancelled()
        ),
    }  # fmt: skip


def _sqrt_minus_one() -> int:
    x = _x(0, 0)
    assert x is not None
    return x


def _falls_away(point: Point, spent: int, said: bytes, written: bytes | None = None) -> tuple[bytes, bytes, int]:
    """A key of small order, and an R for which h times it is nothing: S·B = R, without any secret."""
    public = written or _point(point)
    while _number(_point(_times(spent, _base())), public, said) % 8:
        spent += 1
    return public, _point(_times(spent, _base())), spent


# Hashes and fingerprints ----------------------------------------------------------------------------------------------


def _spelled(data: bytes, count: int) -> list[str]:
    bits = "".join(f"{byte:08b}" for byte in data)
    return [WORDLIST[int(bits[11 * place : 11 * place + 11], 2)] for place in range(count)]


def _hashes() -> dict[str, Case]:
    key, anna = _bytes("a key"), _public(_bytes("anna"))

    def hashed(comment: str, purpose: bytes, *parts: bytes, size: int = 32) -> Case:
        expect = _hash(purpose, *parts, size=size)
        return _case(comment, "hash", expect, purpose=purpose, parts=parts, size=size)

    def read(comment: str, public: bytes) -> Case:
        return _case(comment, "fingerprint", _spelled(_hash(b"fingerprint", public), 6), public=public)

    return {
        "keys/hash_empty.json": hashed("Nothing, hashed for a purpose.", b"entry-id"),
        "keys/hash_purpose.json": hashed("Nothing, for another purpose: another hash.", b"payload"),
        "keys/hash_parts.json": hashed("Parts are joined as they are.", b"entry-id", b"ab", b"", b"c"),
        "keys/hash_joined.json": hashed("The same joined before: the same hash.", b"entry-id", b"abc"),
        "keys/hash_16_bytes.json": hashed("A hash of 16 bytes is not the first half of one of 32.", b"salt", size=16),
        "keys/hash_keyed.json": _case(
            "For holders of a key only.", "keyed", _hash(b"lease", b"said", key=key),
            purpose=b"lease", key=key, parts=[b"said"],
        ),
        "keys/fingerprint_zeros.json": read("The first 66 bits of the hash of 32 zero bytes.", bytes(32)),
        "keys/fingerprint_anna.json": read("Of a real key.", anna),
    }  # fmt: skip


# Mountain ranges ------------------------------------------------------------------------------------------------------


def _leaves(count: int) -> list[bytes]:
    return [_bytes(f"leaf {index}") for index in range(count)]


def _tree(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, with our node hash and bare leaves."""
    if len(leaves) < 2:
        return leaves[0] if leaves else bytes(32)
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return _hash(b"mmr-node", _tree(leaves[:split]), _tree(leaves[split:]))


def _path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*_path(index, leaves[:split]), _tree(leaves[split:])]
    return [*_path(index - split, leaves[split:]), _tree(leaves[:split])]


def _proof(old: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """RFC 9162, 2.1.4.1."""
    if old == len(leaves):
        return [] if whole else [_tree(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*_proof(old, leaves[:split], whole), _tree(leaves[split:])]
    return [*_proof(old - split, leaves[split:], False), _tree(leaves[:split])]


def _roots() -> dict[str, Case]:
    comments = {
        0: "No leaves: zeros.",
        1: "One leaf is its own root.",
        2: "Two leaves, one node.",
        3: "Two peaks.",
        4: "One peak again.",
        7: "Three peaks, joined from the right.",
        13: "Peaks of 8, 4 and 1.",
        100: "Peaks of 64, 32 and 4.",
    }
    return {
        f"mmr/root_{count}.json": _case(comment, "root", _tree(_leaves(count)), leaves=_leaves(count))
        for count, comment in comments.items()
    }


def _inclusions() -> dict[str, Case]:
    leaves = _leaves(13)
    root, path = _tree(leaves), _path(5, leaves)
    good: Case = {"leaf": leaves[5], "index": 5, "size": 13, "path": path, "root": root}

    def shown(comment: str, expect: bool, **changed: Any) -> Case:
        return _case(comment, "verify_inclusion", expect, **(good | changed))

    last = {"leaf": leaves[12], "index": 12, "path": _path(12, leaves)}
    return {
        "mmr/prove_inclusion.json": _case(
            "The path of leaf 5 of 13, lowest first.", "prove_inclusion", path, leaves=leaves, index=5, size=13
        ),
        "mmr/prove_inclusion_earlier.json": _case(
            "In the first 7 of 13 leaves.", "prove_inclusion", _path(5, leaves[:7]), leaves=leaves, index=5, size=7
        ),
        "mmr/inclusion_good.json": shown("Leaf 5 of 13.", True),
        "mmr/inclusion_last.json": shown("The last leaf, which rises unpaired.", True, **last),
        "mmr/inclusion_alone.json": shown(
            "A single leaf needs no path.", True, leaf=leaves[0], index=0, size=1, path=[], root=leaves[0]
        ),
        "mmr/inclusion_other_place.json": shown("The right leaf at another place.", False, index=4),
        "mmr/inclusion_other_leaf.json": shown("Another leaf at this place.", False, leaf=leaves[4]),
        "mmr/inclusion_other_size.json": shown("The size of another tree.", False, size=29),
        "mmr/inclusion_outside.json": shown("Place 13 of 13 does not exist.", False, index=13),
        "mmr/inclusion_empty.json": shown(
            "An empty range holds nothing.", False, index=0, size=0, path=[], root=bytes(32)
        ),
        "mmr/inclusion_short_path.json": shown("A step is missing.", False, path=path[:-1]),
        "mmr/inclusion_long_path.json": shown("A step too many.", False, path=[*path, bytes(32)]),
        "mmr/inclusion_node_as_leaf.json": shown(
            "A node shown as a leaf, with the rest of its path.",
            False, leaf=_tree(leaves[4:6]), index=2, path=path[1:],
        ),
        "mmr/inclusion_uneven_parts.json": shown(
            "33 bytes of leaf and 31 of step hash like 32 and 32.",
            False, leaf=leaves[4] + leaves[5][:1], index=4, path=[leaves[5][1:], *path[1:]],
        ),
    }  # fmt: skip


def _consistencies() -> dict[str, Case]:
    leaves = _leaves(13)
    path = _proof(6, leaves)
    good: Case = {
        "old_size": 6,
        "old_root": _tree(leaves[:6]),
        "new_size": 13,
        "new_root": _tree(leaves),
        "path": path,
    }

    def grown(comment: str, expect: bool, **changed: Any) -> Case:
        return _case(comment, "verify_consistency", expect, **(good | changed))

    other = [*leaves[:3], _bytes("another past"), *leaves[4:]]
    eight: Case = {"old_size": 8, "old_root": _tree(leaves[:8]), "path": _proof(8, leaves)}
    nothing: Case = {"old_size": 0, "old_root": bytes(32), "path": []}
    same: Case = {"old_size": 13, "old_root": _tree(leaves), "path": []}
    return {
        "mmr/prove_consistency.json": _case(
            "6 leaves begin 13.", "prove_consistency", path, leaves=leaves, old_size=6, new_size=13
        ),
        "mmr/prove_consistency_8.json": _case(
            "8 leaves are one peak: its root is not repeated.",
            "prove_consistency", eight["path"], leaves=leaves, old_size=8, new_size=13,
        ),
        "mmr/consistency_good.json": grown("6 leaves begin 13.", True),
        "mmr/consistency_peak.json": grown("The older range is one peak of the newer.", True, **eight),
        "mmr/consistency_same.json": grown("Nothing was added.", True, **same),
        "mmr/consistency_from_nothing.json": grown("Every range begins with nothing.", True, **nothing),
        "mmr/consistency_other_past.json": grown("One early leaf is another.", False, new_root=_tree(other)),
        "mmr/consistency_old_root.json": grown("The older root is another.", False, old_root=_tree(other[:6])),
        "mmr/consistency_shrunk.json": grown("A range does not shrink.", False, new_size=5, new_root=_tree(leaves[:5])),
        "mmr/consistency_same_size.json": grown("One size, two roots.", False, **(same | {"old_root": _tree(other)})),
        "mmr/consistency_nothing_root.json": grown(
            "Nothing has only one root: zeros.", False, **(nothing | {"old_root": leaves[0]})
        ),
        "mmr/consistency_nothing_path.json": grown("Nothing needs no path.", False, **(nothing | {"path": path})),
        "mmr/consistency_short_path.json": grown("A step is missing.", False, path=path[:-1]),
        "mmr/consistency_no_path.json": grown("No path at all.", False, path=[]),
        "mmr/consistency_long_path.json": grown("A step too many.", False, path=[*path, bytes(32)]),
        "mmr/consistency_uneven_parts.json": grown(
            "31 bytes in a step.", False, path=[path[0][:31], *path[1:]]
        ),
    }  # fmt: skip


# Vaults ---------------------------------------------------------------------------------------------------------------

MEBIBYTE: Final = 2**20


def _vault(secret: bytes, passphrase: str, ops: int, memory: int, magic: bytes = b"ruilkey\x01") -> bytes:
    """Numbers out of bounds still make a file of the right form; only what would be bearable is really stretched."""
    salt, nonce = _bytes("vault salt", 16), _bytes("vault nonce", 24)
    header = struct.pack(">8sIQ16s", magic, ops, memory, salt)
    key = bytes(32)
    if 1 <= ops <= 16 and 8192 <= memory <= 256 * MEBIBYTE:
        typed = unicodedata.normalize("NFKC", passphrase).encode()
        key = argon2id.kdf(32, typed, salt, opslimit=ops, memlimit=memory)
    closed = header + nonce + bytes(bindings.crypto_secretbox(secret, nonce, key))
    return closed + _hash(b"vault", closed, size=8)


def _vaults() -> dict[str, Case]:
    secret, said = _bytes("a seed"), "correct horse, wrong stable"
    good = _vault(secret, said, 1, 8 * MEBIBYTE)
    salt, nonce = _bytes("vault salt", 16), _bytes("vault nonce", 24)
    composed, decomposed, wide = "caf\u00e9 123", "cafe\u0301 123", "ｃａｆé １２３"

    def opened(comment: str, expect: Any, data: bytes = good, passphrase: str = said) -> Case:
        return _case(comment, "open_vault", expect, data=data, passphrase=passphrase)

    not_a_vault, wrong = {"error": "NotAVault"}, {"error": "WrongPassphrase"}
    return {
        "vault/close.json": _case(
            "The bytes of a vault, cheap to open.", "close", good, secret=secret, passphrase=said, salt=salt,
            nonce=nonce, memory_bytes=8 * MEBIBYTE, ops=1,
        ),
        "vault/close_default.json": _case(
            "A new vault costs 256 MiB and 3 passes.", "close", _vault(secret, said, 3, 256 * MEBIBYTE),
            secret=secret, passphrase=said, salt=salt, nonce=nonce,
        ),
        "vault/open.json": opened("What was put in comes out.", secret),
        "vault/open_composed.json": opened(
            "Closed with é as two code points, opened with one.", secret,
            _vault(secret, decomposed, 1, 8 * MEBIBYTE), composed,
        ),
        "vault/open_wide.json": opened(
            "Opened on a keyboard that types wide letters.", secret, _vault(secret, composed, 1, 8 * MEBIBYTE), wide
        ),
        "vault/wrong_passphrase.json": opened("One letter is another.", wrong, passphrase=said + "s"),
        "vault/capital.json": opened("Capitals are other letters.", wrong, passphrase=said.title()),
        "vault/other_magic.json": opened(
            "Another kind of file.", not_a_vault, _vault(secret, said, 1, 8 * MEBIBYTE, b"someelse")
        ),
        "vault/version_2.json": opened(
            "A version we do not know.", not_a_vault, _vault(secret, said, 1, 8 * MEBIBYTE, b"ruilkey\x02")
        ),
        "vault/empty.json": opened("No bytes.", not_a_vault, b""),
        "vault/cut.json": opened("The last byte is missing.", not_a_vault, good[:-1]),
        "vault/longer.json": opened("A byte too many.", not_a_vault, good + b"\0"),
        "vault/damaged.json": opened(
            "A bit fell over in the box: damaged, not 'wrong passphrase'.", not_a_vault,
            good[:70] + bytes([good[70] ^ 1]) + good[71:],
        ),
        "vault/huge_memory.json": opened("Asks for 64 GiB.", not_a_vault, _vault(secret, said, 1, 2**36)),
        "vault/memory_above.json": opened("Just above 1 GiB.", not_a_vault, _vault(secret, said, 1, 2**30 + 1024)),
        "vault/memory_below.json": opened(
            "Just below 8 MiB.", not_a_vault, _vault(secret, said, 1, 8 * MEBIBYTE - 1024)
        ),
        "vault/memory_uneven.json": opened(
            "Not a whole number of KiB.", not_a_vault, _vault(secret, said, 1, 8 * MEBIBYTE + 1)
        ),
        "vault/ops_above.json": opened("17 passes.", not_a_vault, _vault(secret, said, 17, 8 * MEBIBYTE)),
        "vault/ops_none.json": opened("No passes.", not_a_vault, _vault(secret, said, 0, 8 * MEBIBYTE)),
    }  # fmt: skip


# Words ----------------------------------------------------------------------------------------------------------------


def _key_words(key: bytes) -> list[str]:
    return _spelled(key + _hash(b"words", key)[:1], 24)


def _words() -> dict[str, Case]:
    counted = bytes(range(32))
    good = _key_words(counted)

    def read(comment: str, expect: Any, words: list[str], joint: str = " ") -> Case:
        return _case(comment, "from_words", expect, text=joint.join(words))

    def wrong(*named: str) -> Case:
        return {"error": "MistypedWords", "names": list(named)}

    numbered = [f"{place}. {word.upper()}," for place, word in enumerate(good, 1)]
    unknown = [*good[:5], good[5] + "x", *good[6:]]
    swapped = [*good[:7], good[8], good[7], *good[9:]]
    other = [*good[:23], next(word for word in WORDLIST if word != good[23])]
    place, near = next(
        (place, word)
        for place, right in enumerate(good)
        for word in WORDLIST
        if len(word) == len(right) and sum(a != b for a, b in zip(word, right, strict=True)) == 2
    )
    close = [*good[:place], near, *good[place + 1 :]]
    return {
        "words/zeros.json": _case("32 zero bytes.", "to_words", _key_words(bytes(32)), key=bytes(32)),
        "words/ones.json": _case("256 ones.", "to_words", _key_words(b"\xff" * 32), key=b"\xff" * 32),
        "words/counted.json": _case("0, 1, 2, ... 31.", "to_words", good, key=counted),
        "words/read.json": read("The words typed back.", counted, good),
        "words/read_numbered.json": read("Capitals, numbers, commas and lines do not matter.", counted, numbered, "\n"),
        "words/unknown.json": read(
            "A letter too many: named, with the nearest.", wrong("word 6", unknown[5], good[5]), unknown
        ),
        "words/close.json": read(
            "A word of the list taken for a close one: the check tells, the likely one is named.",
            wrong(f"word {place + 1}", near, good[place]), close,
        ),
        "words/swapped.json": read("Two words changed places.", wrong("words 8 and 9", good[7], good[8]), swapped),
        "words/other.json": read("The last word is another of the list.", wrong("do not fit together"), other),
        "words/missing.json": read("23 words.", wrong("24", "23"), good[:-1]),
        "words/too_many.json": read("25 words.", wrong("24", "25"), [*good, good[0]]),
        "words/empty.json": read("No words.", wrong("24", "0"), []),
        "words/too_long.json": read("A text far too long is not searched.", wrong("too long"), good * 20),
    }  # fmt: skip


# Sealed and locked boxes ----------------------------------------------------------------------------------------------


def _sealed(public: bytes, plaintext: bytes, seed: bytes) -> bytes:
    once = _hash(b"sealed", public, plaintext, key=seed)
    once_public = bytes(bindings.crypto_scalarmult_base(once))
    recipient = bytes(bindings.crypto_sign_ed25519_pk_to_curve25519(public))
    nonce = hashlib.blake2b(once_public + recipient, digest_size=24).digest()
    return once_public + bytes(bindings.crypto_box(plaintext, nonce, recipient, once))


def _seals() -> dict[str, Case]:
    anna, ben, seed = _bytes("anna"), _bytes("ben"), _bytes("sealing seed")
    said = b"the key is under the third flowerpot"
    box = _sealed(_public(anna), said, seed)
    key, nonce = _bytes("shared key"), _bytes("nonce", 24)
    locked = nonce + bytes(bindings.crypto_secretbox(said, nonce, key))
    base, small = _base(), _of_order_eight()
    off_curve = next(_scalar(y) for y in range(2, 100) if _x(y, 0) is None)
    unopenable, not_a_key = {"error": "Unopenable"}, {"error": "NotAKey"}

    def sealing(comment: str, expect: Any, public: bytes, plaintext: bytes = said) -> Case:
        return _case(comment, "seal", expect, public=public, plaintext=plaintext, seed=seed)

    def opening(comment: str, expect: Any, box: bytes, seed: bytes = anna) -> Case:
        return _case(comment, "unseal", expect, seed=seed, box=box)

    def unlocking(comment: str, expect: Any, box: bytes, key: bytes = key) -> Case:
        return _case(comment, "unlock", expect, key=key, box=box)

    return {
        "seal/seal.json": sealing("Sealed to Anna.", box, _public(anna)),
        "seal/seal_nothing.json": sealing(
            "Nothing, sealed: 48 bytes.", _sealed(_public(anna), b"", seed), _public(anna), b""
        ),
        "seal/seal_short_key.json": sealing("31 bytes of key.", not_a_key, _public(anna)[:31]),
        "seal/seal_zero_key.json": sealing("The neutral point is nobody's key.", not_a_key, _point(ZERO)),
        "seal/seal_off_curve.json": sealing("No point of the curve.", not_a_key, off_curve),
        "seal/seal_mixed_key.json": sealing(
            "A key with a small part.", not_a_key, _point(_add(_times(_number(anna), base), small))
        ),
        "seal/unseal.json": opening("Anna opens it.", said, box),
        "seal/unseal_other.json": opening("Ben can not.", unopenable, box, ben),
        "seal/unseal_changed.json": opening("The last bit fell over.", unopenable, box[:-1] + bytes([box[-1] ^ 1])),
        "seal/unseal_changed_key.json": opening("Another one-time key.", unopenable, _public(ben) + box[32:]),
        "seal/unseal_short.json": opening("47 bytes.", unopenable, box[:47]),
        "seal/lock.json": _case("Nonce first.", "lock", locked, key=key, plaintext=said, nonce=nonce),
        "seal/unlock.json": unlocking("Opened with the shared key.", said, locked),
        "seal/unlock_other.json": unlocking("Another key.", unopenable, locked, seed),
        "seal/unlock_changed.json": unlocking("A bit fell over.", unopenable, locked[:-1] + bytes([locked[-1] ^ 1])),
        "seal/unlock_nonce.json": unlocking("Another nonce.", unopenable, bytes(24) + locked[24:]),
        "seal/unlock_short.json": unlocking("39 bytes.", unopenable, locked[:39]),
    }  # fmt: skip
