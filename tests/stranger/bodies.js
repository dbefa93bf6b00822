/** What a member can say (docs/spec/bodies.md). */

import { Refused } from "./codec.js";

export const KINDS = new Map([
  [1, "Certificate"], [2, "Found"], [3, "Enter"], [4, "Profile"], [5, "Admit"], [6, "Revoke"], [7, "Consent"], [8, "Block"], [9, "Follow"],
  [16, "Listing"], [17, "Renew"], [18, "Withdraw"], [19, "Bid"],
  [32, "Propose"], [33, "Accept"], [34, "Decline"], [35, "Close"], [36, "Lapse"], [37, "Cancel"], [38, "Deliver"], [39, "Receive"],
  [40, "Correct"], [41, "Join"], [42, "Extend"], [43, "Settle"], [44, "Dispute"], [45, "Mediate"], [46, "Vote"], [47, "Reply"], [48, "Rate"], [49, "Open"],
]);
export const NUMBERS = new Map([...KINDS].map(([number, name]) => [name, number]));
/** The kinds that answer an entry, and so must refer to one. */
export const ANSWERS = new Set([5, 17, 18, 19, ...Array.from({ length: 17 }, (_, n) => 33 + n)]);

/** The body of that kind in this map, as { name, body }. */
export function readBody(kind, map) {
  if (!(map instanceof Map)) throw new Refused("a payload must be a map");
  const name = KINDS.get(kind) ?? null;
  return { name, body: name && map };
}
