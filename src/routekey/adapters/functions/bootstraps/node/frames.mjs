// The Unix socket to the gateway. The form of the frames is written down in
// ../python/function_process.py.

import { Socket } from 'node:net';

const RESPONSE_BYTES_MAX = 6 * 1024 * 1024 + 100; // LAM-RAPI-08
const HEAD_BYTES = 8;

export class Frames {
  #socket;
  #chunks = [];
  #length = 0;
  #requestId = '';
  #number = 0; // of the event that is handled

  constructor(descriptor) {
    this.#socket = new Socket({ fd: descriptor, readable: true, writable: true });
    this.#socket.on('error', () => process.exit(0)); // the gateway is gone
    this.#socket.on('end', () => process.exit(0));
  }

  /** Say that the handler is loaded, and call `take` with each event from then on. */
  serve(take) {
    this.#socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      const event = this.#parse();
      if (event) {
        this.#socket.unref(); // so that `beforeExit` tells when the handler's own work is done
        take(event);
      }
    });
    this.#write('N', Buffer.alloc(0));
  }

  sendResult(requestId, payload) {
    this.#answer('R', requestId, payload);
  }

  sendError(requestId, payload) {
    this.#answer('E', requestId, payload);
  }

  /** Send an error after which this process ends. */
  sendFatal(requestId, payload, done) {
    if (requestId === this.#requestId) this.#write('X', lastWord(payload), done);
    else done();
  }

  sendInitError(payload, done) {
    this.#write('I', lastWord(payload), done);
  }

  #answer(kind, requestId, payload) {
    if (requestId !== this.#requestId) return; // nobody waits for it any more
    const bytes = Buffer.from(payload);
    if (bytes.length > RESPONSE_BYTES_MAX) this.#write('L', Buffer.alloc(0));
    else this.#write(kind, bytes);
  }

  #parse() {
    if (this.#length < HEAD_BYTES) return null;
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    const headEnd = HEAD_BYTES + bytes.readUInt32BE(0);
    const end = headEnd + bytes.readUInt32BE(4);
    if (this.#length < end) return null;
    this.#chunks = []; // one invocation at a time: nothing follows
    this.#length = 0;
    const head = bytes.toString('utf8', HEAD_BYTES, headEnd);
    const [requestId, deadline, traceId, functionArn, number, clientContext] = head.split('\n');
    this.#requestId = requestId;
    this.#number = Number(number);
    const body = bytes.toString('utf8', headEnd, end);
    const deadlineMs = Number(deadline);
    return { requestId, deadlineMs, traceId, functionArn, clientContext, body };
  }

  #write(kind, payload, done) {
    this.#socket.ref(); // but while a handler works, this socket keeps the process alive
    const head = Buffer.alloc(13);
    head.write(kind, 0, 'latin1');
    head.writeUInt32BE(process.resourceUsage().maxRSS, 1);
    head.writeUInt32BE(this.#number, 5);
    head.writeUInt32BE(payload.length, 9);
    this.#socket.write(Buffer.concat([head, payload]), done);
  }
}

function lastWord(payload) {
  const bytes = Buffer.from(payload);
  return bytes.length > RESPONSE_BYTES_MAX ? Buffer.from('{}') : bytes;
}
