/** Ed25519 with a tag before the message, and the one rule of docs/spec/keys.md for what holds. No library offers that rule as it stands,
 * so it is put together here from the curve's own arithmetic, in the page's order. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { keyed } from "./hashes.js";

export const TAGS = {
  entry: "ruil/entry/1\n",
  certificate: "ruil/certificate/1\n",
  holding: "ruil/holding/1\n",
  holder: "ruil/holder/1\n",
  revocation: "ruil/revocation/1\n",
  charter: "ruil/charter/1\n",
  invitation: "ruil/invitation/1\n",
  entrance: "ruil/entrance/1\n",
  heir: "ruil/heir/1\n",
  succession: "ruil/succession/1\n",
  successor: "ruil/successor/1\n",
};
const { Point } = ed25519;
const L = Point.Fn.ORDER;

export function publicOf(seed) {
  return Buffer.from(ed25519.getPublicKey(seed));
}

export function sign(seed, tag, message) {
  return Buffer.from(ed25519.sign(Buffer.concat([Buffer.from(tag), message]), seed));
}

const KNOWN_MAX = 20_000;
const known = new Map(); // what was worked out before: plain arithmetic takes 3 ms

export function verify(key, tag, message, signature) {
  if (key.length !== 32 || signature.length !== 64) return false; // 1
  const asked = Buffer.concat([key, signature, Buffer.from(tag), message]).toString("latin1");
  if (!known.has(asked)) {
    if (known.size === KNOWN_MAX) known.clear();
    known.set(asked, holds(key, tag, message, signature));
  }
  return known.get(asked);
}

function holds(key, tag, message, signature) {
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= L) return false; // 2
  const a = point(key, false); // 3
  if (a === null || a.isSmallOrder()) return false; // 4
  if (point(r, true)?.isSmallOrder()) return false; // 5
  const h = littleEndian(sha512(Buffer.concat([r, key, Buffer.from(tag), message]))) % L;
  const found = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(h));
  return Buffer.compare(found.toBytes(), r) === 0; // 6
}

/** Whether a member says so: by their own key, or, where `by` names it, by a later one (docs/spec/successions.md). */
export function verifyMember({ member, by = null }, tag, message, signature) {
  if (by === null) return verify(member, tag, message, signature);
  return verify(by, TAGS.successor, Buffer.concat([member, Buffer.from(tag), message]), signature);
}

export function seedFor(seed, name) {
  return keyed(seed, "key-seed", [Buffer.from(name, "utf8")]);
}

/** The point of these bytes, or null; `loosely` takes a y that is not below 2^255 - 19 too. */
function point(bytes, loosely) {
  try {
    return Point.fromBytes(Uint8Array.from(bytes), loosely);
  } catch {
    return null;
  }
}

function littleEndian(bytes) {
  return BigInt("0x" + Buffer.from(bytes).reverse().toString("hex"));
}
