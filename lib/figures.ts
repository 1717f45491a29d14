/** Numbers as people read them: for the command line, tables and reports. */

const thousands = new Intl.NumberFormat('en-US');

/** 22713216 as `22,713,216`. */
export function number(value: number): string {
  return thousands.format(value);
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes with a decimal unit and three digits: 90984153 as `91.0 MB`. */
export function bytes(value: number): string {
  const unit = Math.min(Math.max(0, Math.floor(Math.log10(value) / 3)), byteUnits.length - 1);
  const scaled = value / 1000 ** (value === 0 ? 0 : unit);
  const digits = value < 1000 || scaled >= 100 ? 0 : 1;
  return `${scaled.toFixed(digits)} ${byteUnits[value === 0 ? 0 : unit]}`;
}

/** `1 node`, `2 nodes`. */
export function counted(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Four digits, or as many as stand before the point: `0.0812`, `4.217`, `131.4`, `12,345`. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return number(Math.round(value));
  return size >= 1 ? value.toPrecision(4) : value.toFixed(4);
}

/** A share as `2.4 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

const prefixes: readonly (readonly [size: number, prefix: string])[] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** Three digits with the prefix of a unit: 22.35e9 of `FLOP` as `22.4 GFLOP`. */
export function withUnit(value: number, unit: string): string {
  const [size, prefix] = prefixes.find(([least]) => value >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))} ${prefix}${unit}`;
}
