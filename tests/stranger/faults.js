/** Entries that no honest program could have made, each with one fault. */

import { bigEndian, encode } from "./codec.js";

export const FAULTS = {
  /** One bit of the signature is another. */
  signature: (speaker, body) => {
    const data = speaker.draft("Listing", body);
    data[88 + 5] ^= 1;
    return data;
  },

  /** Truly signed, but the quantity is written in eight bytes where one is enough. */
  coding: (speaker, body) => {
    const [once, long] = [encode({ quantity: 3 }).subarray(1), Buffer.concat([encode("quantity"), Buffer.from([0xcf]), bigEndian(3, 8)])];
    const payload = encode(body);
    const at = payload.indexOf(once);
    return speaker.draft("Listing", body, null, Buffer.concat([payload.subarray(0, at), long, payload.subarray(at + once.length)]));
  },
};
