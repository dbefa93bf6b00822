"""Every signing and hashing context in one list, so none is used for two things.

A hash purpose is the `person` value of BLAKE2b, at most 16 bytes. A signing tag stands before the signed message; every
tag ends at its only line break, so none is the beginning of another and a signature for one is never one for another.
Spec: docs/spec/keys.md. Vectors: tests/vectors/keys/.
"""

from typing import Final

ENTRY_ID: Final = b"entry-id"
PAYLOAD: Final = b"payload"
MMR_NODE: Final = b"mmr-node"
CHARTER: Final = b"charter"
RATING: Final = b"rating"
HELLO: Final = b"hello"
SALT: Final = b"salt"
BOOK: Final = b"book"
KEY_SEED: Final = b"key-seed"
FINGERPRINT: Final = b"fingerprint"
RING: Final = b"ring"
RATING_KEY: Final = b"rating-key"
WORDS: Final = b"words"
TRACE: Final = b"trace"
BUNDLE: Final = b"bundle"
SNAPSHOT: Final = b"snapshot"
SCENARIO: Final = b"scenario"
LEASE: Final = b"lease"
TOKEN: Final = b"token"
SEALED: Final = b"sealed"
VAULT: Final = b"vault"
BACKUP: Final = b"backup"
DEVICE_TEXT: Final = b"device-text"
BID: Final = b"bid"
BID_KEY: Final = b"bid-key"
LETTER: Final = b"letter"
LETTER_KEY: Final = b"letter-key"

PURPOSES: Final = (
    ENTRY_ID,
    PAYLOAD,
    MMR_NODE,
    CHARTER,
    RATING,
    HELLO,
    SALT,
    BOOK,
    KEY_SEED,
    FINGERPRINT,
    RING,
    RATING_KEY,
    WORDS,
    TRACE,
    BUNDLE,
    SNAPSHOT,
    SCENARIO,
    LEASE,
    TOKEN,
    SEALED,
    VAULT,
    BACKUP,
    DEVICE_TEXT,
    BID,
    BID_KEY,
    LETTER,
    LETTER_KEY,
)

SIGN_ENTRY: Final = b"ruil/entry/1\n"
SIGN_CERTIFICATE: Final = b"ruil/certificate/1\n"
SIGN_HOLDING: Final = b"ruil/holding/1\n"
SIGN_HOLDER: Final = b"ruil/holder/1\n"
SIGN_REVOCATION: Final = b"ruil/revocation/1\n"
SIGN_SUCCESSOR: Final = b"ruil/successor/1\n"
SIGN_HEIR: Final = b"ruil/heir/1\n"
SIGN_SUCCESSION: Final = b"ruil/succession/1\n"
SIGN_CHARTER: Final = b"ruil/charter/1\n"
SIGN_INVITATION: Final = b"ruil/invitation/1\n"
SIGN_ENTRANCE: Final = b"ruil/entrance/1\n"
SIGN_HELLO: Final = b"ruil/hello/1\n"
SIGN_RECORD: Final = b"ruil/peer-record/1\n"
SIGN_LETTER: Final = b"ruil/letter/1\n"
SIGN_RECEIPT: Final = b"ruil/receipt/1\n"

TAGS: Final = (
    SIGN_ENTRY,
    SIGN_CERTIFICATE,
    SIGN_HOLDING,
    SIGN_HOLDER,
    SIGN_REVOCATION,
    SIGN_SUCCESSOR,
    SIGN_HEIR,
    SIGN_SUCCESSION,
    SIGN_CHARTER,
    SIGN_INVITATION,
    SIGN_ENTRANCE,
    SIGN_HELLO,
    SIGN_RECORD,
    SIGN_LETTER,
    SIGN_RECEIPT,
)
