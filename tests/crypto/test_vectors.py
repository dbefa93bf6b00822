"""Every vector of the crypto pages of the spec, run against what ships."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ruil.crypto import fingerprint, hashes, keys, mmr, seal, vault, words

VECTORS = Path(__file__).parent.parent / "vectors"
FILES = sorted(path for noun in ("keys", "mmr", "vault", "words", "seal") for path in VECTORS.glob(f"{noun}/*.json"))
ERRORS = {
    error.__name__: error
    for error in (vault.NotAVault, vault.WrongPassphrase, words.MistypedWords, seal.Unopenable, seal.NotAKey)
}

b = bytes.fromhex


def _all(parts: list[str]) -> list[bytes]:
    return [b(part) for part in parts]


def _consistent(old_size: int, old_root: str, new_size: int, new_root: str, path: list[str]) -> bool:
    return mmr.verify_consistency(old_size, b(old_root), new_size, b(new_root), _all(path))


def _close(secret: str, passphrase: str, salt: str, nonce: str, **cost: int) -> bytes:
    return vault.close(b(secret), passphrase, b(salt), b(nonce), **cost)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "public": lambda seed: keys.SigningKey.from_seed(b(seed)).public,
    "sign": lambda seed, context, message: keys.SigningKey.from_seed(b(seed)).sign(b(context), b(message)),
    "verify": lambda public, context, message, signature: keys.verify(b(public), b(context), b(message), b(signature)),
    "seed_for": lambda seed, name: keys.key_from_seed_and_name(b(seed), name),
    "hash": lambda purpose, parts, size: hashes.blake2b(b(purpose), *_all(parts), size=size),
    "keyed": lambda purpose, key, parts: hashes.keyed(b(purpose), b(key), *_all(parts)),
    "fingerprint": lambda public: fingerprint.fingerprint(b(public)),
    "root": lambda leaves: mmr.root_of(_all(leaves)),
    "prove_inclusion": lambda leaves, index, size: mmr.prove_inclusion(_all(leaves), index, size),
    "verify_inclusion": lambda leaf, index, size, path, root: mmr.verify_inclusion(
        b(leaf), index, size, _all(path), b(root)
    ),
    "prove_consistency": lambda leaves, old_size, new_size: mmr.prove_consistency(_all(leaves), old_size, new_size),
    "verify_consistency": _consistent,
    "close": _close,
    "open_vault": lambda data, passphrase: vault.open_vault(b(data), passphrase),
    "to_words": lambda key: words.to_words(b(key)),
    "from_words": words.from_words,
    "seal": lambda public, plaintext, seed: seal.seal(b(public), b(plaintext), b(seed)),
    "unseal": lambda seed, box: seal.unseal(keys.SigningKey.from_seed(b(seed)), b(box)),
    "lock": lambda key, plaintext, nonce: seal.lock(b(key), b(plaintext), b(nonce)),
    "unlock": lambda key, box: seal.unlock(b(key), b(box)),
}


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return [_shown(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_vector_gives_what_it_says(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    operation, expect = OPERATIONS[vector["operation"]], vector["expect"]

    if not isinstance(expect, dict):
        assert _shown(operation(**vector["input"])) == expect, vector["comment"]
        return
    with pytest.raises(ERRORS[expect["error"]]) as refused:
        operation(**vector["input"])
    assert all(named in str(refused.value) for named in expect.get("names", [])), str(refused.value)


def test_there_are_vectors_for_every_operation() -> None:
    said = {json.loads(path.read_text(encoding="utf-8"))["operation"] for path in FILES}

    assert said == set(OPERATIONS)


def test_every_must_of_the_spec_names_a_vector_that_exists_and_every_vector_is_named() -> None:
    spec = VECTORS.parent.parent / "docs" / "spec"
    named = set()

    for noun in ("keys", "mmr", "vault", "words", "seal"):
        for paragraph in (spec / f"{noun}.md").read_text(encoding="utf-8").split("\n\n"):
            vectors = [part.split("`")[0] for part in paragraph.split("`vectors: ")[1:]]
            assert paragraph.count("MUST") <= len(vectors), paragraph
            named |= {name.strip() for group in vectors for name in group.replace("\n", " ").split(",")}

    assert named == {f"{path.parent.name}/{path.name}" for path in FILES}
