import { elementCount, type Tensor } from '../../tensor.js';
import type { PositionAxes } from './observed-tensors.js';

/** Which rows of a tensor are no padding: one byte for each of the rows that it consists of. */
export type Keep = Uint8Array;

/** The mask of one sample, [batch, sequence], as it applies to tensors of different shapes. */
export class PaddingMask {
  readonly #batch: number;
  readonly #sequence: number;
  readonly #keep: Keep;
  readonly #isComplete: boolean;
  readonly #known = new Map<string, Keep>();

  constructor({ dims, data }: Tensor) {
    this.#batch = dims[0] as number;
    this.#sequence = dims[1] as number;
    this.#keep = Uint8Array.from(data as ArrayLike<number>, (value) => (value ? 1 : 0));
    this.#isComplete = this.#keep.every((kept) => kept === 1);
  }

  /**
   * Which rows of a tensor are kept. Undefined where all are: nothing is padded, or the tensor has
   * no positions. `'ambiguous'` where its shape does not tell on which axis they are.
   */
  rowsOf(dims: readonly number[], positions: PositionAxes): Keep | 'ambiguous' | undefined {
    if (this.#isComplete) return undefined;
    if (this.#isFlat(dims, positions)) return this.#keep;
    // A tensor [batch, sequence] holds no features of positions, but such as the mask itself.
    if (dims.length < 3) return undefined;
    const axes = this.#axesOf(dims, positions);
    if (axes === 'ambiguous') return axes;
    return axes.length > 0 ? this.#rowsAlong(dims, axes) : undefined;
  }

  /** [batch * sequence, features], which products flatten their inputs to. */
  #isFlat(dims: readonly number[], positions: PositionAxes): boolean {
    const rows = this.#batch * this.#sequence;
    return dims.length === 2 && dims[0] === rows && this.#sequence > 1 && positions?.[0] !== false;
  }

  /** [sequence, batch, features], or something that only looks like it. */
  #isSequenceFirst([first, second]: readonly number[], positions: PositionAxes): boolean {
    return first === this.#sequence && second === this.#batch && positions?.[0] !== false;
  }

  /** The axes of positions: one, or where the model's symbols leave no doubt several. */
  #axesOf(dims: readonly number[], positions: PositionAxes): number[] | 'ambiguous' {
    const axes = [...dims.keys()].filter(
      (axis) => axis > 0 && dims[axis] === this.#sequence && positions?.[axis] !== false,
    );
    if (axes.length > 0 && (dims[0] as number) % this.#batch !== 0) return 'ambiguous';
    const certain = axes.filter((axis) => positions?.[axis]);
    if (certain.length > 0) return certain;
    if (this.#isSequenceFirst(dims, positions)) return 'ambiguous';
    return axes.length > 1 ? 'ambiguous' : axes;
  }

  /** The first axis is the batch, or with the heads in it, [batch * heads, ...]. */
  #rowsAlong(dims: readonly number[], axes: readonly number[]): Keep {
    const end = (axes.at(-1) as number) + 1;
    const key = `${dims.slice(0, end)} ${axes}`;
    const known = this.#known.get(key);
    if (known) return known;
    const perSample = elementCount(dims.slice(0, end)) / this.#batch;
    const rows = new Uint8Array(this.#batch * perSample).fill(1);
    for (const axis of axes) {
      // Along the rows, a position lasts this long before the next one begins.
      const stride = elementCount(dims.slice(axis + 1, end));
      for (let row = 0; row < rows.length; row++) {
        const position = Math.floor(row / stride) % this.#sequence;
        const sample = Math.floor(row / perSample);
        if (!this.#keep[sample * this.#sequence + position]) rows[row] = 0;
      }
    }
    this.#known.set(key, rows);
    return rows;
  }
}
