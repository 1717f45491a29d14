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

export function percent(share: number): string {
  if (share === 0) return '0 %';
  return share < 0.0001
    ? `${(share * 100).toExponential(1)} %`
    : `${(share * 100).toPrecision(3)} %`;
}
