// The Unix socket to the gateway. The form of the frames is written down in
// ../python/function_process.py.

import { Socket } from 'node:net';

const RESPONSE_BYTES_MAX = 6 * 1024 * 1024 + 100; // LAM-RAPI-08
const HEAD_BYTES = 8;

export class Frames {
  #socket;
  #chunks = [];
  #length = 0;

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

  sendResult(_requestId, payload) {
    const bytes = Buffer.from(payload);
    if (bytes.length > RESPONSE_BYTES_MAX) this.#write('L', Buffer.alloc(0));
    else this.#write('R', bytes);
  }

  sendError(_requestId, payload) {
    this.#write('E', Buffer.from(payload).subarray(0, RESPONSE_BYTES_MAX));
  }

  /** Send an error after which this process ends. */
  sendFatal(_requestId, payload, done) {
    this.#write('X', Buffer.from(payload).subarray(0, RESPONSE_BYTES_MAX), done);
  }

  sendInitError(payload, done) {
    this.#write('I', Buffer.from(payload).subarray(0, RESPONSE_BYTES_MAX), done);
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
    const [requestId, deadline, traceId, functionArn] = head.split('\n');
    const body = bytes.toString('utf8', headEnd, end);
    return { requestId, deadlineMs: Number(deadline), traceId, functionArn, body };
  }

  #write(kind, payload, done) {
    this.#socket.ref(); // but while a handler works, this socket keeps the process alive
    const head = Buffer.alloc(9);
    head.write(kind, 0, 'latin1');
    head.writeUInt32BE(process.resourceUsage().maxRSS, 1);
    head.writeUInt32BE(payload.length, 5);
    this.#socket.write(Buffer.concat([head, payload]), done);
  }
}
