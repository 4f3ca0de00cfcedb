// Node's inspector in a function: it listens, and the function goes on whether anybody comes or not.
//
// The process before this one may still hold the port for a moment, when a function has been reset
// or its code has changed.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const HOST = '127.0.0.1';
const LOOKS_MAX = 100;
const LOOK_MS = 50;

/** Listen on loopback for a debugger. */
export async function listen({ port }) {
  const inspector = await import('node:inspector'); // only a function that is debugged loads it
  for (let look = 0; look < LOOKS_MAX && !(await isFree(port)); look += 1) await wait(LOOK_MS);
  inspector.open(port, HOST); // one that still cannot be opened says so by itself
}

async function isFree(port) {
  const probe = createServer().listen(port, HOST);
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
