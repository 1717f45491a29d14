import { readdir } from 'node:fs/promises';
import { type CheckReport, Model, type ModelDifference, type Tensor, tensor } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { tensorrtNode } from './cli.js';
import { buildModel, linearModel, temporaryFolder } from './helpers.js';

/** A linear model in a new folder, and a name for what is made of it. */
async function files(model = linearModel()) {
  const folder = await temporaryFolder();
  const path = `${folder}/model.onnx`;
  await model.save(path);
  return { folder, path, output: `${folder}/out.onnx` };
}

/** Quantized with a zero point that TensorRT does not take. */
const asymmetric = (zeroPoint: Tensor = tensor('int8', [], [3])) =>
  buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 4] }],
    initializers: { s: tensor('float32', [], [0.1]), z: zeroPoint },
    nodes: [
      { opType: 'QuantizeLinear', name: 'quantize', inputs: ['x', 's', 'z'], outputs: ['q'] },
      { opType: 'DequantizeLinear', name: 'dequantize', inputs: ['q', 's', 'z'], outputs: ['y'] },
    ],
  });

describe('tensorrt-node check', () => {
  it('ends with 0 where nothing stands against a model', async () => {
    const { path } = await files();
    const { code, stdout } = await tensorrtNode(['check', path, '--no-parser']);
    expect(code).toBe(0);
    expect(stdout).toContain('nothing stands against it; 0 errors');
    expect(stdout).toContain('The parser was not asked');
  });

  it('ends with 1 where something does, and tells what, where and how to mend it', async () => {
    const { path } = await files(asymmetric());
    const { code, stdout } = await tensorrtNode(['check', path, '--no-parser']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ error zero-point-not-zero \(2 times\)/);
    expect(stdout).toContain('The zero point of QuantizeLinear is 3');
    expect(stdout).toMatch(/→ Quantize symmetrically/);
    expect(stdout).toMatch(/not ready; 2 errors/);
  });

  it('gives the report as JSON, for the product and the targets that were asked for', async () => {
    const { path } = await files(asymmetric());
    const { code, stdout } = await tensorrtNode([
      'check',
      path,
      '--no-parser',
      '--json',
      '--product',
      'tensorrt',
      '--target',
      'sm86',
      'sm89',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout) as CheckReport).toMatchObject({
      ok: false,
      product: 'tensorrt',
      targets: ['sm86', 'sm89'],
      findings: expect.arrayContaining([
        expect.objectContaining({
          code: 'zero-point-not-zero',
          node: { name: 'quantize', opType: 'QuantizeLinear', index: 0 },
        }),
      ]),
    });
  });

  it('mends what can be mended, and checks that', async () => {
    const { path, output } = await files(asymmetric(tensor('uint8', [], [128])));
    expect((await tensorrtNode(['check', path, '--no-parser'])).code).toBe(1);
    const options = ['--fix', output, '--only', 'zero-point-not-zero'];
    const { code, stdout } = await tensorrtNode(['check', path, '--no-parser', ...options]);
    expect(stdout).toMatch(/mended +zero-point-not-zero/);
    expect(code).toBe(0);
    // INT8, whose zero point TensorRT takes.
    const { graph } = await Model.load(output);
    const zeroPoint = graph.constant(graph.producer('q')?.input[2] ?? '');
    expect(zeroPoint?.dataType).toBe(3);
  });

  it.each([
    [['--profile', 'x=1x16,8x16,4x16']],
    [['--minShapes=x:1x16', '--optShapes=x:8x16', '--maxShapes=x:4x16']],
  ])('checks the profile of %j', async (options) => {
    const { path } = await files();
    const { stdout } = await tensorrtNode(['check', path, '--no-parser', '--json', ...options]);
    const { findings } = JSON.parse(stdout) as CheckReport;
    // 8 is more than 4.
    expect(findings.map(({ what }) => what).join(' ')).toMatch(/min <= opt <= max/);
  });
});

describe('tensorrt-node convert', () => {
  it('writes a model in half precision and tells what it did', async () => {
    const { path, output } = await files();
    const { code, stdout, stderr } = await tensorrtNode([
      ...['convert', path, '--to', 'fp16', '-o', output, '--keep', 'classifier'],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/3 nodes in FP16, 1 node in FP32/);
    expect(stdout).toMatch(/1 +Gemm +options\.keep names it/);
    expect(stderr).toContain(`Wrote ${output}`);
    const { graph, inputs } = await Model.load(output);
    expect(graph.initializer('w1')?.dataType).toBe(10);
    expect(graph.initializer('w2')?.dataType).toBe(1);
    expect(inputs[0]?.type).toBe('float32');
  });

  it('converts inputs and outputs where it is told to', async () => {
    const { path, output } = await files();
    const options = ['--to', 'bf16', '-o', output, '--io', 'convert', '--json'];
    const { code, stdout } = await tensorrtNode(['convert', path, ...options]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      output: { files: [output] },
      report: { type: 'bf16', summary: { float: 0, half: 4 } },
    });
    expect((await Model.load(output)).inputs[0]?.type).toBe('bfloat16');
  });

  it('writes nothing where a name of --keep matches no node', async () => {
    const { folder, path, output } = await files();
    const options = ['--to', 'fp16', '-o', output, '--keep', 'clasifier'];
    const { code, stderr } = await tensorrtNode(['convert', path, ...options]);
    expect(code).toBe(2);
    expect(stderr).toContain('clasifier');
    expect(await readdir(folder)).toEqual(['model.onnx']);
  });
});

describe('tensorrt-node simplify', () => {
  const wordy = () =>
    buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 2] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 2] }],
      initializers: { a: tensor('float32', [2], [1, 2]), b: tensor('float32', [2], [3, 4]) },
      nodes: [
        { opType: 'Add', name: 'sum', inputs: ['a', 'b'], outputs: ['c'] },
        { opType: 'Identity', name: 'same', inputs: ['c'], outputs: ['d'] },
        { opType: 'Mul', name: 'product', inputs: ['x', 'd'], outputs: ['y'] },
      ],
    });

  it('writes a smaller model, and tells what it did and that the outputs are equal', async () => {
    const { path, output } = await files(wordy());
    const { code, stdout } = await tensorrtNode(['simplify', path, '-o', output, '--verify']);
    expect(code).toBe(0);
    expect(stdout).toContain('3 nodes became 1.');
    expect(stdout).toMatch(/1 +foldConstants/);
    expect(stdout).toMatch(/equal +y +max \|a-b\| 0/);
    expect((await Model.load(output)).graph.nodes.map(({ name }) => name)).toEqual(['product']);
  });

  it('gives every change as JSON', async () => {
    const { path, output } = await files(wordy());
    const { stdout } = await tensorrtNode(['simplify', path, '-o', output, '--json']);
    const { changes } = JSON.parse(stdout) as { changes: { pass: string; subject: string }[] };
    expect(changes).toContainEqual(
      expect.objectContaining({ pass: 'foldConstants', subject: 'sum' }),
    );
  });
});

describe('tensorrt-node diff', () => {
  it('ends with 0 for models that are the same', async () => {
    const { path } = await files();
    const { code, stdout } = await tensorrtNode(['diff', path, path]);
    expect(code).toBe(0);
    expect(stdout).toBe('The models are the same: 4 nodes and 4 weights.\n');
  });

  it('ends with 1 and tells what differs', async () => {
    const before = await files();
    const after = await files(linearModel({ features: 8 }));
    const { code, stdout } = await tensorrtNode(['diff', before.path, after.path]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/x +float32 \[batch, 16\] → float32 \[batch, 8\]/);
    expect(stdout).toMatch(/float32 +\[16, 32\] → \[8, 32\] +w1/);
    const json = await tensorrtNode(['diff', before.path, after.path, '--json']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout) as ModelDifference).toMatchObject({
      same: false,
      inputs: [{ name: 'x', before: 'float32 [batch, 16]', after: 'float32 [batch, 8]' }],
      nodes: { unchanged: 4, added: [], removed: [], changed: [] },
    });
  });
});
