/** The standard error of a share among `count` items that were drawn at random. */
export function errorOfShare(share: number, count: number): number {
  return Math.sqrt((share * (1 - share)) / count);
}
