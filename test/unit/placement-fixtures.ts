import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import type { Model } from '../../dist/onnx/model.js';
import type { PlacementOptions } from '../../dist/quantize/placement/options.js';
import type { NodePlan, PlacementPlan } from '../../dist/quantize/placement/plan.js';
import { planPlacement } from '../../dist/quantize/placement/plan-placement.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, randomTensor } from './helpers.js';

export type Dims = readonly (number | string)[];

/** Adds nodes one after the other; what each writes has its name. */
export class Nodes {
  readonly list: NodeSpec[] = [];
  readonly initializers: Record<string, Tensor> = {};

  add(name: string, opType: string, inputs: string[], attributes: NodeSpec['attributes'] = {}) {
    this.list.push({ name, opType, inputs, outputs: [name], attributes });
    return name;
  }

  weight(name: string, dims: readonly number[]): string {
    this.initializers[name] = randomTensor([...dims]);
    return name;
  }

  constant(name: string, value: Tensor): string {
    this.initializers[name] = value;
    return name;
  }

  linear(name: string, input: string, inputs = 32, outputs = inputs): string {
    return this.add(name, 'MatMul', [input, this.weight(`${name}.weight`, [inputs, outputs])]);
  }

  convolution(name: string, input: string, dims: readonly number[], group = 1): string {
    return this.add(name, 'Conv', [input, this.weight(`${name}.weight`, dims)], {
      group,
      kernel_shape: dims.slice(2),
    });
  }

  /** A model that reads x and writes the last node. */
  model(x: Dims, more: Record<string, Dims> = {}, outputs: readonly string[] = []): Model {
    const inputs = Object.entries({ x, ...more }).map(([name, dims]) => ({
      name,
      type: 'float32' as const,
      dims: [...dims],
    }));
    const names = outputs.length > 0 ? outputs : [this.list.at(-1)?.name ?? ''];
    return buildModel({
      inputs,
      outputs: names.map((name) => ({ name, type: 'float32', dims: undefined })),
      initializers: this.initializers,
      nodes: this.list,
    });
  }
}

export interface AttentionForm {
  readonly headSize?: number;
  readonly x?: Dims;
  /** Whether NaN behind Softmax becomes 0, as PyTorch 2 exports it. */
  readonly guard?: boolean;
  /** Whether the scores are the sum of two products. */
  readonly disentangled?: boolean;
  readonly mask?: boolean;
  readonly probabilitiesAsOutput?: boolean;
  /** Where the result goes: a layer, or nowhere. */
  readonly projection?: boolean;
}

/** Self-attention of two heads over x [batch, tokens, 2 * headSize]. */
export function attentionModel(form: AttentionForm = {}): Model {
  const { headSize = 32, x = ['batch', 'tokens', 2 * headSize], projection = true } = form;
  const width = 2 * headSize;
  const nodes = new Nodes();
  nodes.constant('split', tensor('int64', [4], [0n, 0n, 2n, BigInt(headSize)]));
  nodes.constant('joined', tensor('int64', [3], [0n, 0n, BigInt(width)]));
  nodes.constant('scale', tensor('float32', [], [0.2]));
  const heads = (name: string, perm: number[]) => {
    const linear = nodes.linear(name, 'x', width);
    nodes.add(`${name}.split`, 'Reshape', [linear, 'split']);
    return nodes.add(`${name}.heads`, 'Transpose', [`${name}.split`], { perm });
  };
  const queries = heads('query', [0, 2, 1, 3]);
  const keys = heads('key', [0, 2, 3, 1]);
  const values = heads('value', [0, 2, 1, 3]);
  let scores = nodes.add('scores', 'MatMul', [queries, keys]);
  if (form.disentangled) {
    const relative = nodes.add('relative', 'MatMul', [heads('position', [0, 2, 1, 3]), keys]);
    scores = nodes.add('disentangled', 'Add', [scores, relative]);
  }
  scores = nodes.add('scaled', 'Mul', [scores, 'scale']);
  if (form.mask) scores = nodes.add('masked', 'Add', [scores, 'mask']);
  let probabilities = nodes.add('softmax', 'Softmax', [scores], { axis: -1 });
  if (form.guard) {
    nodes.constant('zero', tensor('float32', [], [0]));
    nodes.add('isnan', 'IsNaN', [probabilities]);
    probabilities = nodes.add('guarded', 'Where', ['isnan', 'zero', probabilities]);
  }
  nodes.add('context', 'MatMul', [probabilities, values]);
  nodes.add('moved', 'Transpose', ['context'], { perm: [0, 2, 1, 3] });
  const joined = nodes.add('merged', 'Reshape', ['moved', 'joined']);
  if (projection) nodes.linear('projection', joined, width);
  const outputs = [nodes.list.at(-1)?.name ?? ''];
  if (form.probabilitiesAsOutput) outputs.push('softmax');
  const mask: Record<string, Dims> = form.mask ? { mask: ['batch', 1, 1, 'tokens'] } : {};
  return nodes.model(x, mask, outputs);
}

export interface Plan extends PlacementPlan {
  /** @throws Error when it has no such node. */
  of(name: string): NodePlan;
  /** The names of the nodes that are quantized. */
  readonly quantized: readonly string[];
}

export async function planOf(model: Model, options: PlacementOptions = {}): Promise<Plan> {
  const plan = await planPlacement(model, options);
  return {
    ...plan,
    of(name) {
      const found = plan.nodes.find(({ node }) => node === name);
      if (!found) throw new Error(`No candidate ${name} among ${plan.nodes.map((n) => n.node)}`);
      return found;
    },
    quantized: plan.nodes.flatMap(({ node, action }) => (action === 'quantize' ? [node] : [])),
  };
}

/** A profile for x [batch, tokens, width] up to so many tokens. */
export function upTo(tokens: number, width = 64, batch = 2) {
  const shape = (count: number, of: number) => [count, of, width];
  return { x: { min: shape(1, 1), opt: shape(1, 1), max: shape(batch, tokens) } };
}
