import { maximum } from '../bounds.js';
import { withAxis } from '../dims.js';
import { floorDivide } from '../division.js';
import { add, multiply, type Size } from '../expression.js';
import { fact, unknown } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { headsOf } from './attention.js';

/* The attentions of ONNX Runtime (docs/ContribOperators.md), into which its optimiser fuses models. */

/** [batch, length, hidden] times weights [hidden, 3 * hidden]: queries, keys and values in one. */
const attention: Rule = (n) => fusedAttention(n, n.dims(2), n.type(0), 4);

/** The same with an INT8 input; the result has the type of the scales. */
const quantizedAttention: Rule = (n) => fusedAttention(n, n.dims(2), n.type(3), 8);

function fusedAttention(
  n: NodeView,
  bias: readonly Size[] | undefined,
  type: number | undefined,
  pastAt: number,
) {
  const dims = n.dims(0);
  const all = n.dims(1)?.[1] ?? bias?.[0];
  const sizes = n.ints('qkv_hidden_sizes');
  const hidden = sizes?.[2] ?? (all === undefined ? n.fresh() : floorDivide(all, 3));
  const output = dims && [dims[0] as Size, dims[1] as Size, hidden];
  const past = n.dims(pastAt);
  const present = past
    ? withAxis(
        past,
        3,
        n.int('past_present_share_buffer', 0)
          ? (past[3] as Size)
          : add(past[3] as Size, dims?.[1] ?? n.fresh()),
      )
    : presentOf(n, dims, hidden);
  return [fact(type, output), fact(type, present)];
}

/** Keys and values together: [2, batch, heads, length, head size]. */
function presentOf(n: NodeView, dims: readonly Size[] | undefined, hidden: Size) {
  const heads = n.int('num_heads');
  if (!dims || !heads) return undefined;
  return [2, dims[0] as Size, heads, dims[1] as Size, floorDivide(hidden, heads)];
}

/** Queries apart from keys and values, or packed as [batch, length, heads, 3, head size]. */
const multiHeadAttention: Rule = (n) => {
  const type = n.type(0);
  const heads = n.int('num_heads');
  const query = n.dims(0);
  if (!query) return [fact(type), fact(type), fact(type)];
  const [batch, length] = query as [Size, Size];
  if (query.length === 5) {
    const [, , count, , size] = query as [Size, Size, Size, Size, Size];
    return [fact(type, [batch, length, multiply(count, size)]), unknown, unknown];
  }
  const value = headsOf(n, n.dims(2), heads);
  const key = headsOf(n, n.dims(1), heads);
  const hidden = value ? multiply(value.heads, value.size) : query[2];
  const total = key && (n.has(6) ? add(n.dims(6)?.[2] ?? n.fresh(), key.length) : key.length);
  const cache = (size: Size | undefined) =>
    total && heads && size !== undefined ? [batch, heads, total, size] : undefined;
  return [
    fact(type, [batch, length, hidden ?? n.fresh()]),
    fact(type, cache(key?.size)),
    fact(type, cache(value?.size)),
    fact(type, total && heads ? [batch, heads, length, total] : undefined),
  ];
};

/** Keys and values may have fewer heads; all three may lie in the first input. */
const groupQueryAttention: Rule = (n) => {
  const { type, dims } = n.input(0);
  const [heads, keyHeads] = [n.int('num_heads'), n.int('kv_num_heads')];
  if (!dims || !heads || !keyHeads) return [fact(type), fact(n.type(3)), fact(n.type(4))];
  const [batch, length, hidden] = dims as [Size, Size, Size];
  const packed = !n.has(1);
  const size = floorDivide(hidden, packed ? heads + 2 * keyHeads : heads);
  // The cache is the one that was given, or grows to the length that is asked for.
  const [past, asked] = [n.dims(3)?.[2], n.scalar(6)];
  const total = asked === undefined || !n.has(3) ? asked : past && maximum(past, asked);
  const cache = fact(n.type(3) ?? type, [batch, keyHeads, total ?? n.fresh(), size]);
  return [fact(type, [batch, length, multiply(size, heads)]), cache, cache];
};

export const contribAttentions: Rules = {
  Attention: attention,
  GroupQueryAttention: groupQueryAttention,
  MultiHeadAttention: multiHeadAttention,
  QAttention: quantizedAttention,
};
