/** A session: a newcomer's link to one neighbour, and all logs it learned of there, each entry checked before it is kept. */

import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";

import { Refused } from "./codec.js";
import { Book } from "./book.js";
import { dial } from "./link.js";
import { openProof } from "./revocations.js";
import { helloTag, readFrame, writeFrame } from "./wire.js";

const RANGES_MAX = 512;
const WANTED_MAX = 4_096;
const ENTRIES_BYTES = 262_144;
const ENTRIES_MAX = 512;

export class Session extends EventEmitter {
  heads = null; // device in hex -> [size, short id], once the neighbour told
  refused = []; // what the neighbour sent that can not be taken, in words
  #epoch = randomBytes(8);
  #seen = [Buffer.alloc(8), 0];
  #wanted = new Map(); // device in hex -> up to which size it was asked for

  constructor(speaker, neighbour, address) {
    super();
    this.speaker = speaker;
    this.neighbour = neighbour;
    this.address = address;
    this.community = speaker.log.community;
    this.book = new Book(this.community);
    this.book.logs.set(speaker.device.toString("hex"), speaker.log);
  }

  /** Dial and say hello; with what was seen before, so that only what is new since is told. */
  async open() {
    this.link = await dial(this.speaker.seed, this.neighbour, this.address);
    this.link.listen((frame) => this.#heard(frame), () => this.emit("heard"));
    const card = this.speaker.log.entries.slice(0, 2).map((entry) => entry.data);
    this.#send("Hello", helloTag(this.community, this.speaker.device, this.neighbour), card, ...this.#seen);
  }

  /** Wait for `true_`, looking again whenever something was heard. */
  async until(what, true_, milliseconds = 20_000) {
    const signal = AbortSignal.timeout(milliseconds);
    while (!true_()) {
      await once(this, "heard", { signal }).catch(() => {
        throw new Error(`it did not happen in time: ${what}; refused: ${JSON.stringify(this.refused)}`);
      });
    }
  }

  say(name, body, reference) {
    const entry = this.speaker.say(name, body, reference);
    this.#send("Push", this.speaker.device, entry.data);
    return entry;
  }

  push(data) {
    this.#send("Push", this.speaker.device, data);
  }

  /** Whether every log is here as far as the neighbour told. */
  whole() {
    return this.heads !== null && [...this.heads].every(([key, [size]]) => this.#here(key) >= this.#counting(key, size));
  }

  #here(key) {
    return this.book.logs.get(key)?.size ?? 0;
  }

  /** A log is as long as it is told to be, but not beyond its cut. */
  #counting(key, size) {
    return Math.min(Number(size), this.book.logs.get(key)?.cut ?? Infinity);
  }

  #send(name, ...fields) {
    this.link.send(writeFrame(name, ...fields));
  }

  #heard(data) {
    try {
      const frame = readFrame(data);
      if (frame) this[`on${frame.name}`](...frame.fields);
    } catch (why) {
      if (!(why instanceof Refused)) throw why;
      this.refused.push(why.message);
    }
    this.emit("heard");
  }

  onHello(tag, card) {
    if (!tag.equals(helloTag(this.community, this.neighbour, this.speaker.device))) throw new Refused("the hello of another community");
    this.#take(this.neighbour, card);
    const { log } = this.speaker;
    this.#send("Heads", this.#epoch, log.size, [[log.device, log.size, log.head.subarray(0, 8)]]);
  }

  onHeads(epoch, cursor, heads) {
    this.#seen = [epoch, cursor];
    this.heads ??= new Map();
    for (const [device, size, id] of heads) this.heads.set(device.toString("hex"), [size, id]);
    this.#want();
  }

  onPush(device, data) {
    this.#take(device, [data]);
  }

  onEntries(device, entries) {
    this.#take(device, entries);
    this.#want();
  }

  onAnnounce(ids) {
    const known = new Set([...this.book.logs.values()].flatMap((log) => log.entries.map((entry) => entry.id.toString("hex", 0, 8))));
    this.#send("Ask", ids.filter((id) => !known.has(id.toString("hex"))));
  }

  onPeers() {} // we have one neighbour, and keep no letters
  onCarry() {}
  onReceipts() {}
  onAnswers() {}

  onAsk() {} // we announce nothing

  onPrune() {} // and push only what is our own

  onWant(ranges) {
    for (const [device, first, last] of ranges) {
      const entries = this.book.logs.get(device.toString("hex"))?.entries.slice(Number(first), Number(last) + 1) ?? [];
      for (const part of parts(entries.map((entry) => entry.data))) this.#send("Entries", device, part);
    }
  }

  onPeers() {} // it dials nobody but who it was told of

  onProofs(proofs) {
    for (const proof of proofs) this.book.prove(openProof(proof));
  }

  #take(device, entries) {
    for (const data of entries) {
      if (this.book.take(device, data) !== "gap") continue;
      // Whoever sends it has those before it (sync.md).
      this.heads?.set(device.toString("hex"), [Number(data.readBigUInt64BE(8)) + 1, Buffer.alloc(8)]);
      this.#want();
    }
  }

  #want() {
    const ranges = [];
    let room = WANTED_MAX - [...this.#wanted].reduce((open, [key, size]) => open + Math.max(0, size - this.#here(key)), 0);
    for (const [key, [size]] of this.heads ?? []) {
      const first = Math.max(this.#here(key), this.#wanted.get(key) ?? 0);
      const last = Math.min(this.#counting(key, size), first + room) - 1;
      if (last < first || ranges.length === RANGES_MAX) continue;
      ranges.push([Buffer.from(key, "hex"), first, last]);
      this.#wanted.set(key, last + 1);
      room -= last + 1 - first;
    }
    if (ranges.length > 0) this.#send("Want", ranges);
  }
}

/** Entries in runs of as many as one frame may hold. */
function* parts(entries) {
  let [part, bytes] = [[], 0];
  for (const data of entries) {
    if (part.length === ENTRIES_MAX || (part.length > 0 && bytes + data.length > ENTRIES_BYTES)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(data);
    bytes += data.length;
  }
  if (part.length > 0) yield part;
}
