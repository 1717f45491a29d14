import { writeFile } from 'node:fs/promises';
import { tensor } from 'tensorrt-node';
import type { EvaluationReport } from 'tensorrt-node/evaluate';
import { describe, expect, it } from 'vitest';
import { evaluateCommand } from '../../dist/cli/evaluate.js';
import { tensorrtNode, wrongUsage } from './cli.js';
import { wholes } from './evaluate-fixtures.js';
import { buildModel, linearModel, temporaryFolder } from './helpers.js';

/** Answers with its input, or with the classes in this order. */
function echo(order?: readonly number[]) {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', 2] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 2] }],
    initializers: order ? { order: wholes([...order]) } : {},
    nodes: [
      order
        ? { opType: 'Gather', inputs: ['x', 'order'], outputs: ['y'], attributes: { axis: 1 } }
        : { opType: 'Identity', inputs: ['x'], outputs: ['y'] },
    ],
  });
}

async function folderWith(lines: readonly object[]) {
  const folder = await temporaryFolder();
  const path = (name: string) => `${folder}/${name}`;
  await echo().save(path('right.onnx'));
  await echo([1, 0]).save(path('wrong.onnx'));
  await writeFile(path('test.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  return path;
}

const rows = [
  { x: [2, 1], label: 'bad' },
  { x: [0, 1], label: 'good' },
  { x: [0, 3], label: 'good' },
  { x: [5, 4], label: 'good' },
];

describe('tensorrt-node evaluate', () => {
  it('tells how right models are, and ends with 1 where one lost too much', async () => {
    const path = await folderWith(rows);
    const args = [
      ...['evaluate', path('right.onnx'), path('wrong.onnx'), '--task', 'classification'],
      ...['--samples', path('test.jsonl'), '--labels', 'label', '--label-names', 'bad,good'],
    ];
    const run = await tensorrtNode([...args, '--confusion']);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('classification, 4 answers each');
    expect(run.stdout).toMatch(/right\.onnx +0\.7500 ± 0\.2165 +0\.7333/);
    expect(run.stdout).toMatch(/wrong\.onnx +0\.2500 .*50\.00 .* 0\.0000 +3 \/ 1 .* no\n/);
    expect(run.stdout).toMatch(/right\.onnx: .*\n +bad +good\n +bad +1 +0\n +good +1 +2\n/);
    const json = await tensorrtNode([...args, '--max-drop', '50', '--json']);
    expect(json.code).toBe(0);
    const report: EvaluationReport = JSON.parse(json.stdout);
    expect(report).toMatchObject({ within: true, maxDrop: 50, items: 4 });
    expect(report.models[1]).toMatchObject({ drop: 50, metrics: { accuracy: 0.25 } });
    const markdown = await tensorrtNode([
      ...args,
      '--max-drop',
      '50',
      '--markdown',
      '--limit',
      '2',
    ]);
    expect(markdown.stdout).toMatch(
      /^\| model \| accuracy .*\n\| --- \|.*\n.*\| 1\.0000 ± 0\.0000/,
    );
    expect(markdown.code).toBe(1);
  });

  it('converts one model, with ranges that were measured', async () => {
    const folder = await temporaryFolder();
    const path = (name: string) => `${folder}/${name}`;
    await linearModel().save(path('model.onnx'));
    const samples = Array.from({ length: 6 }, (_, row) => ({
      x: Array.from({ length: 16 }, (_, at) => Math.sin(row * 16 + at)),
      label: row % 4,
    }));
    const lines = samples.map((line) => JSON.stringify(line)).join('\n');
    await writeFile(path('test.jsonl'), lines);
    const run = await tensorrtNode([
      ...['evaluate', path('model.onnx'), '--precision', 'fp32,fp16,int8', '--max-drop', '100'],
      ...['--calibration', path('test.jsonl'), '--task', 'classification', '--int8', 'float'],
      ...['--samples', path('test.jsonl'), '--labels', 'label', '--json'],
    ]);
    expect(run.stderr).toContain('int8: 1 of ');
    const { models }: EvaluationReport = JSON.parse(run.stdout);
    expect(models.map(({ name }) => name)).toEqual(['fp32', 'fp16', 'int8']);
    expect(models.every(({ agreement = 1 }) => agreement > 0.8)).toBe(true);
    expect(run.code).toBe(0);
  });

  it('scores texts with labels in the columns of a table', async () => {
    const folder = await temporaryFolder();
    // A token of its own is below or above the mean of the special ones around it.
    const model = buildModel({
      inputs: [{ name: 'input_ids', type: 'int64', dims: ['batch', 'length'] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['batch', 1] }],
      initializers: { threshold: tensor('float32', [1], [4.2]) },
      nodes: [
        { opType: 'Cast', inputs: ['input_ids'], outputs: ['ids'], attributes: { to: 1 } },
        { opType: 'ReduceMean', inputs: ['ids'], outputs: ['mean'], attributes: { axes: [1] } },
        { opType: 'Sub', inputs: ['mean', 'threshold'], outputs: ['y'] },
      ],
    });
    await model.save(`${folder}/model.onnx`);
    const table = 'review,sentiment\n"a film",fine\nbad,bad\nbad,fine\n';
    await writeFile(`${folder}/test.csv`, table);
    const run = await tensorrtNode([
      ...['evaluate', `${folder}/model.onnx`, '--task', 'classification', '--json'],
      ...['--samples', `${folder}/test.csv`, '--text-field', 'review'],
      ...['--tokenizer', 'test/fixtures/samples/tokenizer/tokenizer.json'],
      ...['--labels', 'sentiment', '--label-names', 'fine,bad'],
    ]);
    expect(run.stderr).toBe('');
    const { items, models }: EvaluationReport = JSON.parse(run.stdout);
    expect({ items, ...models[0]?.metrics }).toMatchObject({ items: 3, accuracy: 2 / 3 });
  });

  it('scores pairs by the order of their cosines', async () => {
    const path = await folderWith([
      { x: [1, 0], score: 1, pair: [0, 1] },
      { x: [1, 0.1], score: 3, pair: [0, 0] },
      { x: [0, 1], score: 0, pair: [1, 2] },
    ]);
    // Cosines: .995, 1 and .0995.
    const args = [
      ...['evaluate', path('right.onnx'), '--task', 'similarity', '--json'],
      ...['--samples', path('test.jsonl'), '--labels', 'score', '--pairs', 'pair'],
    ];
    const { models }: EvaluationReport = JSON.parse((await tensorrtNode(args)).stdout);
    expect(models[0]?.metrics['spearman']).toBeCloseTo(1, 12);
  });

  it('scores tokens', async () => {
    const folder = await temporaryFolder();
    const dims = ['batch', 'tokens', 3];
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims }],
      outputs: [{ name: 'y', type: 'float32', dims }],
      nodes: [{ opType: 'Identity', inputs: ['x'], outputs: ['y'] }],
    });
    await model.save(`${folder}/model.onnx`);
    const [outside, begin, inside] = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const lines = [
      { x: [outside, begin, inside], tags: [-100, 'B-X', 'I-X'] },
      { x: [begin, outside], tags: ['B-X', 'B-X'] },
    ];
    const file = `${folder}/test.jsonl`;
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const run = await tensorrtNode([
      ...['evaluate', `${folder}/model.onnx`, '--task', 'token-classification', '--json'],
      ...['--samples', file, '--labels', 'tags', '--label-names', 'O,B-X,I-X'],
    ]);
    const { metric, models }: EvaluationReport = JSON.parse(run.stdout);
    expect(metric).toBe('f1');
    expect(models[0]?.metrics).toMatchObject({ precision: 1, recall: 2 / 3, accuracy: 3 / 4 });
  });

  const task = ['--task', 'classification'];
  it.each([
    [['a.onnx'], '--task'],
    [['a.onnx', '--task', 'chess'], 'classification'],
    [['a.onnx', ...task, '--pooling', 'mean'], 'Expected --task similarity beside --pooling'],
    [['a.onnx', ...task, '--metric', 'f1'], 'Expected one of accuracy, macroF1, weightedF1'],
    [['a.onnx', ...task, '--max-drop', '-1'], 'from 0'],
    [['a.onnx', ...task, '--precision', 'fp31'], 'Expected some of fp32'],
    [['a.onnx', 'b.onnx', ...task, '--precision', 'fp16'], 'Expected one ONNX model'],
    [['a.plan', ...task, '--precision', 'fp16'], 'Expected one ONNX model'],
    [['a.onnx', ...task, '--precision', 'fp32,int8'], 'Expected either --calibration or --table'],
    [['a.onnx', ...task, '--calibration', 'a.npz'], 'Expected --precision int8'],
    [['a.onnx', ...task, '--runtime', 'tensorrt', '--threads', '2'], 'Expected no --threads'],
  ])('refuses %j', async (args, problem) => {
    expect(await wrongUsage(evaluateCommand(), args)).toContain(problem);
  });

  it('needs samples and their labels: nothing is made up', async () => {
    const path = await folderWith(rows);
    const args = [path('right.onnx'), ...task];
    expect(await wrongUsage(evaluateCommand(), args)).toContain('Expected --samples');
    const unlabelled = [...args, '--samples', path('test.jsonl')];
    expect(await wrongUsage(evaluateCommand(), unlabelled)).toContain('Expected --labels');
  });
});
