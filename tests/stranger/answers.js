/** Answers checks that come as JSON lines on standard input, one JSON line each. */

import { createInterface } from "node:readline";

import { answer, parse } from "./checks.js";

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(answer(parse(line)) ?? null));
