import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from 'onnx-buf';
import { onTestFinished } from 'vitest';
import { float } from '../../dist/onnx/attributes.js';
import { Graph, type NodeSpec } from '../../dist/onnx/graph/graph.js';
import { Model, type ValueInfo } from '../../dist/onnx/model.js';
import { toValueInfoProto } from '../../dist/onnx/value-info.js';
import { type Tensor, tensor } from '../../dist/tensor.js';

export interface ModelSpec {
  nodes: readonly NodeSpec[];
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  initializers?: Readonly<Record<string, Tensor>>;
  /** Default 17. */
  opset?: number;
  /** Default 8. */
  irVersion?: number;
}

/** Builds a model from its parts. */
export function buildModel(spec: ModelSpec): Model {
  const { nodes, inputs, outputs, initializers = {}, opset = 17, irVersion = 8 } = spec;
  const graph = new Graph(
    create(GraphProtoSchema, {
      name: 'test',
      input: inputs.map(toValueInfoProto),
      output: outputs.map(toValueInfoProto),
    }),
  );
  for (const [name, value] of Object.entries(initializers)) graph.addInitializer(name, value);
  for (const node of nodes) graph.addNode(node);
  return Model.fromProto(
    create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      producerName: 'tensorrt-node tests',
      graph: graph.proto,
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) })],
    }),
  );
}

/**
 * A classifier of two linear layers on `x` [batch, features]: MatMul `hidden_matmul` with `w1`
 * [features, hidden], Add `hidden_bias` with `b1`, Relu `hidden_relu`, then Gemm `classifier` with
 * `w2` [classes, hidden] (transB) and `b2`, giving `y` [batch, classes].
 */
export function linearModel(
  size: { batch?: number | string; features?: number; hidden?: number; classes?: number } = {},
) {
  const { batch = 'batch', features = 16, hidden = 32, classes = 4 } = size;
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [batch, features] }],
    outputs: [{ name: 'y', type: 'float32', dims: [batch, classes] }],
    initializers: {
      w1: randomTensor([features, hidden], { seed: 1, scale: 1 / Math.sqrt(features) }),
      b1: randomTensor([hidden], { seed: 2, scale: 0.1 }),
      w2: randomTensor([classes, hidden], { seed: 3, scale: 1 / Math.sqrt(hidden) }),
      b2: randomTensor([classes], { seed: 4, scale: 0.1 }),
    },
    nodes: [
      { opType: 'MatMul', name: 'hidden_matmul', inputs: ['x', 'w1'], outputs: ['h'] },
      { opType: 'Add', name: 'hidden_bias', inputs: ['h', 'b1'], outputs: ['h_biased'] },
      { opType: 'Relu', name: 'hidden_relu', inputs: ['h_biased'], outputs: ['h_relu'] },
      {
        opType: 'Gemm',
        name: 'classifier',
        inputs: ['h_relu', 'w2', 'b2'],
        outputs: ['y'],
        attributes: { alpha: float(1), transB: 1 },
      },
    ],
  });
}

/** Numbers that are the same in every run, spread evenly over -scale .. scale. */
export function randomTensor(
  dims: readonly number[],
  { seed = 1, scale = 1 }: { seed?: number; scale?: number } = {},
): Tensor<'float32'> {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  for (let index = 0; index < data.length; index++) {
    // Numerical Recipes' linear congruential generator; its upper bits are good enough here.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[index] = ((state / 2 ** 32) * 2 - 1) * scale;
  }
  return tensor('float32', dims, data);
}

/** A new folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/tensorrt-node-`);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a real model beside the repository, or undefined where it is not at hand. */
export function sharedModel(name: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../shared/models/${name}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

/** What a promise rejects with, or a function throws; fails the test when it does not. */
export async function errorOf(action: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (error) {
    return error;
  }
  throw new Error('Expected an error, but there was none');
}
