import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { broadcast, unify } from '../dims.js';
import type { Size } from '../expression.js';
import { fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';

/** The product of the last two dimensions, broadcast over the others; vectors as in NumPy. */
export function matmulDims(
  n: NodeView,
  a: readonly Size[] | undefined,
  b: readonly Size[] | undefined,
): readonly Size[] | undefined {
  if (!a || !b) return undefined;
  if (a.length === 0 || b.length === 0)
    return n.problem('a scalar cannot be multiplied as a matrix');
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const inner = [left.at(-1), right.at(-2)];
  if (typeof inner[0] === 'number' && typeof inner[1] === 'number' && inner[0] !== inner[1]) {
    return n.problem(`[${a.join(', ')}] and [${b.join(', ')}] cannot be multiplied`);
  }
  const batch = broadcast(n, left.slice(0, -2), right.slice(0, -2));
  if (!batch) return undefined;
  const rows = a.length === 1 ? [] : [left.at(-2) as Size];
  const columns = b.length === 1 ? [] : [right.at(-1) as Size];
  return [...batch, ...rows, ...columns];
}

/** A matrix product whose result has a type of its own. */
export function typedMatMul(type: number | undefined): Rule {
  return (n) => [fact(type, matmulDims(n, n.dims(0), n.dims(1)))];
}

const matMul: Rule = (n) => [fact(n.type(0) ?? n.type(1), matmulDims(n, n.dims(0), n.dims(1)))];

export const gemm: Rule = (n) => {
  const [a, b] = [n.dims(0), n.dims(1)];
  const type = n.type(0) ?? n.type(1);
  if (!a || !b) return [fact(type, a || b ? n.freshDims(2) : undefined)];
  if (a.length !== 2 || b.length !== 2) {
    n.problem(`matrices are expected, not [${a.join(', ')}] and [${b.join(', ')}]`);
    return [fact(type)];
  }
  const [rows, innerA] = n.int('transA', 0) ? [a[1], a[0]] : a;
  const [innerB, columns] = n.int('transB', 0) ? [b[1], b[0]] : b;
  unify(n, innerA as Size, innerB as Size, 'the inner sizes of the product');
  return [fact(type, [rows as Size, columns as Size])];
};

const einsum: Rule = (n) => {
  const equation = (n.text('equation') ?? '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  const sizes = new Map<string, Size>();
  let ellipsis: readonly Size[] | undefined = [];
  terms.forEach((term, index) => {
    const dims = n.dims(index);
    const labels = termLabels(term);
    const hidden = dims ? dims.length - labels.length : 0;
    if (hidden < 0 || (hidden > 0 && !term.includes('...'))) {
      n.problem(`'${term}' does not fit [${dims?.join(', ')}]`);
    }
    const lead = term.includes('...') ? term.indexOf('...') : labels.length;
    labels.forEach((label, position) => {
      const size = dims?.[position < lead ? position : position + hidden] ?? n.fresh();
      const known = sizes.get(label);
      sizes.set(
        label,
        known === undefined || known === 1
          ? size
          : unify(n, known, size, `the sizes of '${label}'`),
      );
    });
    if (term.includes('...')) {
      ellipsis = broadcast(n, ellipsis, dims?.slice(lead, lead + hidden));
    }
  });
  const type = n.type(0);
  const result = right ?? implicitResult(terms);
  if (result.includes('...') && !ellipsis) return [fact(type)];
  const lead = result.includes('...') ? result.indexOf('...') : result.length;
  const named = termLabels(result).map((label) => sizes.get(label) ?? n.fresh());
  const dims = result.includes('...')
    ? [...named.slice(0, lead), ...(ellipsis as readonly Size[]), ...named.slice(lead)]
    : named;
  return [fact(type, dims)];
};

function termLabels(term: string): string[] {
  return [...term.replace('...', '')];
}

/** Without an arrow: the labels that occur once, in order, behind what the dots stand for. */
function implicitResult(terms: readonly string[]): string {
  const labels = terms.flatMap(termLabels);
  const once = labels.filter((label) => labels.indexOf(label) === labels.lastIndexOf(label));
  const dots = terms.some((term) => term.includes('...')) ? '...' : '';
  return dots + once.sort().join('');
}

export const products: Rules = {
  Det: (n) => [fact(n.type(0), n.dims(0)?.slice(0, -2))],
  Einsum: einsum,
  Gemm: gemm,
  MatMul: matMul,
  MatMulInteger: typedMatMul(ElementType.INT32),
  QLinearMatMul: (n) => [fact(n.type(7), matmulDims(n, n.dims(0), n.dims(3)))],
};
