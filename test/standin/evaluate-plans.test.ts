import { writeFile } from 'node:fs/promises';
import type { EvaluationReport } from 'tensorrt-node/evaluate';
import { afterAll, expect, it } from 'vitest';
import { tensorrtNode } from '../unit/cli.js';
import { buildModel, temporaryFolder } from '../unit/helpers.js';
import { prepareStandins } from './environment.js';
import { scalePlan } from './plan.js';

const standins = prepareStandins();
afterAll(() => standins.remove());

it('evaluates a plan beside a model that ONNX Runtime runs', async () => {
  const folder = await temporaryFolder();
  // 2 x + 1 answers as x does.
  await writeFile(`${folder}/scale.plan`, scalePlan({ product: 'tensorrt-rtx' }));
  const rows = [
    { x: [4, 1, 2, 3], label: 0 },
    { x: [1, 9, 2, 3], label: 1 },
    { x: [1, 2, 8, 3], label: 0 },
  ];
  const samples = `${folder}/test.jsonl`;
  await writeFile(samples, rows.map((row) => JSON.stringify(row)).join('\n'));
  const dims = ['batch', 4];
  const echo = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims }],
    outputs: [{ name: 'y', type: 'float32', dims }],
    nodes: [{ opType: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });
  await echo.save(`${folder}/echo.onnx`);
  const evaluate = async (...models: string[]) => {
    const run = await tensorrtNode(
      [
        ...['evaluate', ...models.map((name) => `${folder}/${name}`)],
        ...['--task', 'classification', '--samples', samples, '--labels', 'label', '--json'],
        ...['--library-dir', standins.libraryDir],
      ],
      standins.env,
    );
    expect(run).toMatchObject({ stderr: '', code: 0 });
    return JSON.parse(run.stdout) as EvaluationReport;
  };
  const accuracy = expect.closeTo(2 / 3, 12);
  const byTensorRT = { runtime: 'tensorrt', provider: 'tensorrt-rtx', metrics: { accuracy } };
  const byOnnxRuntime = { runtime: 'onnxruntime', provider: 'cpu', metrics: { accuracy } };
  // The plan itself tells what it is fed, where it comes first.
  expect((await evaluate('scale.plan', 'echo.onnx')).models).toMatchObject([
    byTensorRT,
    { ...byOnnxRuntime, agreement: 1 },
  ]);
  expect((await evaluate('echo.onnx', 'scale.plan')).models).toMatchObject([
    byOnnxRuntime,
    { ...byTensorRT, agreement: 1 },
  ]);
});
