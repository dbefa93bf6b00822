/** A stranger's client: commands come as JSON lines on standard input, each is answered by one JSON line.
 *
 *     node client.js INVITATION smaller|larger     which of the two keys on the link is to be the smaller: "smaller" means ours
 */

import { createInterface } from "node:readline";

import { readInvitation } from "./invitation.js";
import { toText } from "./ids.js";
import { FAULTS } from "./faults.js";
import { memberOf } from "./members.js";
import { nameOf, standings } from "./standings.js";
import { proveInclusion, verifyInclusion } from "./mmr.js";
import { Session } from "./session.js";
import { Speaker } from "./speaker.js";

const DAY = 86_400_000;
const LOAVES = { role: "offer", kind: "bread", quantity: 3, unit: "loaf" };
const [text, which] = process.argv.slice(2);
const invitation = readInvitation(text);
const { community, inviter, addresses } = invitation;
const speaker = Speaker.beside(community, inviter, which === "smaller");
const session = new Session(speaker, inviter, addresses[0]);
const hex = (bytes) => bytes.toString("hex");
const entries = () => [...session.book.logs.values()].flatMap((log) => log.entries);

const COMMANDS = {
  /** Come in with the invitation, and wait until the inviter's own log says that we did. */
  async enter({ name }) {
    speaker.enters(invitation, `${name}'s script`);
    await session.open();
    await session.until("the inviter hears us", () => session.heads !== null);
    session.say("Profile", { name, about: "Written from the spec." });
    const mine = speaker.log.entries[1].id;
    const admits = (entry) => entry.name === "Admit" && entry.reference.id.equals(mine) && invitation.token.equals(entry.body.get("token"));
    await session.until("the inviter admits us", () => session.book.log(inviter).entries.some(admits));
    return { device: hex(speaker.device), member: toText(speaker.member), opened: session.link.opener, refused: session.refused };
  },

  /** Fetch every log that the neighbour told of, and prove an entry of each by the root that its last entry signs. */
  async fetch() {
    await session.until("all logs are here", () => session.whole());
    const logs = [...session.book.logs.values()].map((log) => ({
      device: hex(log.device),
      member: toText(memberOf(log)),
      size: log.size,
      head: hex(log.head),
      kinds: log.entries.map((entry) => entry.name),
      proven: proven(log),
    }));
    const people = [...standings(session.book)].map(([member, { standing }]) => [nameOf(session.book, member), standing]);
    return { logs, people, refused: session.refused };
  },

  /** Say nothing, but that we are there, until the neighbour has asked so often more. */
  async silent({ times }) {
    const wanted = session.link.asked + times;
    const ended = session.link.ended.then((why) => `the link ended: ${why}`);
    return { ended: await Promise.race([ended, session.until("it asks", () => session.link.asked >= wanted).then(() => null)]) };
  },

  async offer({ title }) {
    const body = { ...LOAVES, title, ends: Date.now() + 7 * DAY, wants: [{ kind: "nothing" }] };
    return { id: hex(session.say("Listing", body).id) };
  },

  /** Wait for somebody's proposal, accept it, and say that what we promised in it was handed over. */
  async serve({ agreement }) {
    const said = (name) => entries().find((entry) => entry.name === name && hex(entry.id) === agreement);
    await session.until("the proposal comes", () => said("Propose") !== undefined);
    const { device, seq, id, body } = said("Propose");
    const reference = { device, seq, id };
    session.say("Accept", {}, reference);
    const mine = body.get("commitments").findIndex((each) => speaker.member.equals(each.get("provider")));
    const deliver = session.say("Deliver", { commitment: mine, quantity: body.get("commitments")[mine].get("quantity") }, reference);
    return { delivery: hex(deliver.id), text: body.get("text") ?? "" };
  },

  /** Wait until the other side says that it arrived. */
  async thanked({ delivery }) {
    const receipt = () => entries().find((entry) => entry.name === "Receive" && hex(entry.body.get("delivery")) === delivery);
    await session.until("the receipt comes", () => receipt() !== undefined);
    return { quantity: receipt().body.get("quantity"), refused: session.refused };
  },

  /** Send what no honest program could have made, and see what becomes of the link, and of us. */
  async wrong({ fault }) {
    session.push(FAULTS[fault](speaker, { ...LOAVES, title: "Never there", ends: Date.now() + 7 * DAY }));
    const ended = await Promise.race([session.link.ended, new Promise((resolve) => setTimeout(resolve, 20_000, null).unref())]);
    await session.link.close();
    const again = new Session(speaker, inviter, addresses[0]);
    const turned = await again.open().then(() => again.until("an answer", () => again.heads !== null, 3_000)).then(() => null, (why) => why.message);
    await again.link?.close();
    return { ended, turned };
  },
};

/** Whether the entry in the middle of a log stands under the root that its last entry signed, and another does not. */
function proven(log) {
  const past = log.entries.slice(0, -1).map((entry) => entry.id);
  if (past.length === 0) return null;
  const { root } = log.entries.at(-1);
  const index = past.length >> 1;
  const path = proveInclusion(past, index);
  const other = Buffer.alloc(32, 7);
  return verifyInclusion(past[index], index, past.length, path, root) && !verifyInclusion(other, index, past.length, path, root);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...asked } = JSON.parse(line);
  const answer = await COMMANDS[command](asked).catch((why) => ({ trouble: why.stack }));
  console.log(JSON.stringify(answer));
}
await session.link?.close();
