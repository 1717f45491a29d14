/**
 * Sizes that are known only by name, as integer polynomials over named sizes: `batch * 2`,
 * `sequence + 1`. What is no polynomial becomes one opaque name that is made of its arguments:
 * `(height + 1) floordiv 2`, `min(512, sequence)`. Equal expressions have equal keys.
 */

/** A size: known, or an expression over what is known by name only. */
export type Size = number | Expression;

/** What a polynomial is over. */
interface Atom {
  /** Unlike that of any other atom. */
  readonly key: string;
  /** The least value it can have. */
  readonly min: number;
  /** Stands for a size that nobody named. */
  readonly anonymous: boolean;
  readonly call?: Call;
}

interface Call {
  readonly operator: 'floordiv' | 'mod' | 'min' | 'max';
  readonly args: readonly [Size, Size];
}

/** A product of atoms, sorted by key and repeated for powers, times a coefficient. */
interface Term {
  readonly coefficient: number;
  readonly atoms: readonly Atom[];
}

export class Expression {
  readonly terms: readonly Term[];
  /** The canonical text. */
  readonly key: string;
  /** Whether some part of it has no name. */
  readonly anonymous: boolean;

  /** @internal Made by the functions of this file. */
  constructor(terms: readonly Term[]) {
    this.terms = terms;
    this.key = render(terms);
    this.anonymous = terms.some(({ atoms }) => atoms.some((atom) => atom.anonymous));
  }

  /** The names in it, also those within calls. */
  get names(): readonly string[] {
    return this.terms.flatMap(({ atoms }) => atoms.flatMap(namesOf));
  }

  toString(): string {
    return this.key;
  }
}

function namesOf({ key, call }: Atom): readonly string[] {
  if (!call) return [key];
  return call.args.flatMap((size) => (typeof size === 'number' ? [] : size.names));
}

/** A named size. Names are taken as at least 1: what is empty is not worth a worse answer. */
export function symbol(name: string): Expression {
  return fromAtom({ key: name, min: 1, anonymous: false });
}

/** A size of which nothing is known but that it is itself. */
export function anonymousSymbol(id: number, min: 0 | 1 = 0): Expression {
  return fromAtom({ key: `?${id}`, min, anonymous: true });
}

function fromAtom(atom: Atom): Expression {
  return new Expression([{ coefficient: 1, atoms: [atom] }]);
}

export function sameSize(a: Size, b: Size): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && a.key === b.key);
}

export function add(a: Size, b: Size): Size {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  return fromTerms([...termsOf(a), ...termsOf(b)]);
}

export function subtract(a: Size, b: Size): Size {
  return add(a, multiply(b, -1));
}

export function multiply(a: Size, b: Size): Size {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (b === 1) return a;
  if (a === 1) return b;
  return fromTerms(
    termsOf(a).flatMap((left) =>
      termsOf(b).map((right) => ({
        coefficient: left.coefficient * right.coefficient,
        atoms: sortAtoms([...left.atoms, ...right.atoms]),
      })),
    ),
  );
}

export function product(sizes: readonly Size[]): Size {
  return sizes.reduce(multiply, 1);
}

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

/** The arguments of a minimum or of another call that is all of an expression. */
export function argumentsOf(size: Size, operator: Call['operator']): readonly Size[] | undefined {
  if (typeof size === 'number' || size.terms.length !== 1) return undefined;
  const [{ coefficient, atoms } = { coefficient: 0, atoms: [] }] = size.terms;
  const call = coefficient === 1 && atoms.length === 1 ? atoms[0]?.call : undefined;
  return call?.operator === operator ? call.args : undefined;
}

function opaque(operator: Call['operator'], a: Size, b: Size): Expression {
  const key =
    operator === 'min' || operator === 'max'
      ? `${operator}(${a}, ${b})`
      : `${inParentheses(a)} ${operator} ${inParentheses(b)}`;
  const anonymous = [a, b].some((size) => typeof size === 'object' && size.anonymous);
  return fromAtom({ key, min: 0, anonymous, call: { operator, args: [a, b] } });
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

function termsOf(size: Size): readonly Term[] {
  return typeof size === 'number' ? [{ coefficient: size, atoms: [] }] : size.terms;
}

function fromTerms(terms: readonly Term[]): Size {
  const byKey = new Map<string, Term>();
  for (const { coefficient, atoms } of terms) {
    const key = atoms.map((atom) => atom.key).join(' * ');
    const sum = (byKey.get(key)?.coefficient ?? 0) + coefficient;
    byKey.set(key, { coefficient: sum, atoms });
  }
  const left = [...byKey].filter(([, { coefficient }]) => coefficient !== 0);
  if (left.length === 0) return 0;
  if (left.length === 1 && left[0]?.[0] === '') return left[0][1].coefficient;
  return new Expression(left.sort(inReadingOrder).map(([, term]) => term));
}

/** Names in order, what is subtracted behind what is added, the constant last. */
function inReadingOrder([keyA, a]: [string, Term], [keyB, b]: [string, Term]): number {
  const rank = (key: string, { coefficient }: Term) =>
    (key === '' ? 1 : 0) + (coefficient < 0 ? 2 : 0);
  return rank(keyA, a) - rank(keyB, b) || (keyA < keyB ? -1 : 1);
}

function render(terms: readonly Term[]): string {
  return terms
    .map((term, index) => {
      const sign = term.coefficient < 0 ? (index === 0 ? '-' : ' - ') : index === 0 ? '' : ' + ';
      return sign + renderProduct(term);
    })
    .join('');
}

function renderProduct({ coefficient, atoms }: Term): string {
  const size = Math.abs(coefficient);
  if (atoms.length === 0) return `${size}`;
  const infix = (atom: Atom) => atom.call?.operator === 'floordiv' || atom.call?.operator === 'mod';
  const alone = atoms.length === 1 && size === 1;
  const names = atoms.map((atom) => (infix(atom) && !alone ? `(${atom.key})` : atom.key));
  return size === 1 ? names.join(' * ') : `${names.join(' * ')} * ${size}`;
}

function inParentheses(size: Size): string {
  const text = `${size}`;
  return /^(-?\d+|[^\s()]+)$/.test(text) ? text : `(${text})`;
}

function sortAtoms(atoms: Atom[]): Atom[] {
  return atoms.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function gcd(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : gcd(b, a % b);
}
