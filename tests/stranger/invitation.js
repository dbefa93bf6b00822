/** Invitations: a token that lets one newcomer in, complete in itself (docs/spec/members.md). */

import { Refused, bigEndian } from "./codec.js";
import { hash } from "./hashes.js";
import { fromBase32 } from "./ids.js";
import { TAGS, publicOf, verify } from "./keys.js";

const SIZE = 149;

export function readInvitation(text) {
  const [code, ...rest] = text.replace(/\p{White_Space}+/gu, "").split("@");
  const bytes = fromBase32(code);
  if (bytes.length !== SIZE) throw new Refused(`an invitation has ${SIZE} bytes; these are ${bytes.length}`);
  if (bytes[0] !== 1) throw new Refused("an invitation of another version");
  const made = {
    community: bytes.subarray(1, 33),
    inviter: bytes.subarray(33, 65),
    tokenSeed: hash("token", [bytes.subarray(65, 81)]),
    expires: bytes.readUInt32BE(81),
    signature: bytes.subarray(85),
    addresses: rest.join("@").split(",").filter((address) => address !== ""),
  };
  made.token = publicOf(made.tokenSeed);
  if (!holds(made)) throw new Refused("a damaged invitation: the inviter did not sign this");
  return made;
}

/** Whether the inviter signed this token and expiry for this community. */
export function holds({ community, inviter, token, expires, signature }) {
  return verify(inviter, TAGS.invitation, Buffer.concat([community, token, bigEndian(expires, 8)]), signature);
}
