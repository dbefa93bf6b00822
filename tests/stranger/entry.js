/** An entry: one signed thing a device said, as the exact bytes it signed (docs/spec/entry.md). */

import { ANSWERS, readBody } from "./bodies.js";
import { Refused, bigEndian, decode } from "./codec.js";
import { hash, keyed } from "./hashes.js";
import { TAGS, publicOf, sign, verify } from "./keys.js";

const HEADER = 88;
const REFERENCE = 72;
const SIGNATURE = 64;
const SALT = 16;
const PAYLOAD_MAX = 65_536;
const TIME_MAX = 253_402_300_799_999n;
const SEQ_MAX = 2n ** 63n - 1n;
const REFERS = 1;
const ENDS = 2;

export const ENTRY_MAX = HEADER + REFERENCE + SIGNATURE + SALT + PAYLOAD_MAX;

/** The id of what stands in this header. */
export function idOf(community, device, header) {
  return hash("entry-id", [community, device, header]);
}

/** The entry of these bytes, if that device said it in that community; cheapest checks first, in the page's order. */
export function openEntry(data, community, device) {
  if (data.length < HEADER + SIGNATURE || data.length > ENTRY_MAX) throw new Refused(`entry of ${data.length} bytes`);
  const bytes = Buffer.from(data);
  const [version, flags] = bytes;
  if (version === 0) throw new Refused("version 0");
  if (flags & ~(REFERS | ENDS)) throw new Refused("unknown flags");
  const length = bytes.readUInt32BE(4);
  if (length > PAYLOAD_MAX) throw new Refused(`payload of ${length} bytes`);
  const [seq, time] = [bytes.readBigUInt64BE(8), bytes.readBigUInt64BE(16)];
  if (time > TIME_MAX) throw new Refused("the time is beyond the year 9999");
  if (seq > SEQ_MAX) throw new Refused(`place ${seq}`);
  const end = HEADER + (flags & REFERS ? REFERENCE : 0);
  if (bytes.length < end + SIGNATURE) throw new Refused("the header says a reference follows");
  const reference = flags & REFERS ? referenceOf(bytes) : null;
  const rest = bytes.length - end - SIGNATURE;
  if (rest !== 0 && rest !== SALT + length) throw new Refused(`${rest} bytes after the signature`);
  const kept = bytes.subarray(end + SIGNATURE);
  const payload = rest ? kept.subarray(SALT) : null;
  if (rest && !hash("payload", [kept]).equals(bytes.subarray(56, 88))) throw new Refused("the payload is not that of the header");
  const kind = bytes.readUInt16BE(2);
  const read = version === 1 && payload ? readBody(kind, decode(payload)) : null;
  if (version === 1 && ANSWERS.has(kind) && reference === null) throw new Refused("it must name the entry it answers");
  const header = bytes.subarray(0, end);
  const signature = bytes.subarray(end, end + SIGNATURE);
  const id = idOf(community, device, header);
  if (!verify(device, TAGS.entry, id, signature)) throw new Refused("the signature is not of this device, entry and community");
  const root = bytes.subarray(24, 56);
  return { id, device, data: bytes, version, kind, seq, time, root, end: (flags & ENDS) !== 0, reference, ...(read ?? { name: null, body: null }) };
}

function referenceOf(bytes) {
  const seq = bytes.readBigUInt64BE(HEADER + 32);
  if (seq > SEQ_MAX) throw new Refused(`the reference names place ${seq}`);
  return { device: bytes.subarray(HEADER, HEADER + 32), seq, id: bytes.subarray(HEADER + 40, HEADER + REFERENCE) };
}

/** The bytes of what the holder of this device's seed says next. `payload` is coded already. */
export function signEntry(seed, community, { kind, seq, time, root, payload, reference = null }) {
  const salt = keyed(seed, "salt", [community, bigEndian(seq, 8), root]).subarray(0, SALT);
  const header = Buffer.concat([
    Buffer.from([1, reference ? REFERS : 0]),
    bigEndian(kind, 2),
    bigEndian(payload.length, 4),
    bigEndian(seq, 8),
    bigEndian(time, 8),
    root,
    hash("payload", [salt, payload]),
    ...(reference ? [reference.device, bigEndian(reference.seq, 8), reference.id] : []),
  ]);
  const id = idOf(community, publicOf(seed), header);
  return Buffer.concat([header, sign(seed, TAGS.entry, id), salt, payload]);
}
