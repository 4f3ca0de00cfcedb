// The same as resolution.mjs for Node before 22.15, whose hooks run in a thread of their own.

import { isMissingPackage } from './resolution.mjs';

let bases = [];

export function initialize(data) {
  bases = data.bases;
}

export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!isMissingPackage(error, specifier)) throw error;
    for (const parentURL of bases) {
      try {
        return await nextResolve(specifier, { ...context, parentURL });
      } catch (other) {
        if (!isMissingPackage(other, specifier)) throw other;
      }
    }
    throw error;
  }
}
