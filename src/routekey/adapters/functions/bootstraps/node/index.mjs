// What a Node function's process runs: load the handler, then serve one event after the other.
//
// The gateway is at descriptor 3 (frames.mjs) or, where AWS_LAMBDA_RUNTIME_API is set, behind the
// HTTP Runtime API (runtime_api.mjs). Behaviour is that of Lambda's managed Node runtimes; rules:
// LAM-ERR-07, LAM-ERR-09, LAM-ERR-11, LAM-LOG-03, LAM-CTX-02.

import { logError, patchConsole, setRequestId } from './console.mjs';
import { listen } from './debugger.mjs';
import { UnhandledPromiseRejection, toPayload } from './errors.mjs';
import { Frames } from './frames.mjs';
import { redirect } from './front_door.mjs';
import { loadHandler } from './handler.mjs';
import { Invocation } from './invocation.mjs';
import { writeAtOnce } from './output.mjs';
import { fallBackTo } from './resolution.mjs';
import { RuntimeApi } from './runtime_api.mjs';

const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

async function main() {
  const settings = takeSettings();
  const address = process.env.AWS_LAMBDA_RUNTIME_API;
  const gateway = address ? new RuntimeApi(address) : new Frames(3);
  if (settings.front_door) redirect(settings.front_door);
  fallBackTo(settings.paths);
  writeAtOnce();
  if (settings.debugger) await listen(settings.debugger);
  patchConsole();

  let current = null;
  const fail = (message, error, status) => {
    logError(message, error);
    const exit = () => process.exit(status);
    if (current) gateway.sendFatal(current.requestId, toPayload(error), exit);
    else gateway.sendInitError(toPayload(error), exit);
  };
  process.on('uncaughtException', (error) =>
    fail('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION),
  );
  process.on('unhandledRejection', (reason) =>
    fail(
      'Unhandled Promise Rejection',
      new UnhandledPromiseRejection(reason),
      EXIT_UNHANDLED_REJECTION,
    ),
  );
  process.on('beforeExit', () => current?.onEmptyLoop());

  let handler;
  try {
    handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  } catch (error) {
    logError('Init Error', error);
    gateway.sendInitError(toPayload(error), () => process.exit(1));
    return;
  }

  gateway.serve((event) => {
    setRequestId(event.requestId);
    if (event.traceId) process.env._X_AMZN_TRACE_ID = event.traceId;
    else delete process.env._X_AMZN_TRACE_ID;
    current = new Invocation(event, gateway);
    current.run(handler);
  });
}

/** What the gateway wants of this program; the handler does not see it. */
function takeSettings() {
  const text = process.env.ROUTEKEY_BOOTSTRAP;
  delete process.env.ROUTEKEY_BOOTSTRAP;
  return { front_door: null, debugger: null, paths: [], ...JSON.parse(text ?? '{}') };
}

await main();
