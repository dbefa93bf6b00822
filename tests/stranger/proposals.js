/** What a proposal must be as a whole (docs/spec/bodies.md, slots.md, clearing.md, calls.md, motions.md, bids.md). */

import { Refused } from "./codec.js";

const same = (a, b) => Buffer.compare(a, b) === 0;
const given = (value) => value !== null && value !== undefined;
const check = (right, why) => {
  if (!right) throw new Refused(why);
};

export function proposal(said) {
  const { parties, commitments, slots, motion } = said;
  const party = (key) => parties.some((each) => same(each, key));
  check(parties.every((each, n) => n === 0 || Buffer.compare(parties[n - 1], each) < 0), "parties must be sorted, each once");
  if (given(motion)) {
    check(parties.length === 1 && commitments.length === 0 && slots.length === 0 && !given(said.mediator), "a motion has one party and promises nothing");
    checkMotion(motion);
  } else if (slots.length === 0) {
    check(parties.length > 1 && commitments.length > 0, "an agreement needs two parties and a promise");
  }
  for (const each of commitments) {
    check(party(each.provider) && party(each.receiver), "a commitment names somebody who is no party");
    check(!same(each.provider, each.receiver), "a commitment needs two people");
    check(each.due >= said.answer_by, "a commitment is due before it is answered");
  }
  commitments.forEach((each, n) => checkLinks(each, n, commitments));
  if (commitments.some((each) => given(each.clears))) checkClearing(commitments);
  for (const { terms } of slots) {
    for (const term of terms) {
      check(party(term.other), "an open place names somebody who is no party");
      check(term.due >= said.answer_by, "what a place brings is due before the last can join");
    }
  }
  for (const who of [said.mediator, said.backup].filter(given)) check(!party(who), "a mediator is no party");
  if (given(said.backup)) check(given(said.mediator) && !same(said.mediator, said.backup), "a backup stands behind another mediator");
  check(!said.binding || given(said.mediator), "whose word is binding?");
  if (given(said.opens)) check(slots.length === 0 && !given(said.replaces), "a bid is a proposal of its own");
}

export function commitment(each) {
  const links = [each.least, each.per, each.covers].filter(given);
  check(links.length <= 1, "one of least, per and covers");
  check(!given(each.least) || each.least <= each.quantity, "less is enough than is promised");
  check(!given(each.begins) || each.begins <= each.due, "it begins after it is due");
}

/** What a commitment pays for or stands in for. */
function checkLinks(each, n, all) {
  const paysBack = (other) => given(other.per) && given(all[other.per]?.covers);
  if (given(each.per)) {
    const paid = all[each.per];
    check(each.per !== n && paid !== undefined, "it pays for itself or for nothing");
    check(!given(paid.per), "it pays for one that itself rests on another");
    if (given(paid.covers)) {
      const covered = all[paid.covers];
      check(covered !== undefined && same(each.provider, covered.provider) && same(each.receiver, paid.provider), "who stood in is paid back by that one");
      check(each.unit === paid.unit && each.quantity <= paid.quantity, "who stood in is paid back no more than they brought");
    }
  }
  if (given(each.covers)) {
    const covered = all[each.covers];
    check(each.covers !== n && covered !== undefined, "it stands in for itself or for nothing");
    check(!given(covered.covers), "it stands in for one that itself stands in");
    check(!paysBack(covered), "it stands in for one that pays back");
    check(each.unit === covered.unit && same(each.receiver, covered.receiver), "what stands in is the same, for the same");
    check(!same(each.provider, covered.provider), "nobody stands in for themselves");
  }
}

function checkClearing(commitments) {
  for (const each of commitments) {
    check(given(each.clears), "a clearing sets off debts and does nothing else");
    check(each.unit === "credit", "only debts of credit are set off");
    check((each.action ?? "transfer") === "transfer", "a clearing sets off debts and does nothing else");
    check(![each.begins, each.listing, each.least, each.per, each.covers].some(given), "a clearing sets off debts and does nothing else");
  }
}

export function slot({ least = 0, most = 256, quantity_least = 1, quantity_most = 10 ** 12, total_least = 0, total_most = 10 ** 12 }) {
  check(least <= most && quantity_least <= quantity_most && total_least <= total_most, "at least more than at most");
}

export function term({ gives, due, begins = null, each = 0, steps = [], total = 0, voted = false }) {
  check([each > 0, steps.length > 0, total > 0].filter(Boolean).length === 1, "a place has one price rule");
  check(begins === null || begins <= due, "what a place brings begins after it is due");
  check(steps.every((step, n) => (n === 0 ? step.total === 1 : step.total > steps[n - 1].total)), "price steps begin at 1 and rise");
  check(!voted || (total > 0 && !gives), "votes split a total among those who get it");
}

function checkMotion({ member = null, office = null, holds = true, charter = null }) {
  check(given(member) !== given(charter), "a motion is about a member or about the charter");
  check(!given(charter) || (!given(office) && holds), "a motion about the charter is about nothing else");
}

export function close({ answers, seats, votes }) {
  check(answers.length + seats.length + votes.length > 0, "a close names who accepted");
  check(votes.length === 0 || answers.length + seats.length === 0, "a close of a motion names votes and nothing else");
  check(seats.reduce((count, seat) => count + (seat.votes?.length ?? 0), 0) <= 512, "a close counts at most 512 votes");
}
