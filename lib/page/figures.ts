/** How pages write figures. */

export function wholeNumber(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Four digits, without an exponent where that is as short. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** Three digits, and all of those before the point: `0.0123`, `12.3`, `12,345`. */
export function shortNumber(value: number): string {
  if (Math.abs(value) >= 1000) return wholeNumber(value);
  return value === 0 || Math.abs(value) >= 1e-4 ? `${Number(value.toPrecision(3))}` : digits(value);
}

export function percent(share: number): string {
  if (share === 0) return '0 %';
  return share < 0.0001
    ? `${(share * 100).toExponential(1)} %`
    : `${(share * 100).toPrecision(3)} %`;
}

const prefixes: readonly (readonly [number, string])[] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** With the prefix of a unit: `22.4 GFLOP`. */
export function withUnit(value: number, unit: string): string {
  const [size, prefix] = prefixes.find(([least]) => value >= least) ?? [1, ''];
  return `${shortNumber(value / size)} ${prefix}${unit}`;
}

export function mebibytes(bytes: number): string {
  return shortNumber(bytes / 2 ** 20);
}
