// Evaluates a description that is a program (serverless.ts, serverless.js, or a file that they
// name) and writes what it exports, and the files that it consists of, as JSON. Arguments: the
// program, where to write, and esbuild's package, where it is TypeScript.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const [entry, output, esbuildFolder] = process.argv.slice(2);

const read = [];

// Each file keeps its own __dirname, from which services make the paths of their handlers.
const inPlace = {
  name: "in-place",
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path: file }) => {
      if (file.includes(`${path.sep}node_modules${path.sep}`)) return undefined;
      const source = await fs.promises.readFile(file, "utf8");
      const names = { __dirname: path.dirname(file), __filename: file };
      const declared = Object.entries(names)
        .filter(([name]) => !new RegExp(`\\b(const|let|var)\\s+${name}\\b`).test(source))
        .map(([name, value]) => `var ${name} = ${JSON.stringify(value)};`)
        .join("");
      const loader = path.extname(file).replace(/^\.[cm]?/, "");
      return { contents: `${declared}${source}`, loader };
    });
  },
};

async function load() {
  if (!esbuildFolder) return import(pathToFileURL(entry));
  const { outputFiles, metafile } = await require(esbuildFolder).build({
    entryPoints: [entry],
    bundle: true,
    metafile: true,
    write: false,
    platform: "node",
    format: "cjs",
    packages: "external",
    logLevel: "silent",
    plugins: [inPlace],
  });
  read.push(...Object.keys(metafile.inputs).map((file) => path.resolve(file)));
  const program = new Module(entry);
  program.filename = entry;
  program.paths = Module._nodeModulePaths(path.dirname(entry));
  program._compile(outputFiles[0].text, entry);
  return program.exports;
}

async function main() {
  let exported = await load();
  for (let step = 0; step < 2 && exported?.default !== undefined; step += 1) {
    exported = exported.default;
  }
  const isPlain = Object.prototype.toString.call(exported) !== "[object Module]";
  const members = isPlain ? exported : { ...exported };
  const value = await evaluate(members);
  fs.writeFileSync(output, JSON.stringify({ value: value ?? null, files: read }));
}

// A file of variables may export functions, at its top or as members: each is asked.
async function evaluate(value) {
  if (typeof value === "function") return value({ options: {}, resolveVariable: async () => null });
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const members = {};
  for (const [name, member] of Object.entries(await value)) members[name] = await evaluate(member);
  return members;
}

main().then(
  () => process.exit(0),
  (error) => {
    const told = error?.errors?.length ? error.errors.map(({ text }) => text).join("; ") : null;
    const stack = String(error?.stack ?? error).split("\n");
    process.stderr.write(told ?? stack.filter((line) => !line.includes("node:internal")).join("\n"));
    process.exit(1);
  },
);
