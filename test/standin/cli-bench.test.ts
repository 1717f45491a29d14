import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BenchReport } from 'tensorrt-node/bench';
import { afterAll, expect, it } from 'vitest';
import { prepareStandins } from './environment.js';
import { scalePlan } from './plan.js';

// `tensorrt-node bench` as on a machine with a GPU, on stand-ins for the driver and TensorRT.

const standins = prepareStandins();
const folder = mkdtempSync(join(tmpdir(), 'cli-bench-'));
afterAll(() => {
  standins.remove();
  rmSync(folder, { recursive: true });
});

function bench(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, ...standins.env, TENSORRT_LIB_DIR: standins.libraryDir };
  return new Promise((resolveRun) => {
    const child = execFile(
      process.execPath,
      [resolve('dist/cli/main.js'), 'bench', ...args],
      { env },
      (_error, stdout, stderr) => resolveRun({ code: child.exitCode, stdout, stderr }),
    );
  });
}

const short = ['--duration=0.05', '--warmUp=5', '--iterations=20'];

it('measures a plan with all parts of its time, by a command line for trtexec', async () => {
  const plan = join(folder, 'scale.plan');
  await writeFile(plan, scalePlan({ product: 'tensorrt' }));
  const json = join(folder, 'bench.json');
  const layers = join(folder, 'layers.json');
  const { code, stdout, stderr } = await bench([
    ...['trtexec', `--loadEngine=${plan}`, '--shapes=x:2x4', ...short, '--useSpinWait'],
    ...[
      '--streams=2',
      '--noDataTransfers',
      '--dumpProfile',
      `--exportProfile=${layers}`,
      `--exportTimes=${json}`,
      '--avgRuns=10',
      '--fp16',
    ],
  ]);
  expect(code).toBe(0);
  expect(stderr.split('\n').slice(0, 2)).toEqual([
    '--avgRuns has no meaning here: figures are of all runs.',
    'A plan is built already: --fp16 has no meaning for it.',
  ]);
  expect(stdout).toMatch(/\n {2}Ran on +tensorrt\n/);
  for (const part of ['Latency', 'Queue', 'Enqueue', 'H2D', 'Compute', 'D2H']) {
    expect(stdout).toMatch(new RegExp(`\\n  ${part}( +\\d+\\.\\d+){8}\\n`));
  }
  const report = JSON.parse(await readFile(json, 'utf8')) as BenchReport;
  expect(report.method).toMatchObject({ contexts: 2, concurrency: 2, transfers: false });
  expect(report.cells[0]?.shapes).toEqual({ x: [2, 4] });
  expect(report.cells[0]?.result?.copyIn?.max).toBe(0);
  expect(stdout).toMatch(
    /Layers of .*, one after another: \d+\.\d+ ms\n {2}\d+\.\d+ +\d+\.\d % {2}/,
  );
  const times = JSON.parse(await readFile(layers, 'utf8')) as { name: string; share: number }[];
  expect(times.length).toBeGreaterThan(0);
  expect(times.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
});
