/** Runs a reproduction from the command line. */
import { availableParallelism, cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { doctor } from 'tensorrt-node';
import { writeAtomically } from '../quickstart/files.js';
import { printed } from './print.js';
import type { Reproduction } from './reproduction.js';
import { realTools } from './tools.js';

const common = {
  json: { type: 'string' },
  'duration-ms': { type: 'string', default: '3000' },
  cache: { type: 'string' },
} as const;

/** Runs it where its file is the program: `if (isProgram(import.meta.url)) await run(...)`. */
export function isProgram(url: string): boolean {
  return process.argv[1] === fileURLToPath(url);
}

/**
 * Prints the table; `--json <file>` writes it too.
 * @param args - of the command line.
 */
export async function run(reproduction: Reproduction, args = process.argv.slice(2)): Promise<void> {
  const { values } = parseArgs({ args, options: { ...common, ...reproduction.options } });
  const { json, 'duration-ms': duration, cache, ...options } = values;
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const tools = realTools({
    durationMs: Number(duration),
    ...(typeof cache === 'string' && { cacheDir: cache }),
  });
  const date = new Date().toISOString();
  const rows = await reproduction.rows({
    options: options as Record<string, string | boolean | undefined>,
    tools,
    signal: interrupted.signal,
  });
  console.log(printed(reproduction, rows));
  if (typeof json !== 'string') return;
  const { name, title, method } = reproduction;
  const report = { format: 'tensorrt-node-reproduction', name, title, date, ...(await machine()) };
  await writeAtomically(json, `${JSON.stringify({ ...report, method, rows }, null, 2)}\n`);
}

async function machine() {
  const { node, driver, gpus, libraries, onnxruntime } = await doctor();
  return {
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      system: `${process.platform} ${release()}`,
      gpus: gpus.map(({ name }) => name),
      driver,
    },
    versions: {
      node,
      onnxruntime,
      libraries: libraries.flatMap(({ product, version }) =>
        version ? [`${product} ${version}`] : [],
      ),
    },
  };
}
