/** What js-libp2p takes for granted and Node.js 20 does not have yet. */

Promise.withResolvers ??= function () {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
