import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { Script } from 'node:vm';
import { buildSync, transformSync } from 'esbuild';

/** The names that code in an environment gets in place of the process's own. */
const injectedNames = [
  'AbortSignal',
  'Date',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'fetch',
  'global',
  'globalThis',
  'performance',
  'process',
  'setImmediate',
  'setInterval',
  'setTimeout',
] as const;

/** Values for {@link injectedNames}. */
export type Injected = Readonly<Record<(typeof injectedNames)[number], unknown>>;

/** A module's body: the function that Node's own loader would wrap around it. */
type ModuleBody = (exports: object, require: unknown, module: object, filename: string, directory: string) => void;

type Compiled = (...injected: unknown[]) => ModuleBody;

const projectRoot = join(import.meta.dirname, '../../..');
/** By the hash of the text, or a package's name. */
const compiled = new Map<string, Compiled>();
const byFile = new Map<string, Compiled>();

/**
 * Compiles a module of a function's asset; a second environment reuses the script. ES modules become CommonJS, and
 * `import()` becomes
 * `require()`: only in this form the code uses the environment's own modules.
 */
export function moduleOf(file: string, injected: Injected): ModuleBody {
  const known = byFile.get(file);
  if (known !== undefined) return bind(known, injected);
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.json')) return (_, __, module) => Object.assign(module, { exports: JSON.parse(text) });
  // The same bundle in another assembly is the same script.
  const key = `${createHash('sha256').update(text).digest('hex')}${extname(file)}`;
  const body = compiled.get(key) ?? compile(key, file, commonJs(file, text));
  byFile.set(file, body);
  return bind(body, injected);
}

/** An `import()` of a built-in module, as a bundle has it. */
const builtInImport = /(?<![\w$.])import\("(node:[\w/]+)"\)/g;

function commonJs(file: string, original: string): string {
  // esbuild takes over a hundred milliseconds for a bundle.
  const text = original.replace(builtInImport, 'Promise.resolve().then(() => require("$1"))');
  if (!file.endsWith('.mjs') && !text.includes('import(')) return text;
  const { code } = transformSync(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
  });
  return code;
}

/**
 * Bundles a package that the real runtime includes (the SDK) from the project's own dependencies.
 *
 * @param name for instance `@aws-sdk/client-eks`
 * @returns `undefined` if the project does not have the package
 */
export function runtimePackage(name: string, injected: Injected): ModuleBody | undefined {
  const key = `runtime:${name}`;
  const present = compiled.get(key);
  if (present !== undefined) return bind(present, injected);
  try {
    createRequire(join(projectRoot, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
  const { outputFiles } = buildSync({
    stdin: { contents: `module.exports = require(${JSON.stringify(name)});`, resolveDir: projectRoot },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
  });
  return bind(compile(key, key, outputFiles[0]?.text ?? ''), injected);
}

function compile(key: string, filename: string, code: string): Compiled {
  const head = `(function (${injectedNames.join(', ')}) { return function (exports, require, module, __filename, __dirname) { `;
  const script = new Script(`${head}${code}\n}; })`, { filename });
  const made = script.runInThisContext() as Compiled;
  compiled.set(key, made);
  return made;
}

function bind(make: Compiled, injected: Injected): ModuleBody {
  return make(...injectedNames.map((name) => injected[name]));
}
