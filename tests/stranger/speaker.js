/** A speaker: one device of one member, with the log of what it said. */

import { randomBytes } from "node:crypto";

import { NUMBERS } from "./bodies.js";
import { encode } from "./codec.js";
import { signEntry } from "./entry.js";
import { publicOf } from "./keys.js";
import { Log } from "./log.js";
import { certificate, entrance } from "./members.js";

export class Speaker {
  constructor(community, { deviceSeed = randomBytes(32), memberSeed = randomBytes(32) } = {}) {
    this.seed = deviceSeed;
    this.memberSeed = memberSeed;
    this.device = publicOf(deviceSeed);
    this.member = publicOf(memberSeed);
    this.log = new Log(community, this.device);
  }

  /** One whose device's key is the smaller, or the larger, of its and this one. */
  static beside(community, neighbour, smaller) {
    for (;;) {
      const made = new Speaker(community);
      if (Buffer.compare(made.device, neighbour) < 0 === smaller) return made;
    }
  }

  /** The first two entries of a newcomer's log. */
  enters(invitation, deviceName) {
    this.say("Certificate", certificate(this.memberSeed, this.member, this.device, Date.now(), deviceName));
    this.say("Enter", entrance(invitation, this.member, this.device));
  }

  /** Say it: signed, and at the end of the log. */
  say(name, body, reference = null) {
    return this.log.append(this.draft(name, body, reference));
  }

  /** The bytes that would say it; the log stays as it is. `payload` may be another than the body's one coding. */
  draft(name, body, reference = null, payload = encode(body)) {
    const last = this.log.entries.at(-1);
    const now = BigInt(Date.now());
    return signEntry(this.seed, this.log.community, {
      kind: NUMBERS.get(name),
      seq: this.log.size,
      time: last && last.time > now ? last.time : now,
      root: this.log.root,
      payload,
      reference,
    });
  }
}
