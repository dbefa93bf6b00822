/** Who speaks for whom, and who came in how (docs/spec/members.md, organisations.md): what the first entries of a log must be. */

import { Refused, bigEndian, decode } from "./codec.js";
import { hash } from "./hashes.js";
import { holds } from "./invitation.js";
import { TAGS, sign, verify, verifyMember } from "./keys.js";

const ROLES = ["hand", "trader", "keeper"];

/** Refuse an entry that says about its device, member or community what it can not. `log` is without it still. */
export function checkMember(entry, log) {
  if (log.size > 0 && !allows(roleOf(log), entry.kind)) throw new Refused(`a ${roleOf(log)} can not say this`);
  if ((entry.seq === 0n) !== (entry.name === "Certificate")) throw new Refused("the first entry of a log, and no other, is a certificate");
  const said = entry.body && Object.fromEntries(entry.body);
  if (entry.name === "Certificate") checkCertificate(said, log);
  if (entry.name === "Found") checkCharter(said, memberOf(log), log.community);
  if (entry.name === "Enter") checkEntrance(said, entry, memberOf(log), log.community);
  if (["Heir", "Succeed", "Protest"].includes(entry.name)) checkSuccession(entry.name, said, entry, memberOf(log), log.community);
  if (entry.name === "Propose" && !said.parties.some((party) => memberOf(log).equals(party))) throw new Refused("a proposal for others");
}

/** What may follow a member's key is said in their own log; who said it may stand in any. */
function checkSuccession(name, said, { reference }, member, community) {
  const own = member.equals(said.member);
  const plan = name === "Heir" && Buffer.concat([community, said.key, Buffer.from([said.needed, said.days])]);
  if (plan && !(own && verifyMember(said, TAGS.heir, plan, said.signature))) throw new Refused("the member did not sign this plan, or it is somebody else's");
  const word = name === "Succeed" && Buffer.concat([community, said.member, said.old, said.key]);
  if (word && !verify(said.by ?? said.old, TAGS.succession, word, said.signature)) throw new Refused("nobody who may has signed this succession");
  if (name === "Protest" && own !== (reference === null)) throw new Refused("a protest is the member's own, or refers to theirs");
}

/** The key that certified this log's device. */
export function signerOf(log) {
  return Buffer.from(log.entries[0].body.get("by") ?? log.entries[0].body.get("member"));
}

/** The role in which somebody holds this log's device for its member; null when it is the member's own. */
export function roleOf(log) {
  return log.entries[0].body?.get("role") ?? null;
}

/** Whether a device in this role may say an entry of a kind, by the kind's number alone. */
export function allows(role, kind) {
  const handed = kind === 0 || (kind >= 38 && kind <= 40);
  if (role === "hand") return handed;
  if (role === "trader") return handed || kind === 7 || (kind >= 16 && kind <= 49 && kind !== 45 && kind !== 46);
  return true;
}

export function memberOf(log) {
  return Buffer.from(log.entries[0].body.get("member"));
}

function certified(device, validFrom, name) {
  return Buffer.concat([device, bigEndian(validFrom, 8), Buffer.from(name, "utf8")]);
}

function checkCertificate(said, { device, community }) {
  const parts = [said.holder, said.role, said.holder_signature].map((part) => part ?? null);
  if (parts.every((part) => part === null)) {
    const message = certified(device, said.valid_from, said.device_name);
    if (!verifyMember(said, TAGS.certificate, message, said.signature)) throw new Refused("the member did not sign this certificate");
    return;
  }
  const role = ROLES.indexOf(said.role) + 1;
  if (parts.includes(null) || role === 0) throw new Refused("a holder, a role and a signature belong together");
  if (Buffer.compare(said.holder, said.member) === 0) throw new Refused("nobody holds their own device");
  const granted = [community, device, bigEndian(said.valid_from, 8), said.holder, Buffer.from([role]), Buffer.from(said.device_name, "utf8")];
  if (
    !verify(said.holder, TAGS.holder, Buffer.concat([community, device]), said.holder_signature) ||
    !verifyMember(said, TAGS.holding, Buffer.concat(granted), said.signature)
  ) throw new Refused("the certificate of a held device is not signed by both");
}

function checkCharter({ charter, signature }, member, community) {
  if (!hash("charter", [charter]).equals(community)) throw new Refused("the charter of another community");
  const founder = decode(charter).get("founder");
  if (Buffer.compare(founder, member) !== 0) throw new Refused("somebody else founded this community");
  if (!verify(founder, TAGS.charter, charter, signature)) throw new Refused("the founder did not sign this charter");
}

function checkEntrance(said, entry, member, community) {
  if (!holds({ ...said, community, signature: said.invitation })) throw new Refused("the inviter did not sign this invitation");
  if (entry.time > BigInt(said.expires) * 1000n) throw new Refused("the invitation had expired");
  if (!verify(said.token, TAGS.entrance, Buffer.concat([member, entry.device]), said.proof)) throw new Refused("who enters does not hold the invitation");
}

/** The body of a member's word that this device speaks for them. */
export function certificate(memberSeed, member, device, validFrom, name) {
  return { member, device_name: name, valid_from: validFrom, signature: sign(memberSeed, TAGS.certificate, certified(device, validFrom, name)) };
}

/** The body by which this member comes in. */
export function entrance(invitation, member, device) {
  const { inviter, token, expires, signature, tokenSeed } = invitation;
  return { inviter, token, expires, invitation: signature, proof: sign(tokenSeed, TAGS.entrance, Buffer.concat([member, device])) };
}
