// `import` for packages that Lambda's runtime brings: as NODE_PATH does it for `require`, which ES
// modules do not read. The package's own node_modules come first.

import module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Look in these folders for a package that is not found otherwise. */
export function fallBackTo(folders) {
  if (folders.length === 0) return;
  const bases = folders.map((folder) => pathToFileURL(path.join(folder, 'index.js')).href);
  if (module.registerHooks) {
    module.registerHooks({ resolve: makeResolve(bases) });
  } else if (module.register) {
    module.register('./resolution_thread.mjs', import.meta.url, { data: { bases } });
  }
}

function makeResolve(bases) {
  return (specifier, context, nextResolve) => {
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      if (!isMissingPackage(error, specifier)) throw error;
      for (const parentURL of bases) {
        try {
          return nextResolve(specifier, { ...context, parentURL });
        } catch (other) {
          if (!isMissingPackage(other, specifier)) throw other;
        }
      }
      throw error;
    }
  };
}

export function isMissingPackage(error, specifier) {
  const isMissing = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(error?.code);
  return isMissing && !/^(?:[./]|[a-z]+:)/.test(specifier);
}
