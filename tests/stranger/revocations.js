/** Revocations by themselves, and what travels like them (docs/spec/revocations.md, wire.md Proofs). */

import { Refused, bigEndian, decode } from "./codec.js";
import { readBody } from "./bodies.js";
import { TAGS, verifyMember } from "./keys.js";
import { PROOF_MAX, exactly, openFork } from "./log.js";

const REVOKE = 6;
const FIELDS = ["community", "device", "kept", "member", "signature", "version"];

/** What a proof shows about a device: from which entry on its log does not count. */
export function openProof(data) {
  if (data.length > PROOF_MAX) throw new Refused(`proof of ${data.length} bytes`);
  const map = decode(data);
  if (!(map instanceof Map)) throw new Refused("a proof must be a map");
  if (!map.has("kept")) {
    const { community, device, seq } = openFork(data);
    return { community, device, cut: Number(seq), member: null, signer: null };
  }
  const { community, device, kept, member, signer } = openRevocation(map);
  return { community, device, cut: Number(kept), member, signer };
}

/** The same in an entry, whose community is that of its log. */
export function revocationIn(entry, community) {
  const said = ["member", "device", "kept", "signature", "by"].filter((name) => entry.body.has(name));
  const map = new Map([...said.map((name) => [name, entry.body.get(name)]), ["community", community], ["version", 1]]);
  const { device, kept, member, signer } = openRevocation(map);
  return { community, device, cut: Number(kept), member, signer };
}

export function openRevocation(map) {
  if (map.size !== FIELDS.length + map.has("by") || !FIELDS.every((name) => map.has(name))) throw new Refused("other fields than a revocation has");
  if (map.get("version") !== 1) throw new Refused("a revocation of another version");
  readBody(REVOKE, map);
  const community = exactly(map.get("community"), 32);
  const [member, device, kept, signature, by = null] = ["member", "device", "kept", "signature", "by"].map((name) => map.get(name));
  if (!verifyMember({ member, by }, TAGS.revocation, Buffer.concat([community, device, bigEndian(kept, 8)]), signature)) {
    throw new Refused("the revocation is not signed by the member it names");
  }
  return { community, device: Buffer.from(device), kept, member: Buffer.from(member), signer: Buffer.from(by ?? member) };
}
