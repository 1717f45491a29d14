import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Case } from './cases.js';
import type { Values } from './values.js';

/** A model for ONNX Runtime to run, and the file with the values of its case. */
export interface OrtJob {
  readonly model: string;
  readonly values: string;
}

/** What became of a job: the outputs by name, or why there are none. */
export interface OrtResult {
  readonly outputs?: Values;
  readonly failure?: string;
}

/** As many as the machines have cores that these tests are meant for. */
const processes = 2;
const patienceMs = 60_000;

/** Runs models, in processes of their own: what crashes or hangs is a failure of that model alone. */
export async function runOrt(jobs: readonly OrtJob[]): Promise<OrtResult[]> {
  const results: OrtResult[] = [];
  const queue = jobs.entries();
  await Promise.all(
    Array.from({ length: processes }, async () => {
      const runner = new Runner();
      for (const [index, job] of queue) results[index] = await runner.run(job);
      runner.end();
    }),
  );
  return results;
}

/** Whether ONNX Runtime brought its process down or to a halt; everything else is an answer. */
export function isCrash(failure: string): boolean {
  return /^ONNX Runtime (crashed|did not end)/.test(failure);
}

/** Why ONNX Runtime does not run a model, in few words, so that like reasons can be counted. */
export function kindOfFailure(failure: string): string {
  return failureKinds.find(([sign]) => sign.test(failure))?.[1] ?? failure.slice(0, 120);
}

const failureKinds: readonly (readonly [sign: RegExp, kind: string])[] = [
  [/Unsupported model IR version/, 'a newer IR version than it knows'],
  [/Opset \d+ is under development/, 'a newer opset than it knows'],
  [/Unrecognized attribute/, 'a newer form of an operator than it knows'],
  [/not a registered function/, 'an operator that it does not know'],
  [/Could not find an implementation|Failed to find kernel/, 'no kernel for an operator on CPU'],
  [/Unsupported data type|typed array/, 'an element type that onnxruntime-node cannot be fed'],
  [/Failed to construct locale/, 'the machine lacks a locale'],
  [
    /Exception during initialization|Non-zero status/,
    'an operator refuses its attributes or inputs',
  ],
  [/Type Error/, 'it finds the types of a node at odds'],
];

/** A model as it was and as it became, for ONNX Runtime to run with the same inputs. */
export interface Pair {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly values: string;
}

/** What came of both, of a pair whose first model ONNX Runtime runs. */
export interface Compared extends Pair {
  readonly expected: Values;
  readonly result: OrtResult;
}

/** The pairs that can be fed: ONNX Runtime is given tensors alone. */
export function pairsOf(changed: readonly (Case & { readonly saved: string })[]): Pair[] {
  return changed.flatMap(({ name, modelFile: before, saved: after, valuesFile: values }) =>
    values === undefined ? [] : [{ name, before, after, values }],
  );
}

const originals = new Map<string, OrtResult>();

/** Runs the pairs whose first model ONNX Runtime runs; that one once only in a process. */
export async function runPairs(pairs: readonly Pair[]): Promise<Compared[]> {
  const missing = pairs.filter(({ before }) => !originals.has(before));
  const found = await runOrt(missing.map(({ before, values }) => ({ model: before, values })));
  missing.forEach(({ before }, index) => {
    originals.set(before, found[index] ?? {});
  });
  const runnable = pairs.flatMap((pair) => {
    const expected = originals.get(pair.before)?.outputs;
    return expected ? [{ ...pair, expected }] : [];
  });
  const results = await runOrt(runnable.map(({ after, values }) => ({ model: after, values })));
  return runnable.map((pair, index) => ({ ...pair, result: results[index] ?? {} }));
}

class Runner {
  #child: ChildProcess | undefined;

  async run(job: OrtJob): Promise<OrtResult> {
    this.#child ??= start();
    const child = this.#child;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(patienceMs)]);
    const replied = once(child, 'message', { signal }).then(([reply]): OrtResult => reply);
    const ended = once(child, 'exit', { signal }).then(([code, by]): OrtResult => {
      this.#child = undefined;
      return { failure: `ONNX Runtime crashed (${by ?? `exit code ${code}`})` };
    });
    // Whichever comes second is not waited for.
    for (const outcome of [replied, ended]) outcome.catch(() => {});
    child.send(job);
    try {
      return await Promise.race([replied, ended]);
    } catch {
      this.end();
      return { failure: `ONNX Runtime did not end within ${patienceMs} ms` };
    } finally {
      over.abort();
    }
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

function start(): ChildProcess {
  return fork(fileURLToPath(new URL('ort-child.mjs', import.meta.url)), {
    serialization: 'advanced',
    env: {
      ...process.env,
      ORT_DISABLE_TELEMETRY: '1',
      // It runs what it has of opsets that it does not promise yet.
      ALLOW_RELEASED_ONNX_OPSETS_ONLY: '0',
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
