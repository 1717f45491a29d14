import { checkOptions, checkText, invalidArgument } from '../arguments.js';

/** Checks of what several tasks take. */
export function checkPadding(padding: { readonly mask: string } | undefined): void {
  if (padding === undefined) return;
  checkOptions('options.padding', padding, ['mask']);
  checkText('options.padding.mask', padding.mask);
}

/** Whole numbers from `least`. */
export function checkLabels(option: string, labels: ArrayLike<number>, least = 0): void {
  if (typeof labels?.length !== 'number') {
    throw invalidArgument(option, 'a list of class indices', labels);
  }
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as number;
    if (Number.isInteger(label) && label >= least) continue;
    throw invalidArgument(`${option}[${index}]`, `a whole number from ${least}`, label);
  }
}
