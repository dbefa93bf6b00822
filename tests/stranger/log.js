/** A log: what one device said, in order; and the proof that it said two things at one place (docs/spec/log.md). */

import { Refused, decode } from "./codec.js";
import { openEntry } from "./entry.js";
import { Range, verifyInclusion } from "./mmr.js";

export const PROOF_MAX = 4_096;
const FIELDS = ["a", "b", "community", "device", "version"];

export class Log {
  entries = [];
  cut = Infinity; // from here on nothing counts: the device forked, or was revoked
  #range = new Range();

  constructor(community, device) {
    this.community = community;
    this.device = device;
  }

  get size() {
    return this.entries.length;
  }

  get head() {
    return this.entries.at(-1)?.id ?? Buffer.alloc(32);
  }

  get root() {
    return this.#range.root();
  }

  append(data) {
    return this.stand(openEntry(data, this.community, this.device));
  }

  /** Take the next entry, or refuse it and be as before. `check` may refuse it for what it says. */
  stand(entry, check = () => {}) {
    const last = this.entries.at(-1);
    if (entry.seq !== BigInt(this.size)) throw new Refused(`entry ${entry.seq} where ${this.size} is next`);
    if (this.size >= this.cut) throw new Refused("the log is cut here");
    if (last?.end) throw new Refused("the log was ended");
    if (last && entry.time < last.time) throw new Refused("the time goes back");
    if (!entry.root.equals(this.root)) throw new Refused("the root speaks of another past");
    check(entry, this);
    this.entries.push(entry);
    this.#range.append(entry.id);
    return entry;
  }
}

/** A log without what a proof has cut off. */
export function shortened(log, cut) {
  const made = new Log(log.community, log.device);
  for (const entry of log.entries.slice(0, cut)) made.stand(entry);
  made.cut = Math.min(cut, log.cut);
  return made;
}

/** What a fork proof shows: which device, in which community, forked at which place. */
export function openFork(data) {
  if (data.length > PROOF_MAX) throw new Refused(`proof of ${data.length} bytes`);
  const map = decode(data);
  if (!(map instanceof Map)) throw new Refused("a proof must be a map");
  const byRoot = map.has("path") || map.has("leaf");
  const wanted = byRoot ? [...FIELDS, "leaf", "path"].sort() : FIELDS;
  if (map.size !== wanted.length || !wanted.every((name) => map.has(name))) throw new Refused("other fields than a proof has");
  if (map.get("version") !== 1) throw new Refused("a proof of another version");
  const [community, device] = ["community", "device"].map((name) => exactly(map.get(name), 32));
  const [a, b] = ["a", "b"].map((name) => headerOnly(map.get(name), community, device));
  if (byRoot) {
    const path = map.get("path");
    if (!Array.isArray(path)) throw new Refused("a path must be a list");
    const [leaf, ...steps] = [map.get("leaf"), ...path].map((part) => exactly(part, 32));
    if (a.seq >= b.seq) throw new Refused("the first must stand before the second");
    if (leaf.equals(a.id)) throw new Refused("the later root agrees");
    if (!verifyInclusion(leaf, a.seq, b.seq, steps, b.root)) throw new Refused("the path does not lead to the root");
  } else {
    if (a.seq !== b.seq) throw new Refused("two places");
    if (a.id.equals(b.id)) throw new Refused("one entry");
  }
  return { community, device, seq: a.seq };
}

function headerOnly(data, community, device) {
  if (!(data instanceof Uint8Array)) throw new Refused("an entry must be bytes");
  if (data.length !== (data[1] & 1 ? 224 : 152)) throw new Refused("an entry of a proof is header and signature");
  return openEntry(data, community, device);
}

export function exactly(part, size) {
  if (!(part instanceof Uint8Array) || part.length !== size) throw new Refused(`it must have ${size} bytes`);
  return Buffer.from(part);
}
