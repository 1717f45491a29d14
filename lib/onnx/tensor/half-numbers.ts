/** The two half-precision types that float32 is converted to. */
export type HalfType = 'fp16' | 'bf16';

/** What is known about a half-precision type (IEEE 754 binary16; bfloat16 is the upper half of binary32). */
export interface HalfFormat {
  /** The largest finite number. */
  readonly max: number;
  /** The smallest number that has at least five binary digits: below it little is left. */
  readonly smallest: number;
}

export const halfFormats: Readonly<Record<HalfType, HalfFormat>> = {
  fp16: { max: 65504, smallest: 2 ** -20 },
  bf16: { max: (2 - 2 ** -7) * 2 ** 127, smallest: 2 ** -129 },
};

/** What happened to numbers that were converted. */
export interface ConversionCounts {
  /** Finite numbers beyond the range, which became the largest finite number. */
  saturated: number;
  /** Numbers other than zero that became zero. */
  flushed: number;
  /** Numbers that kept only some of their digits, because they are below the smallest normal one. */
  subnormal: number;
  nan: number;
  infinite: number;
  /** The largest absolute value among the finite numbers. */
  absmax: number;
}

export interface ConvertedNumbers {
  readonly bits: Uint16Array<ArrayBuffer>;
  readonly counts: ConversionCounts;
}

/**
 * Converts float32 to the bits of a half-precision type: to the nearest, ties to even, finite numbers
 * beyond the range to the largest finite one. `limit` holds absolute values below it as well.
 */
export function toHalfBits(
  type: HalfType,
  values: Float32Array,
  limit = Infinity,
): ConvertedNumbers {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  const clamp = wordOf(Math.min(limit, halfFormats[type].max));
  const counts = { saturated: 0, flushed: 0, subnormal: 0, nan: 0, infinite: 0 };
  const absmax =
    type === 'fp16'
      ? toFloat16(words, bits, clamp, counts)
      : toBFloat16(words, bits, clamp, counts);
  return { bits, counts: { ...counts, absmax } };
}

type Counts = Omit<ConversionCounts, 'absmax'>;

const infinity = 0x7f800000;
/** 2^-14, the smallest normal float16, and 2^-25, half of the smallest one above zero, as float32. */
const smallestNormal16 = 0x38800000;
const halfOfSmallest16 = 0x33000000;

/** @returns the largest finite absolute value. */
function toFloat16(words: Uint32Array, bits: Uint16Array, clamp: number, counts: Counts): number {
  let largest = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const sign = (word >>> 16) & 0x8000;
    let size = word & 0x7fffffff;
    if (size >= infinity) {
      bits[i] = sign | (size === infinity ? 0x7c00 : 0x7e00);
      if (size === infinity) counts.infinite++;
      else counts.nan++;
      continue;
    }
    if (size > largest) largest = size;
    if (size > clamp) {
      size = clamp;
      counts.saturated++;
    }
    if (size >= smallestNormal16) {
      // The exponent's bias shrinks by 112; rounding may carry into it, which is right.
      bits[i] = sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
    } else if (size === 0) {
      bits[i] = sign;
    } else if (size <= halfOfSmallest16) {
      bits[i] = sign;
      counts.flushed++;
    } else {
      bits[i] = sign | subnormal16(size);
      counts.subnormal++;
    }
  }
  return numberOf(largest);
}

/** A float32 below 2^-14 in steps of 2^-24. */
function subnormal16(size: number): number {
  const shift = 126 - (size >>> 23);
  const digits = (size & 0x7fffff) | 0x800000;
  const whole = digits >>> shift;
  const rest = digits - whole * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && whole % 2 === 1) ? whole + 1 : whole;
}

/** @returns the largest finite absolute value. */
function toBFloat16(words: Uint32Array, bits: Uint16Array, clamp: number, counts: Counts): number {
  let largest = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const sign = (word >>> 16) & 0x8000;
    let size = word & 0x7fffffff;
    if (size >= infinity) {
      bits[i] = sign | (size === infinity ? 0x7f80 : 0x7fc0);
      if (size === infinity) counts.infinite++;
      else counts.nan++;
      continue;
    }
    if (size > largest) largest = size;
    if (size > clamp) {
      size = clamp;
      counts.saturated++;
    }
    const half = (size + 0x7fff + ((size >>> 16) & 1)) >>> 16;
    bits[i] = sign | half;
    if (size !== 0 && half < 0x80) {
      if (half === 0) counts.flushed++;
      else counts.subnormal++;
    }
  }
  return numberOf(largest);
}

const converter = new DataView(new ArrayBuffer(4));

function wordOf(value: number): number {
  converter.setFloat32(0, value);
  return converter.getUint32(0);
}

function numberOf(word: number): number {
  converter.setUint32(0, word);
  return converter.getFloat32(0);
}
