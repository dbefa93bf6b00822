/** The bounds of what a body holds: each a function that refuses a value or returns (docs/spec/bodies.md, Types). */

import { Refused } from "./codec.js";

const TIME_MAX = 253_402_300_799_999;
const QUANTITY_MAX = 10 ** 12;
const CONTROL = /(?![\t\n])\p{Cc}/u;
const OUTER = /^\p{White_Space}+|\p{White_Space}+$/gu;

const no = (why) => {
  throw new Refused(why);
};
export const stripped = (text) => text.replace(OUTER, "");

export const bool = (value) => typeof value === "boolean" || no("not yes or no");
export const raw = (least, most = least) => (value) => (value instanceof Uint8Array && value.length >= least && value.length <= most) || no(`not ${least} to ${most} bytes`);
export const word = (...words) => (value) => words.includes(value) || no(`none of ${words}`);
export const list = (least, most, part) => (value) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) no(`not a list of ${least} to ${most}`);
  value.forEach(part);
};

export function whole(least, most) {
  return (value) => {
    if (typeof value !== "number" && typeof value !== "bigint") no("not a whole number");
    if (value < least || value > most) no(`${value} is not ${least} to ${most}`);
  };
}

/** So many code points; `outer`: counted without the white space around it. */
export function text(least, most, { outer = false } = {}) {
  return (value) => {
    if (typeof value !== "string") no("not text");
    const count = [...(outer ? stripped(value) : value)].length;
    if (count < least || count > most) no(`${count} characters, not ${least} to ${most}`);
    if (CONTROL.test(value)) no("a control character");
  };
}

export const key = raw(32);
export const id = raw(32);
export const sig = raw(64);
export const position = raw(40);
export const time = whole(0, TIME_MAX);
export const amount = whole(1, QUANTITY_MAX);
export const upTo = whole(0, QUANTITY_MAX);
export const tags = list(0, 12, text(1, 40));

/** An H3 cell no finer than resolution 7. */
export function cell(value) {
  whole(0, 2n ** 64n - 1n)(value);
  const bits = (from, count) => Number((BigInt(value) >> BigInt(from)) & ((1n << BigInt(count)) - 1n));
  const resolution = bits(52, 4);
  if (bits(63, 1) !== 0 || bits(59, 4) !== 1 || bits(56, 3) !== 0 || bits(45, 7) > 121) no(`${value} is not an H3 cell`);
  for (let n = 1; n <= 15; n++) {
    const digit = bits(45 - 3 * n, 3);
    if (n <= resolution ? digit === 7 : digit !== 7) no(`${value} is not an H3 cell`);
  }
  if (resolution > 7) no("a cell finer than resolution 7");
}

/** A field that must be there; one with a default; one that may also be nil. */
export const must = (check) => ({ check, has: false });
export const or = (check, otherwise) => ({ check, has: true, otherwise });
export const may = (check) => ({ check: (value) => value === null || check(value), has: true, otherwise: null });

/** A map of these fields, others passed over; `rules` look at all of it, defaults filled in. */
export function struct(fields, rules = () => {}) {
  return (map) => {
    if (!(map instanceof Map)) no("not a map");
    const made = {};
    for (const [name, { check, has, otherwise }] of Object.entries(fields)) {
      if (map.has(name)) {
        check(map.get(name));
        made[name] = map.get(name);
      } else if (has) made[name] = otherwise;
      else no(`no ${name}`);
    }
    rules(mapped(made));
  };
}

/** The same with the maps inside as objects, which the rules read more easily. */
function mapped(value) {
  if (value instanceof Map) return mapped(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(mapped);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapped(item)]));
}
