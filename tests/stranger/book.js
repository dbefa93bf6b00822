/** What the logs hold that were read, in whatever order they came (docs/spec/book.md, the part on reading and cutting). */

import { Refused } from "./codec.js";
import { openEntry } from "./entry.js";
import { Log, shortened } from "./log.js";
import { checkMember, signerOf } from "./members.js";
import { revocationIn } from "./revocations.js";

const WAITING_MAX = 64;

export class Book {
  logs = new Map(); // by device, in hex; only those in which something stands, or that are cut
  waiting = new Map(); // device -> place -> entry
  forks = new Map(); // device -> the first place of two entries
  #cuts = []; // { key, cut, member, signer }: a fork proof names neither

  constructor(community) {
    this.community = community;
  }

  log(device) {
    return this.logs.get(device.toString("hex")) ?? new Log(this.community, device);
  }

  /** Read an entry, and say where it belongs: next, seen, gap, fork or frozen. */
  take(device, data) {
    const entry = openEntry(data, this.community, device);
    if (entry.name === "Revoke") this.prove(revocationIn(entry, this.community)); // counts wherever it is read
    const [key, log, seq] = [device.toString("hex"), this.log(device), Number(entry.seq)];
    if (seq >= log.cut) return "frozen";
    if (seq < log.size) return log.entries[seq].id.equals(entry.id) ? "seen" : "fork";
    if (seq > log.size) return this.#wait(key, seq, entry, log.size);
    this.#stand(key, log, entry);
    this.#takeWaiting(key);
    return "next";
  }

  /** A log counts only up to here: for a fork always, for a revocation if its key certified the device. */
  prove({ community, device, cut, member, signer }) {
    if (!community.equals(this.community)) throw new Refused("a proof about another community");
    const key = device.toString("hex");
    this.#cuts.push({ key, cut, member, signer });
    if (member === null) this.forks.set(key, Math.min(cut, this.forks.get(key) ?? Infinity));
    this.#cut(key, device);
  }

  /** Who of these devices' members revoked the device at its fork or before: for whom it does not count. */
  revokedBy(key) {
    return this.#cuts.filter((each) => each.key === key && each.member !== null).map((each) => each.member.toString("hex"));
  }

  #stand(key, log, entry) {
    log.stand(entry, checkMember);
    this.logs.set(key, log);
    if (entry.seq === 0n) this.#cut(key, log.device);
  }

  #wait(key, seq, entry, size) {
    const waiting = this.waiting.get(key) ?? new Map();
    const other = waiting.get(seq);
    if (other) return other.id.equals(entry.id) ? "seen" : "fork";
    if (waiting.size < WAITING_MAX && seq < size + WAITING_MAX) this.waiting.set(key, waiting.set(seq, entry));
    return "gap";
  }

  #takeWaiting(key) {
    const waiting = this.waiting.get(key) ?? new Map();
    waiting.delete(this.logs.get(key).size - 1); // another one that waited at the place now taken
    for (let log = this.logs.get(key); waiting.has(log.size) && log.size < log.cut; log = this.logs.get(key)) {
      const entry = waiting.get(log.size);
      waiting.delete(log.size);
      try {
        this.#stand(key, log, entry);
      } catch (why) {
        if (!(why instanceof Refused)) throw why;
        return; // it can never stand, and so nothing behind it
      }
    }
  }

  #cut(key, device) {
    const log = this.log(device);
    const signer = log.size > 0 ? signerOf(log) : null;
    const acting = this.#cuts.filter((each) => each.key === key && (each.signer === null || signer?.equals(each.signer)));
    const cut = Math.min(...acting.map((each) => each.cut));
    if (cut >= log.cut) return;
    this.logs.set(key, shortened(log, cut));
    for (const seq of this.waiting.get(key)?.keys() ?? []) if (seq >= cut) this.waiting.get(key).delete(seq);
  }
}
