/** MessagePack, read in every form it has and written in one (docs/spec/codec.md). Written here because a library gives objects for maps,
 * which lose the order, the doubles and the type of their keys, and so the very things a reader has to refuse. */

export class Refused extends Error {}

/** A value that bytes may hold and an entry may not: a float, an extension, text that is none. */
export class Foreign {
  constructor(what) {
    this.what = what;
  }
}

export const NESTING = 8;
const FRAME_NESTING = 64; // frames need not be canonical, but must not overflow our stack either
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value of these bytes, in whatever forms: numbers (bigint beyond 2^53), text, Uint8Array, arrays, Maps, null, booleans, Foreign. */
export function read(bytes, nesting = FRAME_NESTING) {
  const reader = new Reader(bytes, nesting);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new Refused(`not MessagePack: ${bytes.length - reader.at} bytes follow the value`);
  return value;
}

/** The value of these bytes if they are its one coding. */
export function decode(bytes) {
  const value = read(bytes, NESTING);
  const again = encode(value);
  if (Buffer.compare(again, bytes) !== 0) throw new Refused("not canonical");
  return value;
}

class Reader {
  constructor(bytes, nesting) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.nesting = nesting;
    this.at = 0;
    this.promised = 1; // items that all open headers together still promise; each takes a byte at least
  }

  take(count) {
    if (count > this.bytes.length - this.at) throw new Refused("not MessagePack: it ends early");
    this.at += count;
    return this.at - count;
  }

  number(size) {
    const at = this.take(size);
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at);
    if (size === 4) return this.view.getUint32(at);
    return plain(this.view.getBigUint64(at));
  }

  signed(size) {
    const at = this.take(size);
    if (size === 1) return this.view.getInt8(at);
    if (size === 2) return this.view.getInt16(at);
    if (size === 4) return this.view.getInt32(at);
    return plain(this.view.getBigInt64(at));
  }

  value(depth) {
    const code = this.number(1);
    this.promised -= 1;
    if (code <= 0x7f) return code;
    if (code <= 0x8f) return this.map(code & 0x0f, depth);
    if (code <= 0x9f) return this.list(code & 0x0f, depth);
    if (code <= 0xbf) return this.text(code & 0x1f);
    if (code >= 0xe0) return code - 256;
    switch (code) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: case 0xc5: case 0xc6: return this.raw(this.number(1 << (code - 0xc4)));
      case 0xc7: case 0xc8: case 0xc9: return this.extension(this.number(1 << (code - 0xc7)));
      case 0xca: return this.foreign("a float", 4);
      case 0xcb: return this.foreign("a float", 8);
      case 0xcc: case 0xcd: case 0xce: case 0xcf: return this.number(1 << (code - 0xcc));
      case 0xd0: case 0xd1: case 0xd2: case 0xd3: return this.signed(1 << (code - 0xd0));
      case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return this.extension(1 << (code - 0xd4));
      case 0xd9: case 0xda: case 0xdb: return this.text(this.number(1 << (code - 0xd9)));
      case 0xdc: case 0xdd: return this.list(this.number(2 << (code - 0xdc)), depth);
      case 0xde: case 0xdf: return this.map(this.number(2 << (code - 0xde)), depth);
      default: throw new Refused("not MessagePack: the reserved code");
    }
  }

  raw(length) {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length) {
    const bytes = this.raw(length);
    try {
      return utf8.decode(bytes);
    } catch {
      return new Foreign("text that is not UTF-8");
    }
  }

  foreign(what, length) {
    this.take(length);
    return new Foreign(what);
  }

  extension(length) {
    return this.foreign("an extension", length + 1);
  }

  open(items, depth) {
    if (depth >= this.nesting) throw new Refused(`nested deeper than ${this.nesting}`);
    this.promised += items;
    if (this.promised > this.bytes.length - this.at) throw new Refused("not MessagePack: it promises more than is there");
  }

  list(count, depth) {
    this.open(count, depth);
    const list = [];
    for (let n = 0; n < count; n++) list.push(this.value(depth + 1));
    return list;
  }

  map(count, depth) {
    this.open(2 * count, depth);
    const map = new Map();
    for (let n = 0; n < count; n++) map.set(this.value(depth + 1), this.value(depth + 1));
    return map;
  }
}

function plain(big) {
  return big >= BigInt(Number.MIN_SAFE_INTEGER) && big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big;
}

/** The one coding of a value; maps are Maps or plain objects. */
export function encode(value) {
  const parts = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value, parts) {
  if (value === null) parts.push(Buffer.from([0xc0]));
  else if (value === false) parts.push(Buffer.from([0xc2]));
  else if (value === true) parts.push(Buffer.from([0xc3]));
  else if (typeof value === "number" || typeof value === "bigint") parts.push(integer(value));
  else if (typeof value === "string") {
    if (!value.isWellFormed()) throw new Refused("text with half a character");
    const text = Buffer.from(value, "utf8");
    parts.push(text.length < 32 ? Buffer.from([0xa0 | text.length]) : header(text.length, [0xd9, 0xda, 0xdb]), text);
  } else if (value instanceof Uint8Array) parts.push(header(value.length, [0xc4, 0xc5, 0xc6]), value);
  else if (Array.isArray(value)) {
    parts.push(value.length < 16 ? Buffer.from([0x90 | value.length]) : header(value.length, [null, 0xdc, 0xdd]));
    for (const item of value) write(item, parts);
  } else if (value instanceof Foreign) throw new Refused(`${value.what} is not allowed`);
  else writeMap(value instanceof Map ? [...value] : Object.entries(value), parts);
}

function writeMap(pairs, parts) {
  if (!pairs.every(([key]) => typeof key === "string")) throw new Refused("not canonical: map keys must be text");
  const sorted = pairs.map(([key, item]) => [Buffer.from(key, "utf8"), key, item]).sort((a, b) => Buffer.compare(a[0], b[0]));
  parts.push(sorted.length < 16 ? Buffer.from([0x80 | sorted.length]) : header(sorted.length, [null, 0xde, 0xdf]));
  for (const [, key, item] of sorted) {
    write(key, parts);
    write(item, parts);
  }
}

/** The shortest of the headers that count in 1, 2 and 4 bytes; null where there is none of 1. */
function header(count, [one, two, four]) {
  if (one !== null && count < 0x100) return Buffer.from([one, count]);
  const made = Buffer.alloc(count < 0x10000 ? 3 : 5);
  made[0] = count < 0x10000 ? two : four;
  if (count < 0x10000) made.writeUInt16BE(count, 1);
  else made.writeUInt32BE(count, 1);
  return made;
}

function integer(value) {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Refused("a float is not allowed");
  const n = BigInt(value);
  if (n >= 0n) {
    if (n < 0x80n) return Buffer.from([Number(n)]);
    const size = n < 0x100n ? 1 : n < 0x10000n ? 2 : n < 0x100000000n ? 4 : 8;
    return Buffer.concat([Buffer.from([0xcc + Math.log2(size)]), bigEndian(n, size)]);
  }
  if (n >= -0x20n) return Buffer.from([Number(n) & 0xff]);
  const size = n >= -0x80n ? 1 : n >= -0x8000n ? 2 : n >= -0x80000000n ? 4 : 8;
  return Buffer.concat([Buffer.from([0xd0 + Math.log2(size)]), bigEndian(n, size)]);
}

/** A number as so many bytes, the highest first. */
export function bigEndian(value, size) {
  const made = Buffer.alloc(8);
  made.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
  return made.subarray(8 - size);
}
