import { like } from '../dims.js';
import { floorDivide } from '../division.js';
import { add, multiply, type Size } from '../expression.js';
import { fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';

/** A tensor of heads, as 4-D [batch, heads, length, size] or packed as [batch, length, heads * size]. */
interface Heads {
  readonly batch: Size;
  readonly heads: Size;
  readonly length: Size;
  readonly size: Size;
}

export function headsOf(
  n: NodeView,
  dims: readonly Size[] | undefined,
  count: number | undefined,
): Heads | undefined {
  if (dims?.length === 4) {
    const [batch, heads, length, size] = dims as [Size, Size, Size, Size];
    return { batch, heads, length, size };
  }
  if (dims?.length !== 3) return undefined;
  const [batch, length, hidden] = dims as [Size, Size, Size];
  if (!count) return { batch, heads: n.fresh(), length, size: n.fresh() };
  return { batch, heads: count, length, size: floorDivide(hidden, count) };
}

/** `Attention` of ONNX itself, since opset 23. */
const attention: Rule = (n) => {
  const [query, key, value] = [
    headsOf(n, n.dims(0), n.int('q_num_heads')),
    headsOf(n, n.dims(1), n.int('kv_num_heads')),
    headsOf(n, n.dims(2), n.int('kv_num_heads')),
  ];
  const [type, valueType] = [n.type(0), n.type(2)];
  if (!query || !key || !value) return [fact(type), fact(type), fact(valueType), fact(type)];
  const total = n.has(4) ? add(key.length, n.dims(4)?.[2] ?? n.fresh()) : key.length;
  const { batch, heads, length } = query;
  const output =
    n.rank(0) === 3
      ? [batch, length, multiply(heads, value.size)]
      : [batch, heads, length, value.size];
  return [
    fact(type, output),
    fact(type, [batch, key.heads, total, key.size]),
    fact(valueType, [batch, value.heads, total, value.size]),
    fact(type, [batch, heads, length, total]),
  ];
};

/** Everything is 4-D, and there is one output. */
const flexAttention: Rule = (n) => {
  const [query, value] = [n.dims(0), n.dims(2)];
  const size = value?.[3];
  return [fact(n.type(0), query && [...query.slice(0, 3), size ?? n.fresh()])];
};

const linearAttention: Rule = (n) => {
  const [queryHeads, heads] = [n.int('q_num_heads'), n.int('kv_num_heads')];
  const key = headsOf(n, n.dims(1), heads);
  const value = headsOf(n, n.dims(2), heads);
  if (!key || !value) return [fact(n.type(0)), fact(n.type(3) ?? n.type(0), n.dims(3))];
  const hidden = queryHeads ? multiply(value.size, queryHeads) : n.fresh();
  return [
    fact(n.type(0), [value.batch, value.length, hidden]),
    fact(n.type(3) ?? n.type(0), n.dims(3) ?? [key.batch, key.heads, key.size, value.size]),
  ];
};

/** The state is what the kernel has to remember of the past. */
const causalConvolution: Rule = (n) => {
  const [batch, channels] = n.dims(0) ?? [];
  const kernel = n.dims(1)?.at(-1);
  const state = [batch, channels, kernel && add(kernel, -1)].map((size) => size ?? n.fresh());
  return [like(n.input(0)), fact(n.type(0), n.dims(3) ?? state)];
};

export const attentions: Rules = {
  Attention: attention,
  CausalConvWithState: causalConvolution,
  LinearAttention: linearAttention,
  RotaryEmbedding: (n) => [like(n.input(0))],
};

export const previewAttentions: Rules = { FlexAttention: flexAttention };
