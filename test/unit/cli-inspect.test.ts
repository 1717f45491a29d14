import { readFile, truncate, writeFile } from 'node:fs/promises';
import { Model, type ModelSummary, readPlanInfo } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { tensorrtNode } from './cli.js';
import { makeExternal, savedExternally, weight, writeProto } from './external-models.js';
import { buildModel, linearModel, randomTensor, temporaryFolder } from './helpers.js';

async function saved(model = linearModel()): Promise<string> {
  const path = `${await temporaryFolder()}/model.onnx`;
  await model.save(path);
  return path;
}

/** Two layers with the same operators, and one that has more. */
const layered = () =>
  buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 4] }],
    initializers: { w: randomTensor([4, 4]) },
    nodes: [
      {
        opType: 'MatMul',
        name: '/encoder/layer.0/dense/MatMul',
        inputs: ['x', 'w'],
        outputs: ['a'],
      },
      { opType: 'Relu', name: '/encoder/layer.0/Relu', inputs: ['a'], outputs: ['b'] },
      {
        opType: 'MatMul',
        name: '/encoder/layer.1/dense/MatMul',
        inputs: ['b', 'w'],
        outputs: ['c'],
      },
      { opType: 'Relu', name: '/encoder/layer.1/Relu', inputs: ['c'], outputs: ['d'] },
      { opType: 'Tanh', name: '/encoder/layer.2/Tanh', inputs: ['d'], outputs: ['y'] },
    ],
  });

describe('tensorrt-node inspect', () => {
  it('tells what is in a model', async () => {
    const path = await saved();
    const { code, stdout, stderr } = await tensorrtNode(['inspect', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(path);
    expect(stdout).toMatch(/Opsets +ai\.onnx 17; IR version 8/);
    expect(stdout).toMatch(/Parameters +676 in 3\.\d kB/);
    expect(stdout).toMatch(/ x +float32 +\[batch, 16\]/);
    expect(stdout).toMatch(/ 1 +MatMul\n/);
    expect(stdout).toMatch(/2\.0 kB +float32 +\[16, 32\] +w1/);
  });

  it('gives the summary of the API as JSON', async () => {
    const path = await saved();
    const { stdout } = await tensorrtNode(['inspect', path, '--json']);
    expect(JSON.parse(stdout) as ModelSummary).toMatchObject({
      file: path,
      parameters: 676,
      symbols: [{ name: 'batch', axes: [{ input: 'x', axis: 0 }] }],
      quantization: { kind: 'none' },
    });
  });

  it('lists weights, as many as it is asked for', async () => {
    const path = await saved();
    const all = await tensorrtNode(['inspect', path, '--weights']);
    expect(all.stdout.match(/w1|b1|w2|b2/g)).toEqual(['w1', 'w2', 'b1', 'b2']);
    const two = await tensorrtNode(['inspect', path, '--weights', '2']);
    expect(two.stdout.match(/w1|b1|w2|b2/g)).toEqual(['w1', 'w2']);
  });

  it('lists nodes by their place, and layers that are alike once', async () => {
    const path = await saved(layered());
    const { stdout } = await tensorrtNode(['inspect', path, '--tree']);
    expect(stdout).toContain('layer.0 2 nodes, and so is layer.1');
    expect(stdout).toContain('MatMul → float32 [batch, 4]');
    expect(stdout).toMatch(/layer\.2 1 node\n.*Tanh/);
    expect(stdout.match(/MatMul/g)).toHaveLength(1);
    const all = await tensorrtNode(['inspect', path, '--tree', '--all']);
    expect(all.stdout.match(/MatMul/g)).toHaveLength(2);
  });

  it('tells of external files', async () => {
    const { path, dataPath } = await savedExternally();
    const { stdout } = await tensorrtNode(['inspect', path]);
    expect(stdout).toContain(`${dataPath}  16.4 kB in 2 tensors`);
  });

  it('writes the picture beside what it prints', async () => {
    const path = await saved();
    const page = path.replace('.onnx', '.html');
    const { code, stdout, stderr } = await tensorrtNode(['inspect', path, '--html', page]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(page);
    expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('needs less than 200 MB for a model of 10 GB', async () => {
    const path = await sparseModel(10 * 2 ** 30);
    expect(await peakMemory(path)).toBeLessThan(200e6);
  });

  it('needs less than 200 MB for a model of nearly 2 GB in one file', async () => {
    const external = await sparseModel(1.9e9);
    const path = external.replace('.onnx', '.inline.onnx');
    // Copied piece by piece, and as sparse as the original.
    await (await Model.load(external)).save(path, { externalData: 'never' });
    const { stdout } = await tensorrtNode(['inspect', path]);
    expect(stdout).toMatch(/1\.9 GB +float32 +\[14843750, 32\] +w1/);
    expect(await peakMemory(path)).toBeLessThan(200e6);
  });
});

describe('tensorrt-node inspect of a plan', () => {
  const plan = () => {
    const header = Buffer.alloc(64);
    header.write('vtrt', 'latin1');
    header.writeBigUInt64LE(64n, 16);
    header.set([1, 7, 1, 116], 24);
    header.writeUInt32LE(0b1000, 32);
    return header;
  };

  it('tells what its header says', async () => {
    const path = `${await temporaryFolder()}/engine.plan`;
    await writeFile(path, plan());
    const { code, stdout } = await tensorrtNode(['inspect', path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Built by +TensorRT for RTX 1\.7\.1\.116/);
    expect(stdout).toMatch(/Targets +sm89/);
    const json = await tensorrtNode(['inspect', path, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ file: path, ...(await readPlanInfo(plan())) });
  });

  it('refuses what only a model has, and tells of a plan that is cut', async () => {
    const path = `${await temporaryFolder()}/engine.plan`;
    await writeFile(path, plan());
    const tree = await tensorrtNode(['inspect', path, '--tree']);
    expect(tree).toMatchObject({ code: 2, stderr: expect.stringContaining('is a plan') });
    await writeFile(path, Buffer.concat([plan(), Buffer.alloc(10)]));
    const cut = await tensorrtNode(['inspect', path]);
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('is damaged') });
  });
});

/** A model whose one large weight lies in a file of zeros, which takes no room on the disk. */
async function sparseModel(bytes: number): Promise<string> {
  const folder = await temporaryFolder();
  const model = linearModel();
  const proto = weight(model, 'w1');
  proto.dims = [BigInt(bytes / 4 / 32), 32n];
  makeExternal(proto, { location: 'big.data', offset: '0', length: `${bytes}` });
  await writeFile(`${folder}/big.data`, '');
  await truncate(`${folder}/big.data`, bytes);
  await writeProto(`${folder}/big.onnx`, model);
  return `${folder}/big.onnx`;
}

/**
 * The most memory that inspect took, in bytes. Not `maxRSS`, which counts what its parent had when it
 * forked.
 */
async function peakMemory(path: string): Promise<number> {
  const report = `${await temporaryFolder()}/peak`;
  const hook = `${report}.mjs`;
  await writeFile(
    hook,
    `import { readFileSync, writeFileSync } from 'node:fs';
const highWater = () => /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
process.on('exit', () => writeFileSync(${JSON.stringify(report)}, highWater()));`,
  );
  const { code } = await tensorrtNode(['inspect', path, '--json'], {
    NODE_OPTIONS: `--import=${hook}`,
    // A sanitizer and the counting of lines take memory of their own.
    LD_PRELOAD: '',
    NODE_V8_COVERAGE: '',
  });
  expect(code).toBe(0);
  return Number(await readFile(report, 'utf8')) * 1024;
}
