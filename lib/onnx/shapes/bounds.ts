import { floorDivide, modulo } from './division.js';
import {
  type Atom,
  add,
  type Expression,
  fromAtom,
  fromTerms,
  multiply,
  opaque,
  type Size,
  subtract,
  type Term,
} from './expression.js';

/* What sizes are at least and at most, for all sizes that the names can have; and sizes for names. */

export function minimum(a: Size, b: Size): Size {
  if (isAtLeast(a, b)) return b;
  if (isAtLeast(b, a)) return a;
  return opaque('min', ...inOrder(a, b));
}

export function maximum(a: Size, b: Size): Size {
  if (isAtLeast(a, b)) return a;
  if (isAtLeast(b, a)) return b;
  return opaque('max', ...inOrder(a, b));
}

function inOrder(a: Size, b: Size): [Size, Size] {
  if (typeof a === typeof b) return `${a}` <= `${b}` ? [a, b] : [b, a];
  return typeof a === 'number' ? [a, b] : [b, a];
}

/** Whether it is certain that `a >= b`. */
export function isAtLeast(a: Size, b: Size): boolean {
  return isNonNegative(subtract(a, b));
}

function isNonNegative(size: Size): boolean {
  if (typeof size === 'number') return size >= 0;
  const negative = size.terms.find(({ coefficient, atoms }) => coefficient < 0 && atoms.length > 0);
  if (negative) return isNonNegativeBounded(size, negative);
  return (
    size.terms.reduce(
      (sum, { coefficient, atoms }) =>
        sum + coefficient * atoms.reduce((low, atom) => low * atom.min, 1),
      0,
    ) >= 0
  );
}

/** Replaces an atom that counts negatively by what it cannot exceed. */
function isNonNegativeBounded(size: Expression, { coefficient, atoms }: Term): boolean {
  const call = atoms.length === 1 ? atoms[0]?.call : undefined;
  if (!call) return false;
  const rest = subtract(size, fromTerms([{ coefficient, atoms }]));
  const [first, second] = call.args;
  if (call.operator === 'floordiv' && typeof second === 'number') {
    return isNonNegative(add(multiply(rest, second), multiply(first, coefficient)));
  }
  return (
    call.operator === 'min' &&
    [first, second].some((bound) => isNonNegative(add(rest, multiply(bound, coefficient))))
  );
}

/** The size when names get sizes: all of it a number when every name does. */
export function substitute(size: Size, sizes: ReadonlyMap<string, Size>): Size {
  if (typeof size === 'number') return size;
  return size.terms.reduce<Size>(
    (sum, { coefficient, atoms }) =>
      add(
        sum,
        atoms.reduce<Size>(
          (value, atom) => multiply(value, substituteAtom(atom, sizes)),
          coefficient,
        ),
      ),
    0,
  );
}

function substituteAtom(atom: Atom, sizes: ReadonlyMap<string, Size>): Size {
  if (!atom.call) return sizes.get(atom.key) ?? fromAtom(atom);
  const [a, b] = atom.call.args.map((size) => substitute(size, sizes)) as [Size, Size];
  return calls[atom.call.operator](a, b);
}

const calls = { floordiv: floorDivide, mod: modulo, min: minimum, max: maximum } as const;
