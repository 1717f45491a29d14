import { maximum, minimum } from './bounds.js';
import { floorDivide, modulo } from './division.js';
import { add, multiply, type Size, subtract, symbol } from './expression.js';

/**
 * Reads the name of a dimension, which exporters also write as expressions
 * (`past_sequence_length + 1`, `2*s0`), and which this package writes so. What is no expression
 * is one name as it stands.
 */
export function parseSize(text: string): Size {
  if (/^[A-Za-z_][\w.]*$/.test(text)) return symbol(text);
  return new Parser(text).parse() ?? symbol(text);
}

type Operator = (a: Size, b: Size) => Size;

const sums: Record<string, Operator> = { '+': add, '-': subtract };
const products: Record<string, Operator> = {
  '*': multiply,
  '//': floorDivide,
  floordiv: floorDivide,
  '%': modulo,
  mod: modulo,
};
const functions: Record<string, Operator> = {
  min: minimum,
  max: maximum,
  Min: minimum,
  Max: maximum,
};

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    // A hyphen within a name is not a subtraction.
    const tokens = /\w-[A-Za-z_]/.test(text) ? null : text.match(/[A-Za-z_][\w.]*|\d+|\/\/|\S/g);
    this.#tokens = tokens ?? [];
  }

  parse(): Size | undefined {
    const size = this.#sum();
    return this.#at === this.#tokens.length ? size : undefined;
  }

  #sum(): Size | undefined {
    return this.#chain(sums, () => this.#chain(products, () => this.#unary()));
  }

  #chain(operators: Record<string, Operator>, operand: () => Size | undefined): Size | undefined {
    let left = operand();
    while (left !== undefined) {
      const operator = operators[this.#tokens[this.#at] ?? ''];
      if (!operator) return left;
      this.#at++;
      const right = operand();
      left = right === undefined ? undefined : operator(left, right);
    }
    return undefined;
  }

  #unary(): Size | undefined {
    if (!this.#take('-')) return this.#primary();
    const size = this.#primary();
    return size === undefined ? undefined : multiply(size, -1);
  }

  #primary(): Size | undefined {
    const token = this.#tokens[this.#at++];
    if (token === undefined) return undefined;
    if (/^\d+$/.test(token)) return Number(token);
    if (token === '(') return this.#closed(this.#sum());
    if (!/^[A-Za-z_]/.test(token)) return undefined;
    if (!this.#take('(')) return symbol(token);
    const [operator, first] = [functions[token], this.#sum()];
    if (!operator || first === undefined || !this.#take(',')) return undefined;
    const second = this.#closed(this.#sum());
    return second === undefined ? undefined : operator(first, second);
  }

  #closed(size: Size | undefined): Size | undefined {
    return this.#take(')') ? size : undefined;
  }

  #take(token: string): boolean {
    const taken = this.#tokens[this.#at] === token;
    if (taken) this.#at++;
    return taken;
  }
}
