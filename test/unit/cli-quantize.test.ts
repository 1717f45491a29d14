import { readFile, writeFile } from 'node:fs/promises';
import { CalibrationTable, Model } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { calibrateCommand } from '../../dist/cli/calibrate.js';
import { quantizeCommand } from '../../dist/cli/quantize.js';
import { byteCount } from '../../dist/cli/range-options.js';
import { tensorrtNode, wrongUsage } from './cli.js';
import { linearModel, temporaryFolder } from './helpers.js';

// `linearModel` has a MatMul with a weight [16, 32], and a Gemm with [4, 32] that is too small.

/** Ten samples whose values go from -i to i, so that the largest of all is 10. */
const lines = Array.from({ length: 10 }, (_, index) => {
  const values = Array.from({ length: 16 }, (_, at) => ((index + 1) * (at - 7.5)) / 7.5);
  return JSON.stringify({ x: [values], label: index });
});

async function folderWithModel(model = linearModel()) {
  const folder = await temporaryFolder();
  const path = (name: string) => `${folder}/${name}`;
  await model.save(path('model.onnx'));
  await writeFile(path('samples.jsonl'), lines.join('\n'));
  return { path, model: path('model.onnx'), samples: path('samples.jsonl') };
}

describe('tensorrt-node calibrate', () => {
  it('writes a table that the library reads, and tells of it', async () => {
    const { path, model, samples } = await folderWithModel();
    const run = await tensorrtNode([
      ...['calibrate', model, '--samples', samples, '--method', 'absmax'],
      ...['-o', path('table.json'), '--html', path('ranges.html')],
    ]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('1 tensor over 10 samples, ranges by absmax.');
    expect(run.stderr).toContain('table.json');
    const table = await CalibrationTable.load(path('table.json'));
    expect(table.ranges.get('x')).toMatchObject({ amax: 10, count: 160, method: 'absmax' });
    expect(await readFile(path('ranges.html'), 'utf8')).toContain('"name":"x","absmax":10');
  });

  it('goes on from a state, and takes other ranges from it without samples', async () => {
    const { path, model, samples } = await folderWithModel();
    const state = path('counts.bin');
    const first = ['--samples', samples, '--limit', '4', '--save-state', state];
    await tensorrtNode(['calibrate', model, ...first, '-o', path('a.json')]);
    const both = await tensorrtNode([
      ...['calibrate', model, '--samples', samples, '--resume', state, '--save-state', state],
      ...['-o', path('b.json')],
    ]);
    expect(both.stdout).toContain('over 14 samples');
    const other = await tensorrtNode([
      ...['calibrate', model, '--resume', state, '--method', 'absmax', '-o', path('c.json')],
      '--json',
    ]);
    expect(JSON.parse(other.stdout)).toMatchObject({
      samples: 14,
      ranges: { x: { amax: 10, count: 224 } },
    });
  });

  it.each([
    [['--method', 'auto', '--resume', 'x'], 'Expected --samples beside --method auto'],
    [['--method', 'mse', '--percentile', '99'], 'Expected no --percentile beside --method mse'],
    [[], 'Expected --samples'],
    [['--samples', 'a.npz', '--text-field', 'text'], 'Expected options.tokenizer'],
    [['--samples', 'a.npz', '--percentile', '101'], 'at most 100'],
    [['--samples', 'a.npz', '--memory-limit', '2 potatoes'], 'such as 2GB'],
  ])('ends with 2 for wrong usage: %j', async (options, problem) => {
    const { path, model } = await folderWithModel();
    const args = [model, ...options, '-o', path('table.json')];
    expect(await wrongUsage(calibrateCommand(), args)).toContain(problem);
  });

  it('ends with 1 and what to do where the samples do not fit', async () => {
    const { path, model } = await folderWithModel();
    await writeFile(path('bad.jsonl'), '{"y": [1]}');
    const run = await tensorrtNode([
      ...['calibrate', model, '--samples', path('bad.jsonl'), '-o', path('table.json')],
    ]);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("for the input 'x'") });
  });
});

describe('tensorrt-node quantize', () => {
  it('takes samples, writes the model and says what stays in float', async () => {
    const { path, model, samples } = await folderWithModel();
    const run = await tensorrtNode([
      ...['quantize', model, '--samples', samples, '-o', path('int8.onnx')],
      ...['--html', path('report.html')],
    ]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('2 candidates: 1 in INT8, 1 stay in float.');
    expect(run.stdout).toMatch(/1 {2}classifier: its weight is \[4, 32\]/);
    const quantized = await Model.load(path('int8.onnx'));
    expect(quantized.graph.nodes.filter(({ opType }) => opType === 'QuantizeLinear')).toHaveLength(
      1,
    );
    expect(await readFile(path('report.html'), 'utf8')).toContain('"node":"hidden_matmul"');
  });

  it('takes a table, and gives every decision as JSON', async () => {
    const { path, model } = await folderWithModel();
    const range = { amax: 2, absmax: 2, count: 1, nonFinite: 0, method: 'absmax' } as const;
    const ranges = new Map([['x', range]]);
    const table = new CalibrationTable({ method: 'absmax', samples: 1, ranges });
    await table.save(path('table.json'));
    const run = await tensorrtNode([
      ...['quantize', model, '--table', path('table.json'), '--dry-run', '--json'],
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({
      file: model,
      output: null,
      report: [
        { node: 'hidden_matmul', action: 'int8', amax: { x: 2 } },
        { node: 'classifier', action: 'float' },
      ],
    });
    const kept = await tensorrtNode([
      ...['quantize', model, '--table', path('table.json'), '--dry-run', '--json'],
      ...['--keep-float', 'hidden_*'],
    ]);
    expect(kept.stdout).not.toContain('"int8"');
  });

  it('tries ranges out, also where all else becomes FP16', async () => {
    const { path, model, samples } = await folderWithModel();
    const run = await tensorrtNode([
      ...['quantize', model, '--samples', samples, '--method', 'auto', '--check-samples', '4'],
      ...['--precision', 'fp16', '-o', path('int8.onnx')],
    ]);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('1 in INT8') });
    const { graph } = await Model.load(path('int8.onnx'));
    expect(graph.nodes.map(({ opType }) => opType)).toContain('Cast');
  });

  it('quantizes weights alone without samples', async () => {
    const { path, model } = await folderWithModel();
    const run = await tensorrtNode([
      ...['quantize', model, '--scheme', 'weights-only', '-o', path('small.onnx')],
    ]);
    expect(run.code).toBe(0);
    const { graph } = await Model.load(path('small.onnx'));
    const operators = graph.nodes.map(({ opType }) => opType);
    expect(operators).toContain('DequantizeLinear');
    expect(operators).not.toContain('QuantizeLinear');
  });

  it.each([
    [['--samples', 'a.npz'], 'Expected --output or --dry-run'],
    [['--dry-run'], 'Expected --table or --samples'],
    [['--dry-run', '--table', 'a', '--samples', 'b'], 'not both'],
    [['--dry-run', '--table', 'a', '--save-state', 'b'], 'Expected --samples beside --save-state'],
    [['--dry-run', '--samples', 'a.npz', '--minShapes', 'x:1x16'], '--optShapes and --maxShapes'],
  ])('ends with 2 for wrong usage: %j', async (options, problem) => {
    const { model } = await folderWithModel();
    expect(await wrongUsage(quantizeCommand(), [model, ...options])).toContain(problem);
  });
});

describe('tensorrt-node sensitivity', () => {
  it('lists the groups, the most sensitive first, and draws them', async () => {
    const { path, model, samples } = await folderWithModel();
    const run = await tensorrtNode([
      ...['sensitivity', model, '--samples', samples, '--html', path('report.html')],
    ]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('1 group, each quantized alone, over 10 samples');
    expect(run.stdout).toMatch(/RMSE 0\.\d+ .* all together\n.*1 node +hidden_matmul/);
    expect(await readFile(path('report.html'), 'utf8')).toContain('id="sensitivity"');
  });

  it('never makes up samples', async () => {
    const { model } = await folderWithModel();
    const run = await tensorrtNode(['sensitivity', model]);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('Expected --samples') });
  });
});

describe('tensorrt-node auto-quantize', () => {
  it('judges by other samples, and tells what came out', async () => {
    const { path, model, samples } = await folderWithModel();
    const run = await tensorrtNode([
      ...['auto-quantize', model, '--samples', samples, '--validation', samples],
      ...['--max-drop', '1', '--min-speedup', '0', '-o', path('int8.onnx')],
    ]);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(
      /agreement with the float model \d\.\d+, in float 1\.0000, at least 0/,
    );
    expect(run.stdout).toContain('1 of 1 linear layer quantized');
    const { graph } = await Model.load(path('int8.onnx'));
    expect(graph.nodes.map(({ opType }) => opType)).toContain('QuantizeLinear');
  });
});

describe('bytes on the command line', () => {
  it('have decimal units', () => {
    expect(['2GB', '1.5 MB', '300', '7kB', '12B'].map(byteCount)).toEqual([
      2e9, 1.5e6, 300, 7000, 12,
    ]);
    for (const text of ['', 'GB', '-1', '1 XB', '1e3'])
      expect(() => byteCount(text)).toThrow('2GB');
  });
});
