import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type DataType, type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';

function copyModel(type: DataType): Model {
  return buildModel({
    inputs: [{ name: 'x', type, dims: ['n'] }],
    outputs: [{ name: 'y', type, dims: ['n'] }],
    nodes: [{ opType: 'Identity', name: 'copy', inputs: ['x'], outputs: ['y'] }],
  });
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test('it runs the model and says what it is', async () => {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 2] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 2] }],
    initializers: { w: tensor('float32', [2, 2], [1, 2, 3, 4]) },
    nodes: [{ opType: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  await using runtime = await openOnnxRuntime(model, { threads: 1 });
  expect(runtime).toMatchObject({ runtime: 'onnxruntime', provider: 'cpu' });
  expect(runtime.inputs).toEqual(model.inputs);
  expect(runtime.outputs).toEqual(model.outputs);
  const { y } = await runtime.infer({ x: tensor('float32', [2, 2], [1, 0, 1, 1]) });
  expect(y).toEqual(tensor('float32', [2, 2], [1, 2, 4, 6]));
});

test.each<Tensor>([
  tensor('float32', [2], [1.5, -2]),
  tensor('float64', [2], [1.5, -2]),
  tensor('float16', [3], Uint16Array.of(0x3c00, 0x8001, 0x7e00)),
  tensor('int8', [2], [-128, 127]),
  tensor('int16', [2], [-32768, 32767]),
  tensor('int32', [2], [-(2 ** 31), 1]),
  tensor('int64', [2], [-(2n ** 63n), 1]),
  tensor('uint8', [2], [0, 255]),
  tensor('uint16', [2], [0, 65535]),
  tensor('uint32', [2], [0, 2 ** 32 - 1]),
  tensor('uint64', [2], [0, 2n ** 64n - 1n]),
  tensor('bool', [2], [0, 1]),
])('$type passes unchanged', async (x) => {
  await using runtime = await openOnnxRuntime(copyModel(x.type));
  expect((await runtime.infer({ x }))['y']).toEqual(x);
});

test('feeds are checked', async () => {
  await using runtime = await openOnnxRuntime(linearModel());
  expect(await errorOf(runtime.infer({}))).toMatchObject({ code: 'ERR_FEED', tensor: 'x' });
});

test('close waits for what runs, refuses what comes, and may be called again', async () => {
  const runtime = await openOnnxRuntime(linearModel());
  const running = runtime.infer({ x: randomTensor([4, 16]) });
  const closed = runtime.close();
  expect(await errorOf(runtime.infer({ x: randomTensor([4, 16]) }))).toMatchObject({
    code: 'ERR_CLOSED',
  });
  expect((await running)['y']?.dims).toEqual([4, 4]);
  await closed;
  await runtime.close();
});

describe('models', () => {
  test('with external data run by way of a temporary file, which is removed', async () => {
    const folder = await temporaryFolder();
    const temporary = await temporaryFolder();
    const model = linearModel({ features: 64, hidden: 64 });
    await model.save(`${folder}/model.onnx`, { externalData: 'always' });
    const external = await Model.load(`${folder}/model.onnx`);
    vi.stubEnv('TMPDIR', temporary);

    await using runtime = await openOnnxRuntime(external);
    expect(await readdir(temporary)).toEqual([]);
    await using expected = await openOnnxRuntime(model);
    const feeds = { x: randomTensor([3, 64]) };
    expect(await runtime.infer(feeds)).toEqual(await expected.infer(feeds));
  });

  test('that ONNX Runtime refuses are ERR_RUNTIME', async () => {
    const model = copyModel('float32');
    for (const node of model.graph.proto.node) node.opType = 'NoSuchOperator';
    const error = await errorOf(openOnnxRuntime(model));
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    expect((error as Error).message).toContain('NoSuchOperator');
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  test('that fail while they run are ERR_RUNTIME', async () => {
    const model = buildModel({
      inputs: [{ name: 'index', type: 'int64', dims: [1] }],
      outputs: [{ name: 'y', type: 'float32', dims: [1] }],
      initializers: { table: tensor('float32', [2], [1, 2]) },
      nodes: [{ opType: 'Gather', name: 'pick', inputs: ['table', 'index'], outputs: ['y'] }],
    });
    await using runtime = await openOnnxRuntime(model);
    const error = await errorOf(runtime.infer({ index: tensor('int64', [1], [5]) }));
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    expect((error as Error).message).toContain('pick');
  });

  test('with bfloat16 inputs are refused, as onnxruntime-node has no such tensors', async () => {
    const error = await openOnnxRuntime(copyModel('bfloat16')).then(
      (runtime) => errorOf(runtime.infer({ x: tensor('bfloat16', [1], Uint16Array.of(0x3f80)) })),
      (refusal) => refusal,
    );
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
  });
});

test.each([{ thread: 1 }, { threads: 0 }, { threads: 1.5 }])(
  'wrong options are a TypeError: %o',
  async (options) => {
    expect(await errorOf(openOnnxRuntime(linearModel(), options as never))).toBeInstanceOf(
      TypeError,
    );
  },
);

test('without onnxruntime-node the error says how to install it', async () => {
  const folder = await temporaryFolder();
  const root = fileURLToPath(new URL('../..', import.meta.url));
  await mkdir(`${folder}/node_modules`);
  await cp(`${root}/dist`, `${folder}/dist`, { recursive: true });
  for (const name of ['@bufbuild', 'onnx-buf']) {
    await symlink(`${root}/node_modules/${name}`, `${folder}/node_modules/${name}`);
  }
  await writeFile(`${folder}/package.json`, '{ "type": "module" }');
  await writeFile(
    `${folder}/open.js`,
    `import { OrtSession } from './dist/runtime/ort-session.js';
     try { await OrtSession.open('model.onnx'); } catch (error) {
       console.log(JSON.stringify({ code: error.code, message: error.message }));
     }`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [`${folder}/open.js`]);
  const { code, message } = JSON.parse(stdout);
  expect(code).toBe('ERR_RUNTIME');
  expect(message).toContain('onnxruntime-node, which is not installed');
  expect(message).toContain('ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node');
  expect(message).toContain('CUDA');
});
