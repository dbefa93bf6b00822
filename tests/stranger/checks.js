/** What this implementation makes of the input of a check, in the words of tests/vectors. */

import { NUMBERS, readBody } from "./bodies.js";
import { Book } from "./book.js";
import { Refused, bigEndian, decode } from "./codec.js";
import { openEntry } from "./entry.js";
import { hash, keyed } from "./hashes.js";
import { fromText, short, toText } from "./ids.js";
import { readInvitation } from "./invitation.js";
import { publicOf, seedFor, sign, verify } from "./keys.js";
import { Log, openFork } from "./log.js";
import * as mmr from "./mmr.js";
import { openProof, openRevocation } from "./revocations.js";
import { held, nameOf, silenced, standings } from "./standings.js";
import { TYPES, helloTag, readFrame } from "./wire.js";

const hex = (text) => Buffer.from(text, "hex");
const all = (texts) => texts.map(hex);

/** What `input` gives, by `check`; a vector of another check is not claimed. */
const CHECKS = {
  decode: ({ data }) => ({ value: decode(hex(data)) }),
  "member-from-text": ({ text }) => ({ key: fromText(text) }),
  "member-text": ({ key }) => ({ text: toText(hex(key)) }),
  short: ({ id }) => ({ text: short(hex(id)) }),
  entry: ({ community, device, data }) => {
    const { time: at, id, kind, name: body, end, root, seq, reference } = openEntry(hex(data), hex(community), hex(device));
    const answered = reference && Buffer.concat([reference.device, bigEndian(reference.seq, 8), reference.id]);
    return { at, body, end, id, kind, root, seq, reference: answered };
  },
  body: ({ kind, payload }) => ({ body: readBody(kind, decode(hex(payload))).name }),
  log: ({ community, device, entries }) => {
    const log = new Log(hex(community), hex(device));
    for (const data of entries.slice(0, -1)) before(() => log.append(hex(data)));
    const { size, head, root } = log;
    try {
      log.append(hex(entries.at(-1)));
    } catch (why) {
      if (log.size !== size || !log.head.equals(head) || !log.root.equals(root)) throw new Error("a refused entry changed the log");
      throw why;
    }
    return { head: log.head, root: log.root, size: log.size };
  },
  fork: ({ proof }) => openFork(hex(proof)),
  book: readBook,
  everything: readAll,
  proof: ({ proof }) => {
    const { community, device, kept, member } = openRevocation(mapOf(decode(hex(proof))));
    return { community, device, kept, member };
  },
  invitation: ({ text }) => {
    const { community, inviter, token, expires, addresses } = readInvitation(text);
    return { community, inviter, token, expires, addresses };
  },
  frame: ({ frame }) => {
    const found = readFrame(hex(frame));
    return found === null ? { frame: null } : { frame: found.name, fields: found.fields };
  },
  "hello-tag": ({ community, sender, receiver }) => ({ tag: helloTag(hex(community), hex(sender), hex(receiver)) }),
};

/** The vectors of the pages on bytes have another form: an answer as it is. */
const OPERATIONS = {
  hash: ({ purpose, parts, size }) => hash(hex(purpose).toString(), all(parts), size),
  keyed: ({ key, purpose, parts }) => keyed(hex(key), hex(purpose).toString(), all(parts)),
  public: ({ seed }) => publicOf(hex(seed)),
  sign: ({ seed, context, message }) => sign(hex(seed), hex(context), hex(message)),
  verify: (input) => verify(hex(input.public), hex(input.context), hex(input.message), hex(input.signature)),
  seed_for: ({ seed, name }) => seedFor(hex(seed), name),
  root: ({ leaves }) => {
    const range = new mmr.Range();
    for (const leaf of all(leaves)) range.append(leaf);
    if (!range.root().equals(mmr.root(all(leaves)))) throw new Error("two ways to one root differ");
    return range.root();
  },
  prove_inclusion: ({ leaves, index, size }) => mmr.proveInclusion(all(leaves).slice(0, size), index),
  prove_consistency: ({ leaves, old_size, new_size }) => mmr.proveConsistency(all(leaves).slice(0, new_size), old_size),
  verify_inclusion: ({ leaf, index, size, path, root }) => mmr.verifyInclusion(hex(leaf), index, size, all(path), hex(root)),
  verify_consistency: ({ old_size, new_size, old_root, new_root, path }) =>
    mmr.verifyConsistency(old_size, new_size, hex(old_root), hex(new_root), all(path)),
};

/** What a Book shows of what is asked about; it must be the same in whatever order it was read. */
const FACTS = {
  sizes: (book, asked) => each(asked, (key) => book.logs.get(key)?.size ?? 0),
  waiting: (book, asked) => each(asked, (key) => [...(book.waiting.get(key)?.keys() ?? [])].sort((a, b) => a - b)),
  forks: (book) => Object.fromEntries(book.forks),
  standing: (book, asked) => each(asked, (key) => standings(book).get(key)?.standing ?? "unknown"),
  inviter: (book, asked) => each(asked, (key) => standings(book).get(key)?.inviter ?? null),
  name: (book, asked) => each(asked, (key) => nameOf(book, key)),
  silenced,
  held: (book, asked) => each(asked, (key) => held(book, key)),
};

function each(asked, look) {
  return Object.fromEntries(Object.keys(asked).map((key) => [key, look(key)]));
}

function readBook({ community, entries, proofs = [], given_order_only: given = false }, { accept, reject }) {
  const orders = given || reject !== undefined ? [[entries, "after"]] : [[entries, "after"], [entries, "before"], [[...entries].reverse(), "after"], [[...entries].reverse(), "before"]];
  const facts = orders.map(([order, when]) => {
    const book = new Book(hex(community));
    const prove = () => all(proofs).forEach((proof) => book.prove(openProof(proof)));
    if (when === "before") prove();
    const read = ({ device, data }) => book.take(hex(device), hex(data));
    const places = reject === undefined ? order.map(read) : (order.slice(0, -1).forEach((said) => before(() => read(said))), [read(order.at(-1))]);
    if (when === "after") prove();
    return Object.fromEntries(Object.entries(accept ?? {}).map(([fact, asked]) => [fact, fact === "places" ? places : FACTS[fact](book, asked)]));
  });
  const texts = new Set(facts.map((facts) => JSON.stringify(shown(facts))));
  if (texts.size !== 1) throw new Error(`the order of reading changes the facts: ${[...texts].join(" / ")}`);
  return facts[0];
}

function mapOf(value) {
  if (!(value instanceof Map)) throw new Refused("not a map");
  return value;
}

function before(step) {
  try {
    step();
  } catch (why) {
    throw new Error(`before the last step: ${why.message}`);
  }
}

/** As the vectors write it: bytes in hex (in a decoded value marked as such), maps with sorted keys, numbers beyond 2^53 as text. */
export function shown(value, marked = false) {
  if (value instanceof Uint8Array) return marked ? { bytes: Buffer.from(value).toString("hex") } : Buffer.from(value).toString("hex");
  if (typeof value === "bigint") return BigInt.asIntN(54, value) === value ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map((item) => shown(item, marked));
  if (value instanceof Map) return shown(Object.fromEntries(value), marked);
  if (value === null || typeof value !== "object") return value;
  const sorted = Object.keys(value).sort();
  return Object.fromEntries(sorted.map((key) => [key, shown(value[key], marked || key === "value")]));
}

/** JSON whose whole numbers beyond 2^53 come as text, as `shown` gives them. */
export function parse(text) {
  return JSON.parse(text.replace(/(?<=[:[,\s])-?\d{17,}(?=[,\]}\s])/g, (digits) => `"${digits}"`));
}

/** The answer to an input, as a vector would expect it. */
export function answer({ check, operation, input, expect }) {
  try {
    return shown(check ? { accept: CHECKS[check](input, expect) } : OPERATIONS[operation](input));
  } catch (why) {
    if (!(why instanceof Refused)) return { broke: why.stack };
    return { reject: why.message };
  }
}

const KNOWN = new Set(NUMBERS.values());

/** What a Book shows of everybody, after reading these and passing over what it refuses. */
function readAll({ community, entries, proofs }) {
  const book = new Book(hex(community));
  const refused = [];
  const reading = [...proofs.map((proof) => () => book.prove(openProof(hex(proof)))), ...entries.map(({ device, data }) => () => book.take(hex(device), hex(data)))];
  reading.forEach((read, n) => {
    try {
      read();
    } catch (why) {
      if (!(why instanceof Refused)) throw why;
      refused.push(n);
    }
  });
  const people = [...standings(book)].map(([member, { standing, inviter }]) => [member, [standing, inviter, nameOf(book, member)]]);
  const logs = [...book.logs].filter(([, log]) => log.size > 0);
  const waiting = [...book.waiting].filter(([, some]) => some.size > 0).map(([key, some]) => [key, [...some.keys()].sort((a, b) => a - b)]);
  return {
    refused,
    sizes: Object.fromEntries(logs.map(([key, log]) => [key, log.size])),
    heads: Object.fromEntries(logs.map(([key, log]) => [key, log.head])),
    waiting: Object.fromEntries(waiting),
    people: Object.fromEntries(people),
    silenced: silenced(book),
  };
}

/** Not claimed: checks we do not have, and frames and kinds that came after us. */
export function claims({ check, operation, input, expect }) {
  const { frame, body } = expect?.accept ?? {};
  if (check === "body" && !KNOWN.has(input.kind) && input.kind < 900) return false;
  if (check === "book") return Object.keys(expect.accept ?? {}).every((fact) => fact in FACTS || fact === "places");
  return (check ? check in CHECKS : operation in OPERATIONS) && (!frame || TYPES.has(frame)) && (!body || NUMBERS.has(body));
}

