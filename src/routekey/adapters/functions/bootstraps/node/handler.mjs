// From `folder/file.name.of.handler` to the function. LAM-RT-03, LAM-ERR-11.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  HandlerNotFound,
  ImportModuleError,
  MalformedHandlerName,
  UserCodeSyntaxError,
} from './errors.mjs';

const NODE_WITH_TYPESCRIPT = 24;

/** Load the module and find the handler in it. */
export async function loadHandler(root, setting) {
  if (setting.includes('..')) {
    throw new MalformedHandlerName(
      `'${setting}' is not a valid handler name. Use absolute paths when specifying root ` +
        'directories in handler names.',
    );
  }
  const base = path.basename(setting);
  const dot = base.indexOf('.');
  if (dot < 0) throw new MalformedHandlerName('Bad handler');
  const file = path.resolve(root, path.dirname(setting), base.slice(0, dot));
  const names = base.slice(dot + 1).split('.');
  const handler = names.reduce((value, name) => value?.[name], await load(root, file));
  if (!handler) throw new HandlerNotFound(`${setting} is undefined or not exported`);
  if (typeof handler !== 'function') throw new HandlerNotFound(`${setting} is not a function`);
  return handler;
}

async function load(root, file) {
  try {
    return await loadFile(root, file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(error);
    const isMissing = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error?.code);
    if (isMissing) throw new ImportModuleError(error);
    throw error;
  }
}

async function loadFile(root, file) {
  const require = createRequire(path.join(root, 'index.js'));
  const isModule = isInModulePackage(path.dirname(file));
  const types = Number.parseInt(process.versions.node, 10) >= NODE_WITH_TYPESCRIPT;
  const candidates = [
    ['', false],
    ['.js', isModule],
    ['.mjs', true],
    ['.cjs', false],
    ...(types ? [['.ts', isModule], ['.mts', true], ['.cts', false]] : []),
  ];
  for (const [extension, isImported] of candidates) {
    const name = file + extension;
    if (!existsSync(name)) continue;
    const loaded = isImported ? await import(pathToFileURL(name).href) : require(name);
    if (loaded !== undefined) return loaded;
  }
  return require(require.resolve(path.relative(root, file), { paths: [root] }));
}

/** Whether the nearest package.json above says that its `.js` files are ES modules. */
function isInModulePackage(folder) {
  if (path.basename(folder) === 'node_modules') return false;
  const manifest = path.join(folder, 'package.json');
  if (existsSync(manifest)) {
    try {
      return JSON.parse(readFileSync(manifest, 'utf8'))?.type === 'module';
    } catch (error) {
      console.warn(`${manifest} cannot be read, so its type is not known:`, error);
      return false;
    }
  }
  const parent = path.dirname(folder);
  return parent !== folder && isInModulePackage(parent);
}
