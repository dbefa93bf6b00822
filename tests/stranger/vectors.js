/** Runs this implementation against tests/vectors: one JSON line per vector, with what went wrong, if anything did. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { answer, claims, parse, shown } from "./checks.js";

function trouble(vector) {
  const got = answer(vector);
  if (got?.broke) return got.broke;
  if (vector.expect?.reject !== undefined) return got.reject === undefined ? "taken, and must be refused" : null;
  const [a, b] = [JSON.stringify(got), JSON.stringify(shown(vector.expect))];
  return a === b ? null : `gave ${a} for ${b}`;
}

const [folder, ...nouns] = process.argv.slice(2);
for (const noun of nouns) {
  for (const file of readdirSync(join(folder, noun)).filter((name) => name.endsWith(".json")).sort()) {
    const vector = parse(readFileSync(join(folder, noun, file), "utf8"));
    const claimed = claims(vector) && !(noun === "motions" && vector.check === "book"); // what motions decide is not followed here
    console.log(JSON.stringify({ noun, name: file.slice(0, -5), claimed, trouble: claimed ? trouble(vector) : null }));
  }
}
