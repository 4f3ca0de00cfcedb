// `console` as Lambda has it: time, request id, level and text, one event a line.
// Rules: LAM-LOG-03, LAM-LOG-04.

import { format } from 'node:util';

import { toLogText } from './errors.mjs';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';

let requestId; // Lambda prints `undefined` before the first invocation

export function setRequestId(id) {
  requestId = id;
}

export function patchConsole() {
  const lowest = Math.max(0, LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
  LEVELS.forEach((level, rank) => {
    console[level.toLowerCase()] = rank < lowest ? () => {} : (...values) => write(level, values);
  });
  console.log = console.info;
}

export function logError(message, error) {
  if (isJson) console.error(error instanceof Error ? error : new Error(error));
  else console.error(message, `\t${toLogText(error)}`);
}

function write(level, values) {
  const timestamp = new Date().toISOString();
  const line = isJson
    ? toJson(timestamp, level, values)
    : `${timestamp}\t${requestId}\t${level}\t${format(...values)}`;
  // The gateway turns CR back into line feeds: one event stays one.
  process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
}

function toJson(timestamp, level, values) {
  const fields = { timestamp, level, requestId };
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...fields, message: values[0] }, openErrors);
    } catch {
      return JSON.stringify({ ...fields, message: format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({ ...fields, message: format(...values), ...(error && open(error)) });
}

function openErrors(_key, value) {
  return value instanceof Error ? { ...open(value), ...value } : value;
}

function open(error) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}
