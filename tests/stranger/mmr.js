/** Mountain ranges: one root over all ids of a log, and paths that prove what is in it (docs/spec/mmr.md). */

import { hash } from "./hashes.js";

const ZEROS = Buffer.alloc(32);
const node = (left, right) => hash("mmr-node", [left, right]);
const same = (a, b) => Buffer.compare(a, b) === 0;
const sound = (...parts) => parts.every((part) => part.length === 32);

/** The largest power of two below n. */
function split(n) {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/** The root of these leaves, worked out anew. */
export function root(leaves) {
  if (leaves.length === 0) return ZEROS;
  if (leaves.length === 1) return leaves[0];
  const k = split(leaves.length);
  return node(root(leaves.slice(0, k)), root(leaves.slice(k)));
}

/** A range that grows: only its peaks, as [size, root], the largest first. */
export class Range {
  size = 0;
  #peaks = [];

  append(leaf) {
    let [size, top] = [1, leaf];
    while (this.#peaks.length > 0 && this.#peaks.at(-1)[0] === size) {
      const [, left] = this.#peaks.pop();
      [size, top] = [2 * size, node(left, top)];
    }
    this.#peaks.push([size, top]);
    this.size += 1;
  }

  root() {
    if (this.size === 0) return ZEROS;
    return this.#peaks.map(([, top]) => top).reduceRight((right, left) => node(left, right));
  }
}

export function proveInclusion(leaves, index) {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k ? [...proveInclusion(left, index), root(right)] : [...proveInclusion(right, index - k), root(left)];
}

export function verifyInclusion(leaf, index, size, path, top) {
  if (!(index >= 0 && index < size) || !sound(leaf, top, ...path)) return false;
  let [place, last, hashed] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const step of path) {
    if (last === 0n) return false;
    if (place & 1n || place === last) {
      hashed = node(step, hashed);
      while (!(place & 1n) && place !== 0n) [place, last] = [place >> 1n, last >> 1n];
    } else {
      hashed = node(hashed, step);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n && same(hashed, top);
}

export function proveConsistency(leaves, oldSize) {
  return oldSize === 0 || oldSize === leaves.length ? [] : subproof(leaves, oldSize, true);
}

function subproof(leaves, m, whole) {
  if (m === leaves.length) return whole ? [] : [root(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k ? [...subproof(left, m, whole), root(right)] : [...subproof(right, m - k, false), root(left)];
}

export function verifyConsistency(oldSize, newSize, oldRoot, newRoot, path) {
  if (!sound(oldRoot, newRoot, ...path) || oldSize < 0 || oldSize > newSize) return false;
  if (oldSize === newSize) return path.length === 0 && same(oldRoot, newRoot);
  if (oldSize === 0) return path.length === 0 && same(oldRoot, ZEROS);
  const power = (oldSize & (oldSize - 1)) === 0;
  const steps = power ? [oldRoot, ...path] : path;
  if (steps.length === 0) return false;
  let [place, last] = [BigInt(oldSize) - 1n, BigInt(newSize) - 1n];
  while (place & 1n) [place, last] = [place >> 1n, last >> 1n];
  let [older, newer] = [steps[0], steps[0]];
  for (const step of steps.slice(1)) {
    if (last === 0n) return false;
    if (place & 1n || place === last) {
      [older, newer] = [node(step, older), node(step, newer)];
      while (!(place & 1n) && place !== 0n) [place, last] = [place >> 1n, last >> 1n];
    } else {
      newer = node(newer, step);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n && same(older, oldRoot) && same(newer, newRoot);
}
