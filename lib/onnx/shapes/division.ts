import {
  type Atom,
  add,
  type Expression,
  fromTerms,
  multiply,
  opaque,
  type Size,
  sameSize,
  subtract,
  type Term,
  termsOf,
} from './expression.js';

/* Quotients and rests of sizes. */

/** The quotient rounded down, of what is divided by something positive. */
export function floorDivide(a: Size, b: Size): Size {
  if (typeof a === 'number' && typeof b === 'number') return Math.floor(a / b);
  const exact = divideExactly(a, b);
  if (exact !== undefined) return exact;
  return typeof b === 'number' ? floorDivideByNumber(a as Expression, b) : opaque('floordiv', a, b);
}

export function ceilDivide(a: Size, b: number): Size {
  return floorDivide(add(a, b - 1), b);
}

/** Whole multiples leave the quotient, so that (x - 1) floordiv 2 + 1 is (x + 1) floordiv 2. */
function floorDivideByNumber(dividend: Expression, divisor: number): Size {
  let outside: Size = 0;
  let inside: Size = 0;
  for (const { coefficient, atoms } of dividend.terms) {
    const isConstant = atoms.length === 0;
    const quotient = isConstant ? Math.floor(coefficient / divisor) : coefficient / divisor;
    if (Number.isInteger(quotient)) {
      outside = add(outside, fromTerms([{ coefficient: quotient, atoms }]));
      const rest = coefficient - quotient * divisor;
      if (rest !== 0) inside = add(inside, rest);
    } else {
      inside = add(inside, fromTerms([{ coefficient, atoms }]));
    }
  }
  if (typeof inside === 'number') return add(outside, Math.floor(inside / divisor));
  return add(outside, flattenDivision(inside, divisor));
}

/** (x floordiv a + c) floordiv b is (x + c * a) floordiv (a * b). */
function flattenDivision(dividend: Expression, divisor: number): Size {
  const [first, second] = dividend.terms;
  const call = first?.atoms.length === 1 ? first.atoms[0]?.call : undefined;
  const constant = second ? (second.atoms.length === 0 ? second.coefficient : undefined) : 0;
  const inner = call?.args[1];
  if (
    call?.operator !== 'floordiv' ||
    typeof inner !== 'number' ||
    first?.coefficient !== 1 ||
    constant === undefined ||
    dividend.terms.length > 2
  ) {
    return reduceDivision(dividend, divisor);
  }
  return floorDivide(add(call.args[0], constant * inner), inner * divisor);
}

function reduceDivision(dividend: Expression, divisor: number): Size {
  const common = dividend.terms.reduce((sum, term) => gcd(sum, term.coefficient), divisor);
  if (common === 1) return opaque('floordiv', dividend, divisor);
  return floorDivide(
    fromTerms(dividend.terms.map((t) => ({ ...t, coefficient: t.coefficient / common }))),
    divisor / common,
  );
}

export function modulo(a: Size, b: Size): Size {
  if (typeof a === 'number' && typeof b === 'number') return a - Math.floor(a / b) * b;
  return divideExactly(a, b) === undefined ? opaque('mod', a, b) : 0;
}

/** `a / b` where that is a polynomial again; undefined where it is not. */
export function divideExactly(a: Size, b: Size): Size | undefined {
  if (b === 0) return undefined;
  if (sameSize(a, b)) return 1;
  const divisor = leading(b);
  let rest = a;
  let quotient: Size = 0;
  while (rest !== 0) {
    const step = divideTerm(leading(rest), divisor);
    if (!step) return undefined;
    quotient = add(quotient, fromTerms([step]));
    rest = subtract(rest, multiply(fromTerms([step]), b));
  }
  return quotient;
}

/** The first term in an order that multiplication keeps: by degree, then by the atoms' keys. */
function leading(size: Size): Term {
  return termsOf(size).reduce((first, term) => (precedes(term, first) ? term : first));
}

function precedes(a: Term, b: Term): boolean {
  if (a.atoms.length !== b.atoms.length) return a.atoms.length > b.atoms.length;
  const index = a.atoms.findIndex((atom, position) => atom.key !== b.atoms[position]?.key);
  return index !== -1 && (a.atoms[index] as Atom).key < (b.atoms[index] as Atom).key;
}

function divideTerm(a: Term, b: Term): Term | undefined {
  const coefficient = a.coefficient / b.coefficient;
  if (!Number.isInteger(coefficient)) return undefined;
  const atoms = [...a.atoms];
  for (const { key } of b.atoms) {
    const index = atoms.findIndex((atom) => atom.key === key);
    if (index === -1) return undefined;
    atoms.splice(index, 1);
  }
  return { coefficient, atoms };
}

function gcd(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : gcd(b, a % b);
}
