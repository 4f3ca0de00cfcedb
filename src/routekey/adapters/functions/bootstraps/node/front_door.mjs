// Lead connections to AWS's names to the gateway, inside this process only. The TLS server name, and
// the name that the certificate is checked for, stay what the caller asked for.

import { Socket } from 'node:net';

/** Connect names that match a pattern (`*` for any text) to one address and port. */
export function redirect({ host, port, patterns }) {
  const sources = patterns.map((pattern) =>
    pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'),
  );
  const matches = new RegExp(`^(?:${sources.join('|')})\\.?$`, 'i');
  const lead = (options) =>
    matches.test(options?.host ?? '') ? { ...options, host, port } : options;
  const { connect } = Socket.prototype;

  Socket.prototype.connect = function redirected(...values) {
    const [first, second] = values;
    if (Array.isArray(first)) {
      first[0] = lead(first[0]); // net.connect has put options and callback in one array
    } else if (typeof first === 'object') {
      values[0] = lead(first);
    } else if (typeof second === 'string' && matches.test(second)) {
      values.splice(0, 2, port, host);
    }
    return connect.apply(this, values);
  };
}
