import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import { Model } from '../../dist/onnx/model.js';
import { tensor } from '../../dist/tensor.js';
import { errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';

const text = (content: string) => new TextEncoder().encode(content);

const notOnnx: Readonly<Record<string, Uint8Array>> = {
  'an empty file': new Uint8Array(),
  zeros: new Uint8Array(1000),
  'random bytes': new Uint8Array(randomTensor([500]).data.buffer),
  'a PNG header': Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d),
  text: text('This is not a model.\n'),
  JSON: text('{ "model": "bert" }'),
  'a zip archive, as PyTorch writes': text('PK\u0003\u0004\u0014\u0000\u0000\u0000'),
  'HTML, as a failed download gives': text('<!DOCTYPE html><html></html>'),
};

describe('a file that is not ONNX', () => {
  test.each(Object.entries(notOnnx))('%s', async (_, bytes) => {
    const folder = await temporaryFolder();
    const path = `${folder}/model.onnx`;
    await writeFile(path, bytes);
    const error = await errorOf(Model.load(path));
    expect(error).toBeInstanceOf(TensorRTError);
    expect(error).toMatchObject({ code: 'ERR_ONNX_INVALID', file: path });
    expect(String(error)).toContain(`'${path}' is not an ONNX model`);
    expect(() => Model.fromBytes(bytes)).toThrow(TensorRTError);
  });

  test('a pointer of Git LFS gets the remedy it needs', () => {
    const pointer = text('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
    expect(() => Model.fromBytes(pointer)).toThrow(/git lfs pull/);
  });
});

describe('a truncated model', () => {
  test('is refused wherever it is cut', () => {
    const bytes = linearModel({ features: 4, hidden: 4, classes: 2 }).toBytes();
    const accepted: number[] = [];
    for (let length = 0; length < bytes.byteLength; length++) {
      try {
        Model.fromBytes(bytes.subarray(0, length));
        accepted.push(length);
      } catch (error) {
        expect(error, `cut at ${length}`).toMatchObject({ code: 'ERR_ONNX_INVALID' });
      }
    }
    expect(accepted).toEqual([]);
    expect(Model.fromBytes(bytes).graph.nodes).toHaveLength(4);
  });

  test('is said to be possibly truncated', () => {
    const bytes = linearModel().toBytes();
    expect(() => Model.fromBytes(bytes.subarray(0, 300))).toThrow(/may be truncated/);
  });
});

describe('an inconsistent model', () => {
  /** The error of a model that was sound before the edit. */
  async function errorAfter(edit: (model: Model) => void): Promise<unknown> {
    const model = linearModel();
    edit(model);
    return errorOf(() => Model.fromProto(model.proto));
  }

  test('without a graph, nodes, an IR version or an opset', async () => {
    const without = (field: 'graph' | 'irVersion') => (model: Model) =>
      delete (model.proto as Partial<Model['proto']>)[field];
    expect(String(await errorAfter(without('graph')))).toContain('has no graph');
    expect(String(await errorAfter(without('irVersion')))).toContain('has no IR version');
    expect(String(await errorAfter(({ proto }) => proto.opsetImport.splice(0)))).toContain(
      'imports no opset',
    );
    expect(String(await errorAfter(({ graph }) => graph.proto.node.splice(0)))).toContain(
      'has no nodes',
    );
  });

  test('with a tensor whose data does not fit its dims', async () => {
    const error = await errorAfter(({ graph }) => graph.initializer('w1')?.dims.reverse().push(2n));
    expect(error).toMatchObject({ code: 'ERR_ONNX_INVALID', tensor: 'w1' });
    expect(String(error)).toContain(
      "a tensor 'w1' of type FLOAT and dims [32, 16, 2] with 2048 bytes of data where 4096 are needed",
    );
    const negative = await errorAfter(({ graph }) => graph.initializer('w1')?.dims.fill(-1n));
    expect(String(negative)).toContain('with a negative dim');
    const empty = await errorAfter(({ graph }) => {
      const weight = graph.initializer('w1');
      if (weight) weight.rawData = new Uint8Array();
    });
    expect(String(empty)).toContain('with 0 values where 512 are needed');
  });

  test('with a Constant whose data does not fit, which has no name of its own', async () => {
    const error = await errorAfter(({ graph }) => {
      const value = tensor('float32', [2], [1, 2]);
      const node = graph.addNode({
        opType: 'Constant',
        name: 'const',
        inputs: [],
        outputs: ['c'],
        attributes: { value },
      });
      node.attribute[0]?.t?.dims.push(2n);
    });
    expect(error).toMatchObject({ node: { name: 'const', opType: 'Constant', index: 4 } });
    expect(String(error)).toContain("in attribute 'value' of node 'const' (Constant)");
  });

  test('with a tensor that two nodes write', async () => {
    const error = await errorAfter(({ graph }) => {
      graph.addNode({ opType: 'Neg', name: 'again', inputs: ['x'], outputs: ['h'] });
    });
    expect(error).toMatchObject({
      code: 'ERR_ONNX_INVALID',
      tensor: 'h',
      node: { name: 'again', opType: 'Neg', index: 4 },
    });
    expect(String(error)).toContain(
      "node 'again' (Neg) that writes the tensor 'h', which is produced twice",
    );
  });

  test('with a node that writes an initializer', async () => {
    const error = await errorAfter(({ graph }) => {
      graph.addNode({ opType: 'Neg', inputs: ['x'], outputs: ['w1'] });
    });
    expect(String(error)).toContain("node 4 (Neg) that writes the tensor 'w1'");
  });

  test('with an input or an output that nothing produces', async () => {
    const input = await errorAfter(({ graph }) => graph.removeInitializer('b1'));
    expect(input).toMatchObject({ tensor: 'b1', node: { name: 'hidden_bias', index: 1 } });
    expect(String(input)).toContain("reads the tensor 'b1', which nothing produces");
    const output = await errorAfter(({ graph }) =>
      graph.addOutput({ name: 'missing', type: 'float32', dims: [] }),
    );
    expect(String(output)).toContain("has an output 'missing' that nothing produces");
  });

  test('with the same faults in a sub-graph, which may read from the outer graph', async () => {
    const branchReading = (name: string) => (model: Model) => {
      const add = create(NodeProtoSchema, { opType: 'Add', input: ['h', name], output: ['sum'] });
      const g = create(GraphProtoSchema, { node: [add], output: [{ name: 'sum' }] });
      const node = model.graph.addNode({ opType: 'If', inputs: ['x'], outputs: ['z'] });
      node.attribute.push(create(AttributeProtoSchema, { name: 'then_branch', g }));
    };
    expect(String(await errorAfter(branchReading('nowhere')))).toContain("the tensor 'nowhere'");
    const sound = linearModel();
    branchReading('b1')(sound);
    expect(() => sound.validate()).not.toThrow();
  });

  test('optional inputs left out are no fault', () => {
    const model = linearModel();
    model.graph.addNode({ opType: 'Clip', inputs: ['y', '', ''], outputs: ['clipped', ''] });
    expect(() => model.validate()).not.toThrow();
  });

  test('an empty message is one too', () => {
    expect(() => Model.fromProto(create(ModelProtoSchema))).toThrow(/The model has no graph/);
  });
});

describe('paths', () => {
  test('a file that does not exist', async () => {
    const error = await errorOf(Model.load('/nowhere/model.onnx'));
    expect(error).toBeInstanceOf(TensorRTError);
    expect(error).toMatchObject({ code: 'ERR_FILE', file: '/nowhere/model.onnx' });
    expect(String(error)).toContain(
      "Cannot read '/nowhere/model.onnx': no such file or directory (ENOENT).",
    );
    expect((error as TensorRTError).cause).toMatchObject({ code: 'ENOENT' });
  });

  test('a folder instead of a file', async () => {
    const folder = await temporaryFolder();
    const error = await errorOf(Model.load(folder));
    expect(error).toMatchObject({ code: 'ERR_FILE', file: folder });
    expect(String(error)).toContain('EISDIR');
  });

  test('a file without permission to read', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may read every file');
    const folder = await temporaryFolder();
    const path = `${folder}/m.onnx`;
    await writeFile(path, linearModel().toBytes(), { mode: 0 });
    expect(await errorOf(Model.load(path))).toMatchObject({ code: 'ERR_FILE' });
  });

  test('a symbolic link that leads nowhere', async () => {
    const folder = await temporaryFolder();
    await symlink(`${folder}/gone.onnx`, `${folder}/link.onnx`);
    const error = await errorOf(Model.load(`${folder}/link.onnx`));
    expect(error).toMatchObject({ code: 'ERR_FILE', file: `${folder}/link.onnx` });
  });

  test.each(['auto', 'always'] as const)(
    'saving where that is impossible (%s)',
    async (externalData) => {
      const folder = await temporaryFolder();
      const model = linearModel({ hidden: 512 });
      await writeFile(`${folder}/file`, 'kept');
      await mkdir(`${folder}/taken.onnx`);

      const missing = `${folder}/missing/m.onnx`;
      const missingError = await errorOf(model.save(missing, { externalData }));
      expect(missingError).toMatchObject({ code: 'ERR_FILE' });
      expect(String(missingError)).toContain(`Cannot write '${missing}`);
      expect(String(missingError)).toContain('ENOENT');

      const inFile = await errorOf(model.save(`${folder}/file/m.onnx`, { externalData }));
      expect(inFile).toMatchObject({ code: 'ERR_FILE' });
      expect(String(inFile)).toContain('ENOTDIR');

      const taken = await errorOf(model.save(`${folder}/taken.onnx`, { externalData }));
      expect(taken).toMatchObject({ code: 'ERR_FILE', file: `${folder}/taken.onnx` });
      expect(await readdir(folder)).toEqual(['file', 'taken.onnx']);
    },
  );
});
