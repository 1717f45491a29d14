import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommanderError } from 'commander';
import { parse } from 'csv-parse/sync';
import { type BenchReport, compareReports } from 'tensorrt-node/bench';
import { describe, expect, it } from 'vitest';
import { benchCommand } from '../../dist/cli/bench.js';
import { describeComparison } from '../../dist/cli/describe-comparison.js';
import { cellOf, latencies, reportOf } from './bench-fixtures.js';
import { tensorrtNode } from './cli.js';
import { errorOf, linearModel, temporaryFolder } from './helpers.js';

/** As a machine without a GPU, whatever this one has. */
const noGpu = { TENSORRT_NODE_LIBCUDA: '/nowhere/libcuda.so.1' };
const bench = (args: string[]) => tensorrtNode(['bench', ...args], noGpu);

/** The command in this process, for what ends before it measures. */
function parsed(args: string[]): Promise<unknown> {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parseAsync(args, { from: 'user' });
}

/** So short that figures mean nothing: what counts is that they are there. */
const short = ['--duration', '0.05', '--warm-up', '5', '--iterations', '25'];
const onCpu = ['runtime=onnxruntime', ...short];

async function savedModel(model = linearModel()) {
  const folder = await temporaryFolder();
  const path = `${folder}/model.onnx`;
  await model.save(path);
  return { folder, path };
}

/** As a report of this model in batches of 1, with latencies around 10 ms times a factor. */
const earlier = (factor: number) => ({
  ...cellOf(latencies(1, { scale: factor }), { batch: 1, precision: undefined }),
  shapes: { x: [1, 16] },
});

describe('tensorrt-node bench', () => {
  it('prints everything of one cell, as trtexec does, and ends with 1 where it got slower', async () => {
    const { folder, path } = await savedModel();
    const file = `${folder}/before.json`;
    await writeFile(file, JSON.stringify(reportOf([earlier(1e-6)])));
    const { code, stdout } = await bench([path, '--matrix', ...onCpu, '--compare', file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^model\.onnx {2}3\.\d kB\n/);
    expect(stdout).toMatch(/Versions +tensorrt-node .*, node .*, onnxruntime /);
    expect(stdout).toMatch(/\n1 onnxruntime:cpu\n {2}Ran on +cpu\n/);
    expect(stdout).toMatch(/Throughput +[\d,.]+ inferences\/s, [\d,.]+ samples\/s/);
    expect(stdout).toMatch(/Peak memory +[\d.]+ MB of the host/);
    expect(stdout).toMatch(/ +min +mean +median +p90 +p95 +p99 +p99\.9 +max\n/);
    expect(stdout).toMatch(/\n {2}Latency( +\d+\.\d+){8}\n/);
    expect(stdout).toMatch(/\n {2}Compute( +\d+\.\d+){8}\n/);
    expect(stdout).toMatch(
      /Against .*before\.json, changes of more than 5\.0 %\n {2}slower {2}1 onnx/,
    );
    expect(stdout).toContain('these figures do not compare alike');
    expect(stdout).toMatch(/method +durationMs +3000 → 50\n/);
  });

  it('measures every combination, tells what could not be, and writes every format', async () => {
    const { folder, path } = await savedModel();
    const file = (name: string) => `${folder}/bench.${name}`;
    const { code, stdout, stderr } = await bench([
      ...[path, '--matrix', 'batch=1,2 runtime=tensorrt,onnxruntime', ...short],
      ...['--json', file('json'), '--csv', file('csv'), '--markdown', file('md')],
      ...['--html', file('html'), '--price-per-hour', '3.6'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(`Wrote ${file('html')}`);
    const report = JSON.parse(await readFile(file('json'), 'utf8')) as BenchReport;
    const names = ['1 tensorrt', '1 onnxruntime:cpu', '2 tensorrt', '2 onnxruntime:cpu'];
    expect(report.cells.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const { parameters, result, problem } of report.cells) {
      expect(parameters.runtime === 'tensorrt' ? problem : result?.provider).toMatch(
        parameters.runtime === 'tensorrt' ? /ERR_NO_GPU|no usable NVIDIA driver/ : /^cpu$/,
      );
    }
    const two = report.cells.find(({ name }) => name === '2 onnxruntime:cpu');
    expect(two?.shapes).toEqual({ x: [2, 16] });
    expect(two?.result?.inferences).toBeGreaterThanOrEqual(25);
    // A million samples at r a second take 1e6 / r seconds, of which 3,600 cost 3.6.
    const rate = two?.result?.samplesPerSecond as number;
    expect(two?.result?.cost?.price).toBeCloseTo(1000 / rate, 6);
    const rows = parse(await readFile(file('csv'), 'utf8'), { columns: true }) as object[];
    expect(rows).toHaveLength(4);
    expect(await readFile(file('md'), 'utf8')).toContain('## 2 onnxruntime:cpu');
    expect(await readFile(file('html'), 'utf8')).toMatch(/^<!doctype html>/);
    expect(stdout).toMatch(/\n {2}runtime +batch +inf\/s/);
    expect(stdout).toMatch(/\n {2}onnxruntime:cpu +2 /);
    expect(stdout).toMatch(/Not measured\n {2}1 tensorrt, 2 tensorrt\n/);
  });

  it('ends with 1 and a way on where nothing can be measured', async () => {
    const { path } = await savedModel();
    const { code, stdout } = await bench([`--onnx=${path}`, '--shapes=x:2x16', ...short]);
    expect(code).toBe(1);
    expect(stdout).toContain('There is no usable NVIDIA driver');
    expect(stdout).toMatch(/Nothing could be measured\.\n.*tensorrt-node doctor/);
  });

  it('measures with samples, in INT8 with their ranges, as they arrive', async () => {
    const { folder, path } = await savedModel(linearModel({ batch: 2 }));
    const row = (value: number) =>
      JSON.stringify({ x: [Array(16).fill(value), Array(16).fill(-1)] });
    await writeFile(`${folder}/data.jsonl`, [row(1), row(0.5)].join('\n'));
    const { code, stdout } = await bench([
      ...[path, '--matrix', 'precision=int8', ...onCpu],
      ...['--samples', `${folder}/data.jsonl`, '--rate=400', '--arrivals=even', '--json=-'],
    ]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as BenchReport;
    expect(report.method.inputs).toBe('samples');
    expect(report.cells[0]?.shapes).toEqual({ x: [2, 16] });
    expect(report.cells[0]?.parameters).toMatchObject({ precision: 'int8', rate: 400 });
    // 400 a second for a twentieth of one, or at least as many as are asked for.
    expect(report.cells[0]?.result?.inferences).toBeLessThanOrEqual(26);
    const codes = report.cells[0]?.result?.warnings.map(({ code }) => code);
    expect(codes).not.toContain('random-ranges');
  });
});

describe('--compare', () => {
  it('compares and tells again what was measured before, without measuring', async () => {
    const folder = await temporaryFolder();
    const [before, after] = [`${folder}/before.json`, `${folder}/after.json`];
    await writeFile(before, JSON.stringify(reportOf([earlier(1)])));
    await writeFile(after, JSON.stringify(reportOf([earlier(1.2)])));
    const html = `${folder}/page.html`;
    const slower = await bench([after, '--compare', before, '--markdown=-', '--html', html]);
    expect(slower.code).toBe(1);
    expect(slower.stdout).toMatch(/^# bert\.onnx\n/);
    expect(slower.stderr).toMatch(/slower {2}1 fp32 onnxruntime {2}median .* \+20\.0 % \(\+\d/);
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/);
    expect(await errorOf(parsed([after, '--matrix', 'batch=1']))).toMatchObject({
      message: expect.stringContaining('Expected no --matrix, since'),
    });
  });

  it('tells each verdict, with the interval or why there is none', () => {
    const [before, after] = [reportOf([earlier(1), cellOf([1])]), reportOf([earlier(0.8)])];
    const lines = describeComparison('old.json', compareReports(before, after)).join('\n');
    expect(lines).toMatch(
      /faster {2}1 fp32 onnxruntime {2}median [\d.]+ → [\d.]+ ms -20\.0 % \(-\d/,
    );
    expect(lines).toMatch(/p99 .* ms -20\.0 % \(too few samples\)/);
    expect(lines).toMatch(/Only in that report\n {2}8 fp32 onnxruntime/);
    const none = describeComparison('old.json', compareReports(before, reportOf([])));
    expect(none.join('\n')).toContain('No cell is in both reports.');
  });

  it('refuses what is no report, before it measures', async () => {
    const { folder, path } = await savedModel();
    await writeFile(`${folder}/old.json`, JSON.stringify({ ...reportOf([]), version: 9 }));
    const error = await errorOf(parsed([path, '--compare', `${folder}/old.json`]));
    expect(error).toMatchObject({ code: 'ERR_REPORT', file: `${folder}/old.json` });
  });
});

it('tells how far it is, and prints what was measured so far when it is interrupted', async () => {
  const { folder, path } = await savedModel();
  // The line of progress is for terminals.
  await writeFile(`${folder}/terminal.mjs`, 'process.stderr.isTTY = true;');
  const args = ['bench', path, '--matrix', 'batch=1,2,3,4,5,6', ...onCpu, '--json', '-'];
  const env = { ...process.env, TERM: 'xterm', NODE_OPTIONS: `--import=${folder}/terminal.mjs` };
  let stderr = '';
  const stdout = await new Promise<string>((resolveRun) => {
    const child = execFile(
      process.execPath,
      [resolve('dist/cli/main.js'), ...args],
      { env },
      (_error, text) => resolveRun(text),
    );
    child.stderr?.on('data', (text: string) => {
      stderr += text;
      if (/\r\S*3 of 6: /.test(text)) child.kill('SIGINT');
    });
  });
  expect(stderr).toMatch(/3 of 6: 3 onnxruntime:cpu: [a-z ]+, \d+\.\d s, \d+\.\d s left/);
  const { cells } = JSON.parse(stdout) as BenchReport;
  expect(stderr).toContain(`Stopped after ${cells.length} of 6 cells.`);
  // On a busy machine the third cell may be done before the signal comes.
  expect(cells.length).toBeGreaterThanOrEqual(2);
  expect(cells.length).toBeLessThan(6);
  expect(cells[1]?.name).toBe('2 onnxruntime:cpu');
});

describe('wrong usage', () => {
  it.each([
    [[], /Expected a model, or --onnx=<file>, or --loadEngine=<file>/],
    [['m.onnx', '--matrix', 'batch=0x'], /Expected a whole number/],
    [['m.onnx', '--matrix', 'btch=1'], /There is no btch; did you mean batch\?/],
    [['m.onnx', '--matrix', 'batch=1 batch=2'], /batch is there twice/],
    [['m.onnx', '--matrix', 'precision=int9'], /'int9' is none of fp32, fp16/],
    [['--matrix', 'batch=1', 'm.onnx'], /the model comes before --matrix/],
    [['m.onnx', '--rate', '5', '--matrix', 'rate=5'], /one of --rate and --matrix rate=/],
    [['m.onnx', '--fp16', '--matrix', 'precision=fp32'], /one of --fp16 and --matrix precision=/],
    [['m.onnx', '--int8', '--bf16'], /--int8 --bf16 is not taken together/],
    [['m.onnx', '--threshold', '2'], /Expected a number from 0 to below 1/],
    [['m.onnx', '--json', 'm.onnx'], /Expected another file than 'm\.onnx'/],
    [['m.onnx', '--json', '-', '--csv', '-'], /Expected another file than '-'/],
    [['m.onnx', '--iteration', '5'], /Did you mean --iterations\?/],
    [['m.onnx', '--onnx=n.onnx'], /Expected one model or plan, not 'm\.onnx' and 'n\.onnx'/],
    [
      ['m.onnx', '--minShapes=x:1', '--maxShapes=x:4'],
      /Expected a shape of 'x' in --optShapes too/,
    ],
  ])('is refused: %j', async (args, message) => {
    const error = await errorOf(parsed(args));
    expect(error).toSatisfy(
      (thrown) => thrown instanceof TypeError || thrown instanceof CommanderError,
    );
    expect(`${error}`).toMatch(message);
  });

  it('ends the process with 2', async () => {
    const { code, stdout, stderr } = await bench(['m.onnx', '--usCudaGraph']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe("Unknown option '--usCudaGraph'\n(Did you mean --useCudaGraph?)\n");
  });
});
