/** Who belongs, who let them in, and how they are called (docs/spec/members.md, Standing), without what motions change. */

import { decode } from "./codec.js";
import { allows, memberOf, roleOf } from "./members.js";

const ADMIT = 5;
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** Of a Book: member in hex -> { standing, inviter }; who is not in it is unknown. */
export function standings(book) {
  const made = new Map();
  const logs = [...book.logs.values()].filter((log) => log.size > 0);
  const charter = charterOf(logs);
  if (charter === null) return made;
  const entrances = logs.flatMap((log) => log.entries.filter((entry) => entry.name === "Enter").map((entry) => ({ entry, log }))).sort(byTime);
  const founder = hex(charter.get("founder"));
  made.set(founder, { standing: "founder", inviter: null });
  const belong = [founder];
  for (const member of belong) {
    if (charter.get("invites") === "founder" && member !== founder) continue;
    for (const { entry, log } of entrances) {
      const host = book.logs.get(hex(entry.body.get("inviter")));
      if (!host?.size || hex(memberOf(host)) !== member || !allows(roleOf(host), ADMIT)) continue;
      const guest = hex(memberOf(log));
      if (["founder", "member"].includes(made.get(guest)?.standing)) continue;
      const admit = host.entries.find((each) => each.name === "Admit" && Buffer.compare(each.body.get("token"), entry.body.get("token")) === 0);
      if (admit && !admit.reference.id.equals(entry.id)) continue; // the invitation is used up
      made.set(guest, { standing: admit ? "member" : "provisional", inviter: member });
      if (admit) belong.push(guest);
    }
  }
  return made;
}

function charterOf(logs) {
  const found = logs.flatMap((log) => log.entries).find((entry) => entry.name === "Found");
  return found ? decode(found.body.get("charter")) : null;
}

function byTime(one, other) {
  const time = one.entry.time < other.entry.time ? -1 : one.entry.time > other.entry.time ? 1 : 0;
  return time || Buffer.compare(one.entry.device, other.entry.device) || Number(one.entry.seq - other.entry.seq);
}

/** The name of the profile with the greatest (time, id) of all devices of a member, or null. */
export function nameOf(book, member) {
  const logs = [...book.logs.values()].filter((log) => log.size > 0 && hex(memberOf(log)) === member);
  const profiles = logs.flatMap((log) => log.entries.filter((entry) => entry.name === "Profile"));
  const latest = profiles.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : Buffer.compare(one.id, other.id))).at(-1);
  return latest?.body.get("name") ?? null;
}

/** The members one of whose devices forked and was not revoked by them. */
export function silenced(book) {
  const found = [...book.forks.keys()].filter((key) => {
    const log = book.logs.get(key);
    return log?.size > 0 && !book.revokedBy(key).includes(hex(memberOf(log)));
  });
  return [...new Set(found.map((key) => hex(memberOf(book.logs.get(key)))))].sort();
}

/** Who holds which device for a member, in which role. */
export function held(book, member) {
  const logs = [...book.logs.values()].filter((log) => log.size > 0 && hex(memberOf(log)) === member && roleOf(log) !== null);
  return logs.map((log) => [log.device, log.entries[0].body.get("holder"), roleOf(log)]).sort((a, b) => Buffer.compare(a[0], b[0]));
}
