/**
 * Sizes that are known only by name, as integer polynomials over named sizes: `batch * 2`,
 * `sequence + 1`. What is no polynomial becomes one opaque name that is made of its arguments:
 * `(height + 1) floordiv 2`, `min(512, sequence)`. Equal expressions have equal keys.
 */

/** A size: known, or an expression over what is known by name only. */
export type Size = number | Expression;

/** What a polynomial is over. */
export interface Atom {
  /** Unlike that of any other atom. */
  readonly key: string;
  /** The least value it can have. */
  readonly min: number;
  /** Stands for a size that nobody named. */
  readonly anonymous: boolean;
  readonly call?: Call;
}

export interface Call {
  readonly operator: 'floordiv' | 'mod' | 'min' | 'max';
  readonly args: readonly [Size, Size];
}

/** A product of atoms, sorted by key and repeated for powers, times a coefficient. */
export interface Term {
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

/** @internal */
export function fromAtom(atom: Atom): Expression {
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

/** The arguments of a minimum or of another call that is all of an expression. */
export function argumentsOf(size: Size, operator: Call['operator']): readonly Size[] | undefined {
  if (typeof size === 'number' || size.terms.length !== 1) return undefined;
  const [{ coefficient, atoms } = { coefficient: 0, atoms: [] }] = size.terms;
  const call = coefficient === 1 && atoms.length === 1 ? atoms[0]?.call : undefined;
  return call?.operator === operator ? call.args : undefined;
}

/** What is no polynomial, as one name. @internal */
export function opaque(operator: Call['operator'], a: Size, b: Size): Expression {
  const key =
    operator === 'min' || operator === 'max'
      ? `${operator}(${a}, ${b})`
      : `${inParentheses(a)} ${operator} ${inParentheses(b)}`;
  const anonymous = [a, b].some((size) => typeof size === 'object' && size.anonymous);
  return fromAtom({ key, min: 0, anonymous, call: { operator, args: [a, b] } });
}

/** @internal */
export function termsOf(size: Size): readonly Term[] {
  return typeof size === 'number' ? [{ coefficient: size, atoms: [] }] : size.terms;
}

/** @internal */
export function fromTerms(terms: readonly Term[]): Size {
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
