import type { TypeProto } from 'onnx-buf';
import { elementTypeName } from '../tensor/element-types.js';
import { substitute } from './bounds.js';
import { type Expression, type Size, sameSize } from './expression.js';
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
    const named = value.case === 'dimParam' && isName(value.value);
    return named ? substitute(parseSize(value.value), sizes) : fresh();
  });
  return { type: elemType || undefined, dims };
}

/** Some tools write `?` for a size without a name. */
export function isName(dim: string): boolean {
  return dim !== '' && !dim.startsWith('?');
}

/**
 * What was inferred, filled up with what is stated. Where both know, inference is right.
 *
 * @param fromInputs - whether a size follows from those of the inputs; other names are themselves
 * only stated, and say less than a number.
 */
export function reconcile(
  inferred: Fact,
  stated: Fact,
  fromInputs: (size: Expression) => boolean,
  onConflict: (conflict: { stated: string; inferred: string }) => void,
): Fact {
  if (inferred.holds) return inferred;
  const certain = (size: Size) => typeof size === 'number' || (!size.anonymous && fromInputs(size));
  if (contradict(inferred, stated, certain)) {
    onConflict({ stated: describeFact(stated), inferred: describeFact(inferred) });
  }
  const type = inferred.type ?? stated.type;
  const sameRank = inferred.dims?.length === stated.dims?.length;
  const dims =
    sameRank && inferred.dims
      ? inferred.dims.map((dim, axis) => better(dim, stated.dims?.[axis] as Size, certain(dim)))
      : (inferred.dims ?? stated.dims);
  return { ...inferred, type, dims, holds: stated.holds };
}

function better(inferred: Size, stated: Size, certain: boolean): Size {
  if (certain) return inferred;
  return typeof stated === 'number' || (inferred as Expression).anonymous ? stated : inferred;
}

function contradict(inferred: Fact, stated: Fact, certain: (size: Size) => boolean): boolean {
  if (inferred.type !== undefined && stated.type !== undefined && inferred.type !== stated.type) {
    return true;
  }
  if (!inferred.dims || !stated.dims) return false;
  return (
    inferred.dims.length !== stated.dims.length ||
    inferred.dims.some((dim, axis) => {
      const other = stated.dims?.[axis] as Size;
      return certain(dim) && typeof other === 'number' && !sameSize(dim, other);
    })
  );
}

function describeFact({ type, dims }: Fact): string {
  const sizes = dims?.map((dim) => (typeof dim === 'object' && dim.anonymous ? '?' : `${dim}`));
  return `${type === undefined ? '?' : elementTypeName(type)} ${sizes ? `[${sizes.join(', ')}]` : '?'}`;
}
