import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { buildModel } from '../unit/helpers.js';
import { prepareStandins } from './environment.js';
import { tinyClassifierPlan } from './plan.js';

// What is done over and over must take no more memory each time. Every loop has a process of its
// own, whose resident memory is looked at after each twentieth of it.

const standins = prepareStandins();
const folder = mkdtempSync(join(tmpdir(), 'leaks-'));
afterAll(() => {
  standins.remove();
  rmSync(folder, { recursive: true });
});

interface Loop {
  resident: number[];
  graphs?: { launched: number; captured: number; evicted: number };
  codes?: string[];
}

async function repeat(what: string, count: number, env: NodeJS.ProcessEnv): Promise<Loop> {
  const program = resolve('test/standin/leaks-run.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program], {
    env: {
      ...process.env,
      // Memory that malloc keeps for each thread, and that AddressSanitizer keeps of what was freed,
      // is no leak.
      MALLOC_ARENA_MAX: '1',
      ASAN_OPTIONS: 'detect_leaks=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64',
      ...env,
      WHAT: what,
      COUNT: `${count}`,
    },
  });
  return JSON.parse(stdout);
}

/**
 * Bytes by which half of a run makes memory grow. A leak grows all the time; a compiler or a collector
 * of V8's that takes some megabytes once does not, so what counts is the least growth from one
 * quarter to the next. The least of a quarter is what it cannot do without.
 */
function growth({ resident }: Loop): number {
  const length = resident.length / 4;
  const least = [0, 1, 2, 3].map((quarter) =>
    Math.min(...resident.slice(quarter * length, (quarter + 1) * length)),
  );
  const steps = least.slice(1).map((bytes, quarter) => bytes - (least[quarter] as number));
  return 2 * Math.min(...steps);
}

/** AddressSanitizer notes where memory came from, which grows with the work that is done. */
const notes = process.env['LD_PRELOAD']?.includes('libasan') ? 4 : 1;

/** What the stand-ins say at the end: nothing lives, and no rule was broken. */
function expectNothingLeft(report: string): void {
  const lines = readFileSync(report, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    const { standin: _name, calls: _calls, ...counts } = JSON.parse(line);
    expect(new Set(Object.values(counts)), line).toEqual(new Set([0]));
  }
}

function onStandins(): { env: NodeJS.ProcessEnv; report: string } {
  const plan = join(folder, 'classifier.plan');
  writeFileSync(plan, tinyClassifierPlan({ product: 'tensorrt' }));
  const report = join(mkdtempSync(join(folder, 'run-')), 'report.jsonl');
  const env = {
    ...standins.env,
    PLAN: plan,
    LIBRARY_DIR: standins.libraryDir,
    STANDIN_CUDA_REPORT: report,
    STANDIN_TENSORRT_REPORT: report,
  };
  return { env, report };
}

describe('leaves no memory behind', () => {
  it('in 10,000 inferences of mixed shapes, with CUDA graphs that come and go', async () => {
    const { env, report } = onStandins();
    const loop = await repeat('infers', 10_000, env);
    expectNothingLeft(report);
    expect(loop.graphs?.launched).toBeGreaterThan(5_000);
    expect(loop.graphs?.evicted).toBeGreaterThan(50);
    // In 5,000 turns: 400 bytes of each, less than what one makes of objects and tensors.
    expect(growth(loop), `${loop.resident}`).toBeLessThan(2e6 * notes);
  });

  it('in 200 engines that are loaded, used and closed', async () => {
    const { env, report } = onStandins();
    const loop = await repeat('loads', 200, env);
    expectNothingLeft(report);
    // In 100 turns: 20 kB of each, which is less than one engine with two contexts.
    expect(growth(loop), `${loop.resident}`).toBeLessThan(2e6 * notes);
  });

  it('in 200 builds that fail', async () => {
    const model = join(folder, 'refused.onnx');
    await buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [1, 4] }],
      outputs: [{ name: 'y', type: 'float32', dims: [1, 4] }],
      nodes: [{ opType: 'NoSuchOperator', name: 'wrong', inputs: ['x'], outputs: ['y'] }],
    }).save(model);
    const loop = await repeat('builds', 200, { MODEL: model });
    expect(loop.codes).toEqual(['ERR_TRT_PARSE']);
    expect(growth(loop), `${loop.resident}`).toBeLessThan(4e6 * notes);
  });
});
