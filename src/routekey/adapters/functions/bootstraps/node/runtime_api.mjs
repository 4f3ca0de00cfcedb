// The HTTP Runtime API (LAM-RAPI-02 to LAM-RAPI-05) for the case that frames are not wanted.

import { Agent, request } from 'node:http';

const RESPONSE_TOO_LARGE = 413;

export class RuntimeApi {
  #address;
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #take = () => {};

  constructor(address) {
    this.#address = address;
  }

  /** Call `take` with each event. */
  serve(take) {
    this.#take = take;
    this.#next();
  }

  sendResult(requestId, payload) {
    this.#post(`invocation/${requestId}/response`, payload, () => this.#next());
  }

  sendError(requestId, payload) {
    this.#post(`invocation/${requestId}/error`, payload, () => this.#next());
  }

  sendFatal(requestId, payload, done) {
    this.#post(`invocation/${requestId}/error`, payload, done);
  }

  sendInitError(payload, done) {
    this.#post('init/error', payload, done);
  }

  #next() {
    this.#request('GET', 'invocation/next', undefined, ({ headers }, body) =>
      this.#take({
        requestId: headers['lambda-runtime-aws-request-id'],
        deadlineMs: Number(headers['lambda-runtime-deadline-ms']),
        traceId: headers['lambda-runtime-trace-id'] ?? '',
        functionArn: headers['lambda-runtime-invoked-function-arn'],
        clientContext: headers['lambda-runtime-client-context'],
        body,
      }),
    );
  }

  #post(path, payload, done) {
    this.#request('POST', path, payload, ({ statusCode }) => {
      if (statusCode >= 300 && statusCode !== RESPONSE_TOO_LARGE) process.exit(1);
      done();
    });
  }

  #request(method, path, payload, done) {
    const url = `http://${this.#address}/2018-06-01/runtime/${path}`;
    const headers =
      payload === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) };
    const sent = request(url, { method, headers, agent: this.#agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => done(response, Buffer.concat(chunks).toString('utf8')));
    });
    sent.on('error', () => process.exit(1)); // the gateway is gone
    sent.end(payload);
  }
}
