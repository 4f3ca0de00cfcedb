// Errors as the invoker sees them: LAM-ERR-07, LAM-ERR-09, LAM-ERR-11.

import { types } from 'node:util';

class RuntimeError extends Error {
  get name() {
    return `Runtime.${this.constructor.name}`;
  }
}

export class HandlerNotFound extends RuntimeError {}
export class ImportModuleError extends RuntimeError {}
export class JSONStringifyError extends RuntimeError {}
export class MalformedHandlerName extends RuntimeError {}
export class UserCodeSyntaxError extends RuntimeError {}

export class NodeJsExit extends RuntimeError {
  constructor() {
    super('The Lambda runtime client detected an unexpected Node.js exit: its event loop is empty');
  }
}

export class UnhandledPromiseRejection extends RuntimeError {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** The JSON text that the invoker gets. */
export function toPayload(error) {
  return JSON.stringify(describe(error));
}

function describe(error) {
  try {
    if (types.isNativeError(error) || isLikeError(error)) {
      const trace = (error.stack ?? '').split('\n');
      return { errorType: error.name, errorMessage: error.message, trace };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return { errorType: 'handled', errorMessage: 'the error cannot be turned into text' };
  }
}

/** The JSON text in the log, with whatever else the error carries. */
export function toLogText(error) {
  const seen = error instanceof Error ? error : new Error(error);
  try {
    return JSON.stringify(seen, (_key, value) => (value instanceof Error ? open(value) : value));
  } catch {
    return toPayload(seen);
  }
}

function open(error) {
  const { name, message, code, stack } = error;
  const fields = { errorType: name, errorMessage: message, code, ...error };
  return typeof stack === 'string' ? { ...fields, stack: stack.split('\n') } : fields;
}

function isLikeError(value) {
  const texts = [value?.name, value?.message, value?.stack];
  return texts.every((text) => typeof text === 'string' && text !== '');
}
