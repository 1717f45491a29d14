import { writeFile } from 'node:fs/promises';
import { type Model, tensor } from 'tensorrt-node';
import type { RunComparison } from 'tensorrt-node/evaluate';
import { describe, expect, it } from 'vitest';
import { tensorrtNode } from './cli.js';
import { buildModel, temporaryFolder } from './helpers.js';

/** y = relu(x) * factor, by way of `h`. */
function scaled(factor: number, stated: (number | string)[] | 'unknown' = ['n', 2]): Model {
  const dims = stated === 'unknown' ? undefined : stated;
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims }],
    outputs: [{ name: 'y', type: 'float32', dims }],
    initializers: { factor: tensor('float32', [], [factor]) },
    nodes: [
      { opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['h'] },
      { opType: 'Mul', name: 'scale', inputs: ['h', 'factor'], outputs: ['y'] },
    ],
  });
}

async function saved(...models: Model[]): Promise<string[]> {
  const folder = await temporaryFolder();
  return Promise.all(
    models.map(async (model, index) => {
      const path = `${folder}/${index}.onnx`;
      await model.save(path);
      return path;
    }),
  );
}

describe('tensorrt-node compare', () => {
  it('ends with 0 within the tolerance, and says that the inputs are random', async () => {
    const [a, b] = (await saved(scaled(2), scaled(2.001))) as [string, string];
    const { code, stdout, stderr } = await tensorrtNode(['compare', a, b, '--relative', '0.01']);
    expect(code).toBe(0);
    expect(stderr).toBe('The inputs are random; --samples takes real ones.\n');
    expect(stdout).toContain('Every output is within the tolerance');
    expect(stdout).toMatch(/^a +\S+0\.onnx by onnxruntime \(cpu\)$/m);
    expect(stdout).toMatch(/within +y +\S+/);
  });

  it('ends with 1 beyond it, and tells where that begins', async () => {
    const [a, b] = (await saved(scaled(2), scaled(3))) as [string, string];
    const samples = `${await temporaryFolder()}/samples.jsonl`;
    await writeFile(samples, '{ "x": [[-1, 4]] }\n{ "x": [[1, 0.5]] }\n');
    const args = ['compare', a, b, '--samples', samples, '--intermediates'];
    const { code, stdout, stderr } = await tensorrtNode(args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('|a-b| up to 0.00001 + 0.001 |a|, over 2 samples');
    // (0, 8) and (2, 1) by (0, 12) and (3, 1.5)
    expect(stdout).toMatch(/beyond +y +4\.00 +1\.38 +0\.500 +2\.08 +1\.000000 +100\.0 % +8\.00/);
    expect(stdout).toContain('3 of 4 values beyond, first in sample 0 at [0, 1]: a has 8, b 12');
    expect(stdout).toContain('2 tensors compared, 1 beyond the tolerance');
    expect(stdout).toContain("first difference  'y', which Mul 'scale' makes");
  });

  it('gives everything as JSON', async () => {
    const [a] = (await saved(scaled(2, 'unknown'))) as [string];
    const { code, stdout } = await tensorrtNode(['compare', a, a, '--shapes', 'x:3x5', '--json']);
    expect(code).toBe(0);
    const { samples, outputs } = JSON.parse(stdout) as RunComparison;
    expect(samples).toBe(1);
    expect(outputs).toMatchObject([{ name: 'y', elements: 15, maxAbsolute: 0, within: true }]);
  });

  it('runs each by a runtime of its own, and says what that lacks', async () => {
    const [a] = (await saved(scaled(2))) as [string];
    const args = ['compare', a, a, '--runtime-b', 'onnxruntime:cuda'];
    const { code, stdout, stderr } = await tensorrtNode(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node');
  });

  it.each([
    [['--shapes', 'z:1x2'], 2, /Expected one of 'x' in --shapes but received 'z'/],
    [[], 1, /rank of input 'x' is not known.*\n +Give its shape, as in --shapes x:1x8/],
  ])('refuses %j', async (args, exit, message) => {
    const [a] = (await saved(scaled(2, 'unknown'))) as [string];
    const { code, stderr } = await tensorrtNode(['compare', a, a, ...args]);
    expect(code).toBe(exit);
    expect(stderr).toMatch(message);
  });
});
