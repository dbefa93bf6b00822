/** BLAKE2b with a purpose (docs/spec/keys.md, Hashes). */

import { blake2b } from "@noble/hashes/blake2.js";

function person(purpose) {
  const made = Buffer.alloc(16);
  made.set(Buffer.from(purpose, "utf8"));
  return made;
}

/** The hash of these parts, joined, for a purpose. */
export function hash(purpose, parts, size = 32) {
  return Buffer.from(blake2b(Buffer.concat(parts), { dkLen: size, personalization: person(purpose) }));
}

/** The same for holders of a key only. */
export function keyed(key, purpose, parts, size = 32) {
  return Buffer.from(blake2b(Buffer.concat(parts), { dkLen: size, key, personalization: person(purpose) }));
}
