/** What a member can say: the table of docs/spec/bodies.md. */

import { Refused } from "./codec.js";
import { amount, bool, cell, id, key, list, may, must, or, position, raw, sig, stripped, struct, tags, text, time, upTo, whole, word } from "./fields.js";
import { close, commitment, proposal, slot, term } from "./proposals.js";

const given = (value) => value !== null;
const check = (right, why) => {
  if (!right) throw new Refused(why);
};
const long = text(0, 8_000);
const reason = or(text(0, 120), "");
const action = word("transfer", "use", "work", "deliverService");
const number = whole(0, 2_303);
const place = whole(0, 7);
const settled = { received: must(list(1, 2_304, upTo)), reason };

const WANT = struct({ kind: must(text(1, 40)), quantity: or(amount, 1), unit: or(text(1, 24), "one"), text: or(text(0, 120), "") });
const OPTION = struct({ what: must(text(1, 120)), price: or(upTo, 0) });
const COMMITMENT = struct({
  provider: must(key), receiver: must(key), action: must(action), what: must(text(1, 120)), quantity: must(amount), unit: must(text(1, 24)),
  due: must(time), begins: may(time), listing: may(id), least: may(upTo), per: may(number), covers: may(number),
  clears: may(struct({ agreement: must(id), commitment: must(number) })),
}, commitment);
const STEP = struct({ total: must(amount), each: must(amount) });
const TERM = struct({
  gives: must(bool), other: must(key), action: must(action), what: must(text(1, 120)), unit: must(text(1, 24)), due: must(time), begins: may(time), listing: may(id),
  each: or(upTo, 0), steps: or(list(0, 12, STEP), []), total: or(upTo, 0), least: may(upTo), per: may(place), voted: or(bool, false),
}, term);
const SLOT = struct({
  role: must(text(1, 60)), terms: must(list(1, 8, TERM)), least: or(whole(0, 256), 0), most: or(whole(1, 256), 256),
  quantity_least: or(amount, 1), quantity_most: or(amount, 10 ** 12), total_least: or(upTo, 0), total_most: or(amount, 10 ** 12),
}, slot);
const SEAT = struct({ at: must(position), member: must(key), slot: or(place, 0), quantity: or(amount, 1), votes: or(list(0, 512, position), []) });
const MOTION = struct({ member: may(key), office: may(word("host", "mediator")), holds: or(bool, true), charter: may(raw(1, 8_192)) });

const same = (one, other) => one !== null && other !== null && Buffer.compare(one, other) === 0;

/** The member's own key says so by saying nothing. */
function byAnother({ member, by }) {
  check(!same(by, member), "a later key is another one than the member's");
}

function succession({ member, old, key, by }) {
  check(!same(key, old) && !same(key, member), "a key is followed by another one");
  check(!same(by, old), "the old key says so by saying nothing");
}

function certificate({ member, holder, role, holder_signature, by }) {
  byAnother({ member, by });
  const parts = [holder, role, holder_signature].filter(given).length;
  check(parts === 0 || parts === 3, "a device has a holder, a role and a signature, or none of them");
  check(!given(holder) || Buffer.compare(holder, member) !== 0, "nobody holds their own device");
}

function listing({ role, kind, action, lent, bids_until, begins, ends, options }) {
  check(stripped(kind) !== "", "a listing needs a kind");
  check(!given(begins) || begins < ends, "the window ends before it begins");
  check(!given(lent) || (role === "offer" && action === "use"), "only what is offered for use is lent");
  check(!given(bids_until) || role === "need", "sealed bids are for needs");
  check(!given(bids_until) || bids_until < ends, "bids are taken until before it ends");
  check(options.length === 0 || role === "offer", "options are for what is offered");
  check(new Set(options.map((option) => option.what)).size === options.length, "one option is named twice");
}

const BODIES = {
  1: ["Certificate", { member: must(key), device_name: must(text(1, 60)), valid_from: must(time), signature: must(sig), holder: may(key), role: may(word("hand", "trader", "keeper")), holder_signature: may(sig), by: may(key) }, certificate],
  2: ["Found", { charter: must(raw(0, 8_192)), signature: must(sig) }],
  3: ["Enter", { inviter: must(key), token: must(key), expires: must(time), invitation: must(sig), proof: must(sig) }],
  4: ["Profile", { name: must(text(1, 60, { outer: true })), about: or(long, ""), cell: may(cell), tags: or(tags, []), organisation: or(bool, false), can: or(tags, []), seeks: or(tags, []), speaks: or(tags, []) }],
  5: ["Admit", { token: must(key) }],
  6: ["Revoke", { member: must(key), device: must(key), kept: must(whole(1, 2n ** 63n - 1n)), signature: must(sig), by: may(key) }, byAnother],
  7: ["Consent", { until: must(time), most: must(upTo) }],
  8: ["Block", { member: must(key), reason, lifted: or(bool, false) }, (said) => check(said.lifted || stripped(said.reason) !== "", "a block needs its reason")],
  9: ["Follow", { member: must(key), follows: or(bool, true) }],
  10: ["Heir", { member: must(key), key: must(key), needed: must(whole(1, 16)), days: must(whole(1, 60)), signature: must(sig), by: may(key) }, byAnother],
  11: ["Succeed", { member: must(key), old: must(key), key: must(key), signature: must(sig), by: may(key) }, succession],
  12: ["Protest", { member: must(key), old: must(key), key: must(key) }],
  16: ["Listing", {
    role: must(word("offer", "need")), kind: must(text(1, 40)), title: must(text(1, 120, { outer: true })), quantity: must(amount), unit: must(text(1, 24)), ends: must(time),
    action: or(action, "transfer"), text: or(long, ""), tags: or(tags, []), begins: may(time), cell: may(cell), wants: or(list(0, 12, WANT), []),
    lent: may(word("hourly", "daily")), bids_until: may(time), options: or(list(0, 12, OPTION), []),
  }, listing],
  17: ["Renew", { ends: must(time), bids: or(list(0, 512, id), []) }],
  18: ["Withdraw", {}],
  19: ["Bid", { seal: must(raw(32)), box: or(raw(0, 49_152), Buffer.alloc(0)) }],
  32: ["Propose", {
    parties: must(list(1, 64, key)), commitments: must(list(0, 256, COMMITMENT)), answer_by: must(time), replaces: may(id), text: or(long, ""), slots: or(list(0, 8, SLOT), []),
    mediator: may(key), backup: may(key), mediation_days: or(whole(1, 60), 14), binding: or(bool, false), motion: may(MOTION),
    opens: may(struct({ bid: must(id), nonce: must(raw(16)) })),
  }, proposal],
  33: ["Accept", {}],
  34: ["Decline", { reason }],
  35: ["Close", { answers: or(list(0, 64, id), []), seats: or(list(0, 256, SEAT), []), votes: or(list(0, 1_500, position), []) }, close],
  36: ["Lapse", {}],
  37: ["Cancel", { reason }],
  38: ["Deliver", { commitment: must(number), quantity: must(amount) }],
  39: ["Receive", { delivery: must(id), quantity: must(amount) }],
  40: ["Correct", { delivery: must(id), quantity: must(upTo) }],
  41: ["Join", { slot: must(place), quantity: or(amount, 1), people: or(whole(0, 256), 0), total: or(upTo, 0), pays: may(upTo), by: may(time), rolls: or(bool, false), text: or(long, "") }],
  42: ["Extend", { due: must(time) }],
  43: ["Settle", settled],
  44: ["Dispute", { reason }],
  45: ["Mediate", settled],
  46: ["Vote", { join: must(id) }],
  47: ["Reply", { text: must(text(1, 500)) }],
  48: ["Rate", { about: must(key), seal: must(raw(32)), box: or(raw(0, 4_096), Buffer.alloc(0)) }],
  49: ["Open", { rate: must(id), good: must(bool), words: must(text(0, 500)), nonce: must(raw(16)) }],
};
const KINDS = new Map(Object.entries(BODIES).map(([kind, [name, fields, rules]]) => [Number(kind), { name, check: struct(fields, rules) }]));

export const NUMBERS = new Map([...KINDS].map(([kind, { name }]) => [name, kind]));
/** The kinds that answer an entry, and so must refer to one. */
export const ANSWERS = new Set([5, 17, 18, 19, ...Array.from({ length: 17 }, (_, n) => 33 + n)]);

/** The body of that kind in this map, as { name, body }. */
export function readBody(kind, map) {
  if (!(map instanceof Map)) throw new Refused("a payload must be a map");
  const known = KINDS.get(kind);
  known?.check(map);
  return known ? { name: known.name, body: map } : { name: null, body: null };
}
