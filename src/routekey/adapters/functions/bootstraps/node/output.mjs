// `process.stdout` and `process.stderr` that have written when `write` returns.
//
// Node's own streams queue what a full pipe does not take. An answer could then overtake the output
// that came before it, and `process.exit` would lose that.

import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

class SyncOutput extends Writable {
  constructor(descriptor) {
    super({ decodeStrings: true });
    this.fd = descriptor;
  }

  _write(chunk, _encoding, done) {
    for (let start = 0; start < chunk.length; ) start += writeSync(this.fd, chunk, start);
    done();
  }
}

export function writeAtOnce() {
  for (const [name, descriptor] of [['stdout', 1], ['stderr', 2]]) {
    const value = new SyncOutput(descriptor);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, value });
  }
}
