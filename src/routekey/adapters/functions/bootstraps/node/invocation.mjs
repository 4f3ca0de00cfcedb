// One event: the handler's context and callback, and the three ways a handler may answer.

import { logError } from './console.mjs';
import { JSONStringifyError, NodeJsExit, toPayload } from './errors.mjs';

export class Invocation {
  #event;
  #gateway;
  #isAnswered = false;
  #waitsForEmptyLoop = true;

  constructor(event, gateway) {
    this.#event = event;
    this.#gateway = gateway;
    this.onEmptyLoop = () => {};
  }

  get requestId() {
    return this.#event.requestId;
  }

  run(handler) {
    // A handler that answers nothing: an async one fails, another one returns null.
    const isAsync = handler.constructor?.name === 'AsyncFunction';
    this.onEmptyLoop = () => (isAsync ? this.#fail(new NodeJsExit()) : this.#succeed(null));
    const callback = once((error, result) => this.#callBack(error, result));
    const { succeed, fail, done, ...context } = this.#contextParts();
    try {
      const returned = handler(
        JSON.parse(this.#event.body),
        this.#defineWaits({ ...context, succeed, fail, done }),
        callback,
      );
      if (typeof returned?.then === 'function') returned.then(succeed, fail);
    } catch (error) {
      callback(error ?? 'handled');
    }
  }

  #callBack(error, result) {
    if (error !== undefined && error !== null) this.#fail(error);
    else if (this.#waitsForEmptyLoop) this.onEmptyLoop = () => this.#succeed(result);
    else this.#succeed(result);
  }

  #succeed(result) {
    if (this.#isAnswered) return;
    let payload;
    try {
      payload = JSON.stringify(result === undefined ? null : result) ?? 'null';
    } catch {
      this.#fail(new JSONStringifyError('Unable to stringify response body'));
      return;
    }
    this.#answer();
    this.#gateway.sendResult(this.requestId, payload);
  }

  #fail(error) {
    if (this.#isAnswered) return;
    this.#answer();
    logError('Invoke Error', error);
    this.#gateway.sendError(this.requestId, toPayload(error));
  }

  #answer() {
    this.#isAnswered = true;
    this.onEmptyLoop = () => {};
  }

  #contextParts() {
    const { env } = process;
    const { clientContext, deadlineMs, functionArn, requestId, traceId } = this.#event;
    return {
      functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: env.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext: clientContext ? JSON.parse(clientContext) : undefined,
      identity: undefined,
      invokedFunctionArn: functionArn,
      awsRequestId: requestId,
      xRayTraceId: traceId || undefined,
      getRemainingTimeInMillis: () => deadlineMs - Date.now(),
      succeed: once((result) => this.#succeed(result)),
      fail: once((error) => this.#fail(error ?? 'handled')),
      done: once((error, result) =>
        error === undefined || error === null ? this.#succeed(result) : this.#fail(error),
      ),
    };
  }

  #defineWaits(context) {
    return Object.defineProperty(context, 'callbackWaitsForEmptyEventLoop', {
      configurable: true,
      enumerable: true,
      get: () => this.#waitsForEmptyLoop,
      set: (value) => {
        this.#waitsForEmptyLoop = value;
      },
    });
  }
}

function once(action) {
  let isDone = false;
  return (...values) => {
    if (isDone) return;
    isDone = true;
    action(...values);
  };
}
