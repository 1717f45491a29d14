import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareStandins, type Standins } from '../standin/environment.js';
import { tinyClassifierPlan } from '../standin/plan.js';
import { linearModel } from '../unit/helpers.js';

// Every state of the package with every end of a process or worker thread. Building is the real
// TensorRT for RTX; engines run on the stand-ins. A cell passes when the process ends as it should,
// without a signal, without a word on stderr, and without a leak or another report of AddressSanitizer.

const states = [
  'imported',
  'addon loaded',
  'model loaded',
  'built',
  'build failed',
  'building',
  'building apart',
  'callback threw',
  'engine loaded',
  'session idle',
  'infer in flight',
  'graph captured',
  'tensors on the device',
  'infer failed',
  'closing',
  'closed',
  'eight workers',
];
const ends = ['natural end', 'process.exit', 'throw', 'worker terminated'];
/** What Node 24 itself leaves behind, also for `node -e 1`. */
const leaksOfNode = ['node::contextify::ContextifyScript::New', 'ossl_load_builtin_compressions'];
/**
 * Node frees the eight bytes of a promise's deferred when it is settled, and refuses to settle it in
 * a worker thread that is being terminated.
 */
const leaksOfTermination = ['napi_create_promise'];

/** An exit in the middle frees nothing, not even V8's own heap, so leaks mean nothing there. */
function sanitizerOptions(state: string, end: string): NodeJS.ProcessEnv {
  const terminated = end === 'worker terminated' || state === 'eight workers';
  if (end === 'process.exit' || end === 'throw') return { ASAN_OPTIONS: 'detect_leaks=0' };
  const known = [...leaksOfNode, ...(terminated ? leaksOfTermination : [])];
  const suppressions = join(folder, `${known.length}.supp`);
  writeFileSync(suppressions, known.map((name) => `leak:${name}\n`).join(''));
  return {
    ASAN_OPTIONS: 'detect_leaks=1',
    LSAN_OPTIONS: `print_suppressions=0:suppressions=${suppressions}`,
  };
}

const table = states.flatMap((state) => ends.map((end) => [state, end] as const));

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'teardown-'));
  // Its shapes are fixed, so that a build needs no profile.
  const model = linearModel({ batch: 8, features: 512, hidden: 2048, classes: 64 });
  await model.save(join(folder, 'model.onnx'));
  writeFileSync(join(folder, 'standin.plan'), tinyClassifierPlan({ product: 'tensorrt-rtx' }));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ending {
  code: number | null;
  signal: string | null;
  stderr: string;
}

interface Cell {
  state: string;
  end: string;
  standins: Standins;
  env: NodeJS.ProcessEnv;
}

/**
 * LeakSanitizer itself faults now and then while it looks into the memory of threads that end
 * ("Tracer caught signal 11"), on a busy machine more than once. It has then looked at nothing, and
 * is asked again.
 */
async function run(cell: Cell): Promise<Ending> {
  for (let attempt = 1; ; attempt++) {
    const ending = await runOnce(cell);
    if (attempt === 10 || !ending.stderr.includes('Tracer caught signal')) return ending;
    await setTimeout(100 * attempt);
  }
}

function runOnce({ state, end, standins, env }: Cell): Promise<Ending> {
  const program = [resolve('test/teardown/scenario.mjs'), state, end];
  return new Promise((resolveEnding) => {
    const child = execFile(
      process.execPath,
      program,
      {
        timeout: 60_000,
        env: {
          ...process.env,
          ...standins.env,
          NODE_OPTIONS: '',
          LIBRARY_DIR: standins.libraryDir,
          MODEL: join(folder, 'model.onnx'),
          PLAN: join(folder, 'standin.plan'),
          STANDIN_TENSORRT_INFER_MS: '50',
          ...env,
        },
      },
      (_error, _stdout, stderr) =>
        resolveEnding({ code: child.exitCode, signal: child.signalCode, stderr }),
    );
  });
}

function expectCleanEnd(ending: Ending, end: string): void {
  if (end === 'throw') {
    expect(ending).toMatchObject({ code: 1, signal: null });
    expect(ending.stderr).toContain('Error: on purpose');
    expect(ending.stderr).not.toMatch(/Sanitizer|stand-in|FATAL|Assertion/);
  } else {
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' });
  }
}

const asan = execFileSync('c++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();

describe.each([
  ['release build', 'build/Release', { LD_PRELOAD: '' }],
  ['AddressSanitizer', 'build/asan/Release', { LD_PRELOAD: asan }],
])('%s', (_, release, env) => {
  const standins = prepareStandins(release);
  afterAll(() => standins.remove());

  it.concurrent.each(table)('%s, %s', async (state, end) => {
    const cell = { state, end, standins, env: { ...env, ...sanitizerOptions(state, end) } };
    expectCleanEnd(await run(cell), end);
  });

  it('leaves nothing on the device after close', async () => {
    const report = join(folder, `${release.replaceAll('/', '-')}.jsonl`);
    const [state, end] = ['closed', 'natural end'] as const;
    const reports = { STANDIN_CUDA_REPORT: report, STANDIN_TENSORRT_REPORT: report };
    const reported = { ...env, ...sanitizerOptions(state, end), ...reports };
    expectCleanEnd(await run({ state, end, standins, env: reported }), end);
    const [first, second] = readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const nothing = { contexts: 0, violations: 0 };
    const memory = { deviceAllocations: 0, pinnedAllocations: 0, streams: 0, events: 0 };
    expect([first, second]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ standin: 'cuda', ...memory, ...nothing }),
        expect.objectContaining({ standin: 'tensorrt-rtx', runtimes: 0, engines: 0, ...nothing }),
      ]),
    );
  });
});
