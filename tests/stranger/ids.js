/** Ids as people and addresses write them (docs/spec/ids.md). */

import { Refused } from "./codec.js";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const PREFIX = Buffer.from("002408011220", "hex");

/** A member or device as text, which is its libp2p peer id. */
export function toText(key) {
  const bytes = Buffer.concat([PREFIX, key]);
  let number = BigInt("0x" + bytes.toString("hex"));
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + text;
}

export function fromText(text) {
  const letters = text.trim();
  if (letters.length > 60) throw new Refused("too long for a member");
  let number = 0n;
  for (const letter of letters) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) throw new Refused(`${letter} is no letter of base58`);
    number = number * 58n + BigInt(digit);
  }
  const hex = number.toString(16);
  const body = number === 0n ? Buffer.alloc(0) : Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  const bytes = Buffer.concat([Buffer.alloc(/^1*/.exec(letters)[0].length), body]);
  if (bytes.length !== 38 || Buffer.compare(bytes.subarray(0, 6), PREFIX) !== 0) throw new Refused("not a member");
  return bytes.subarray(6);
}

export function short(id) {
  return base32(id.subarray(0, 5));
}

/** RFC 4648, lower case, without padding. */
export function base32(bytes) {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

export function fromBase32(text) {
  let bits = "";
  if (/[^\x00-\x7f]/.test(text)) throw new Refused("letters that are not of ASCII"); // some have a lower case that is
  for (const letter of text.toLowerCase()) {
    const five = BASE32.indexOf(letter);
    if (five < 0) throw new Refused(`${letter} is no letter of base32`);
    bits += five.toString(2).padStart(5, "0");
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => parseInt(eight, 2)));
}
