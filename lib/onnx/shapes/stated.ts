import type { TypeProto } from 'onnx-buf';
import { elementTypeName } from '../element-types.js';
import { type Size, sameSize, substitute } from './expression.js';
import { type Fact, unknown } from './fact.js';
import { parseSize } from './parse-expression.js';

/** Where the model states another type or shape of a tensor than follows from its graph. */
export interface ShapeConflict {
  readonly tensor: string;
  /** As text: `FLOAT [1, 128]`. */
  readonly stated: string;
  readonly inferred: string;
}

/**
 * What a type in the model says.
 *
 * @param sizes - sizes of dimensions that the model only names.
 */
export function factFromType(
  type: TypeProto | undefined,
  fresh: () => Size,
  sizes: ReadonlyMap<string, Size> = new Map(),
): Fact {
  if (type?.value.case === 'sequenceType' || type?.value.case === 'optionalType') {
    const kind = type.value.case === 'sequenceType' ? 'sequence' : 'optional';
    return {
      ...unknown,
      holds: { kind, element: factFromType(type.value.value.elemType, fresh, sizes) },
    };
  }
  if (type?.value.case !== 'tensorType' && type?.value.case !== 'sparseTensorType') return unknown;
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }): Size => {
    if (value.case === 'dimValue' && value.value >= 0n) return Number(value.value);
    // Some tools write `?` for a size without a name.
    const named = value.case === 'dimParam' && value.value !== '' && !value.value.startsWith('?');
    return named ? substitute(parseSize(value.value), sizes) : fresh();
  });
  return { type: elemType || undefined, dims };
}

/** What was inferred, filled up with what is stated. Where both know, inference is right. */
export function reconcile(
  inferred: Fact,
  stated: Fact,
  onConflict: (conflict: { stated: string; inferred: string }) => void,
): Fact {
  if (inferred.holds) return inferred;
  if (contradict(inferred, stated)) {
    onConflict({ stated: describeFact(stated), inferred: describeFact(inferred) });
  }
  const type = inferred.type ?? stated.type;
  const sameRank = inferred.dims?.length === stated.dims?.length;
  const dims =
    sameRank && inferred.dims
      ? inferred.dims.map((dim, axis) => better(dim, stated.dims?.[axis] as Size))
      : (inferred.dims ?? stated.dims);
  return { ...inferred, type, dims, holds: stated.holds };
}

function better(inferred: Size, stated: Size): Size {
  return typeof inferred === 'object' && inferred.anonymous ? stated : inferred;
}

function contradict(inferred: Fact, stated: Fact): boolean {
  if (inferred.type !== undefined && stated.type !== undefined && inferred.type !== stated.type) {
    return true;
  }
  if (!inferred.dims || !stated.dims) return false;
  return (
    inferred.dims.length !== stated.dims.length ||
    inferred.dims.some((dim, axis) => {
      const other = stated.dims?.[axis] as Size;
      const known = typeof dim === 'number' || !dim.anonymous;
      return known && typeof other === 'number' && !sameSize(dim, other);
    })
  );
}

function describeFact({ type, dims }: Fact): string {
  const sizes = dims?.map((dim) => (typeof dim === 'object' && dim.anonymous ? '?' : `${dim}`));
  return `${type === undefined ? '?' : elementTypeName(type)} ${sizes ? `[${sizes.join(', ')}]` : '?'}`;
}
