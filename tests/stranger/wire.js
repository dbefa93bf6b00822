/** Frames between two nodes (docs/spec/wire.md). */

import { Refused, encode, read } from "./codec.js";
import { ENTRY_MAX } from "./entry.js";
import { hash } from "./hashes.js";

export const FRAME_MAX = 1_048_576;
const NUMBER_MAX = 2n ** 64n - 1n;

const bytes = (size) => (value) => {
  if (!(value instanceof Uint8Array) || value.length !== size) throw new Refused(`must have ${size} bytes`);
  return Buffer.from(value);
};
const upTo = (most) => (value) => {
  if (!(value instanceof Uint8Array) || value.length > most) throw new Refused(`at most ${most} bytes`);
  return Buffer.from(value);
};
const number = (value) => {
  if ((typeof value !== "number" && typeof value !== "bigint") || value < 0 || BigInt(value) > NUMBER_MAX) throw new Refused("not a number from 0");
  return value;
};
const list = (most, part) => (value) => {
  if (!Array.isArray(value) || value.length > most) throw new Refused(`not a list of at most ${most}`);
  return value.map(part);
};
const some = (most, part) => (value) => {
  if (!value?.length) throw new Refused("not a frame: an empty list");
  return list(most, part)(value);
};
const row = (...parts) => (value) => {
  if (!Array.isArray(value) || value.length !== parts.length) throw new Refused(`not a list of ${parts.length}`);
  return parts.map((part, n) => part(value[n]));
};
/** The fields of a frame; those of a later day, after them, are passed over. */
const fields = (...parts) => (value) => {
  if (value.length < parts.length) throw new Refused("not a frame: a field is missing");
  return parts.map((part, n) => part(value[n]));
};
const entry = upTo(ENTRY_MAX);
const short = bytes(8);
/** A device, or the first bytes of one that was told of before. */
const named = (value) => bytes(value?.length === 8 ? 8 : 32)(value);

const FRAMES = new Map([
  [1, ["Hello", fields(bytes(32), list(2, entry), bytes(8), number)]],
  [2, ["Heads", fields(bytes(8), number, list(10_000, row(named, number, short)))]],
  [3, ["Push", fields(bytes(32), entry)]],
  [4, ["Entries", fields(bytes(32), list(512, entry))]],
  [5, ["Announce", fields(list(4_096, short))]],
  [6, ["Ask", fields(list(4_096, short))]],
  [7, ["Want", fields(list(512, row(named, number, number)))]],
  [8, ["Prune", fields()]],
  [9, ["Proofs", fields(list(256, upTo(4_096)))]],
  [10, ["Peers", fields(list(64, upTo(2_048)))]],
  [11, ["Carry", fields(upTo(245_760))]],
  [12, ["Receipts", fields(list(256, bytes(137)))]],
  [13, ["Answers", fields(list(1_024, row(bytes(32), number)))]],
  [14, ["Look", fields(number)]],
  [15, ["Lately", fields(bytes(32), some(66, entry))]],
]);
export const TYPES = new Map([...FRAMES].map(([type, [name]]) => [name, type]));

/** The number that an array in these bytes begins with, if it does; what follows is not looked at. */
function typeOf(data) {
  const at = data[2] >= 0x91 && data[2] <= 0x9f ? 3 : { 0xdc: 5, 0xdd: 7 }[data[2]];
  if (data[at] < 0x80) return data[at];
  const size = { 0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8 }[data[at]];
  const number = data.subarray(at + 1, at + 1 + size);
  return size && number.length === size ? Number(`0x${Buffer.from(number).toString("hex")}`) : null;
}

/** The frame of these bytes as { name, fields }; null when it is of a later version, or of a type that came after us. */
export function readFrame(data) {
  if (data.length < 3 || data.length > FRAME_MAX) throw new Refused(`frame of ${data.length} bytes`);
  if (data[0] > 1) return null;
  if (data[0] === 0) throw new Refused("frame of version 0");
  if (data[1] !== 0) throw new Refused(`frame of version 1 on channel ${data[1]}`);
  const type = typeOf(data);
  if (type === null || type === undefined) throw new Refused("not a frame");
  if (!FRAMES.has(type)) return null;
  const array = read(data.subarray(2));
  if (!Array.isArray(array)) throw new Refused("not a frame");
  const [name, parts] = FRAMES.get(type);
  return { name, fields: parts(array.slice(1)) };
}

export function writeFrame(name, ...fields) {
  return Buffer.concat([Buffer.from([1, 0]), encode([TYPES.get(name), ...fields])]);
}

/** What only those who know the community can make, and only for this link. */
export function helloTag(community, sender, receiver) {
  return hash("hello", [community, sender, receiver]);
}
