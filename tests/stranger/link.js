/** A link: frames to and from one neighbour over one libp2p stream (docs/spec/wire.md). */

import "./node20.js";

import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

import { Refused } from "./codec.js";
import { toText } from "./ids.js";
import { publicOf } from "./keys.js";
import { FRAME_MAX } from "./wire.js";

const PROTOCOL = "/ruil/frames/1";
const ANSWER = Buffer.from([0, 0, 0, 0, 2]);

/** Dial the device at `host:port`. The device with the smaller key opens the stream; the other one waits for it. */
export async function dial(seed, neighbour, address) {
  const host = await createLibp2p({
    privateKey: await generateKeyPairFromSeed("Ed25519", seed),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  try {
    const smaller = Buffer.compare(publicOf(seed), neighbour) < 0;
    const opened = Promise.withResolvers();
    await host.handle(PROTOCOL, (stream) => (smaller ? stream.abort(new Error("I open it")) : opened.resolve(stream)));
    const [, ip, port] = /^(.+):(\d+)$/.exec(address);
    const connection = await host.dial(multiaddr(`/ip4/${ip}/tcp/${port}/p2p/${toText(neighbour)}`), { signal: AbortSignal.timeout(10_000) });
    const closed = new Promise((_, reject) => connection.addEventListener("close", () => reject(new Error("turned away")), { once: true }));
    closed.catch(() => {}); // also when nobody waits for it any more
    const stream = await Promise.race([smaller ? connection.newStream(PROTOCOL) : opened.promise, closed]);
    return new Link(host, stream, smaller);
  } catch (why) {
    await host.stop();
    throw why;
  }
}

class Link {
  asked = 0; // how often the neighbour asked whether we are there
  #left = Buffer.alloc(0);

  constructor(host, stream, opener) {
    this.host = host;
    this.stream = stream;
    this.opener = opener;
    this.ended = new Promise((resolve) => stream.addEventListener("close", (event) => resolve(event.error?.message ?? "closed"), { once: true }));
    stream.addEventListener("remoteCloseWrite", () => stream.abort(new Error("closed by the neighbour")));
  }

  /** Hear frames, and questions whether we are there, from now on; what came before waits in the stream. */
  listen(onFrame, onAsked) {
    this.onFrame = onFrame;
    this.onAsked = onAsked;
    this.stream.addEventListener("message", (event) => this.#heard(event.data.subarray()));
  }

  send(frame) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    this.stream.send(Buffer.concat([length, frame]));
  }

  async close() {
    await this.host.stop();
  }

  #heard(data) {
    this.#left = Buffer.concat([this.#left, data]);
    try {
      while (this.#take());
    } catch (why) {
      this.stream.abort(why);
    }
  }

  /** Take one frame, or one question or answer, off the front; false until the whole of it is there. */
  #take() {
    if (this.#left.length < 5) return false;
    const size = this.#left.readUInt32BE(0);
    if (size > FRAME_MAX) throw new Refused(`frame of ${size} bytes`);
    const end = size === 0 ? 5 : 4 + size;
    if (this.#left.length < end) return false;
    const frame = this.#left.subarray(4, end);
    this.#left = this.#left.subarray(end);
    if (size > 0) this.onFrame(frame);
    else if (frame[0] === 1) {
      this.asked += 1;
      this.stream.send(ANSWER);
      this.onAsked();
    } else if (frame[0] !== 2) throw new Refused(`unknown control ${frame[0]}`);
    return true;
  }
}
