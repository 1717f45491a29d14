/** Numbers as people read them. */

export function decimals(value: number, digits: number): string {
  return value.toFixed(digits);
}

/** 2551 -> `2,551` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** .768 -> `76.8 %` */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A share in points of a hundred, .0083 -> `0.83` */
export function points(share: number): string {
  return (share * 100).toFixed(2);
}

/** Puts a sign before a figure that has none: a plus, or a minus as wide as it. */
export function signed(figure: string): string {
  return figure.startsWith('-') ? `−${figure.slice(1)}` : `+${figure}`;
}

/** How a latency compares with another: `1.50 times as fast`, or `takes 1.20 times as long`. */
export function speed(before: number, now: number): string {
  return now <= before
    ? `${(before / now).toFixed(2)} times as fast`
    : `takes ${(now / before).toFixed(2)} times as long`;
}

/** Of 10^6 bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** NVIDIA's names of its two products. */
export const productNames: Readonly<Record<string, string>> = {
  tensorrt: 'TensorRT',
  'tensorrt-rtx': 'TensorRT for RTX',
};
