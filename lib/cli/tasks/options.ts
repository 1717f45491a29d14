import { Option } from 'commander';

/** Options that several tasks have. */
export function labelsOption(): Option {
  return new Option('--labels <field>', 'the array or the field that holds the right answers');
}

export function labelNamesOption(): Option {
  return new Option('--label-names <names>', 'of the classes, by index: negative,positive');
}

export function maskOption(): Option {
  return new Option('--mask <input>', 'leave out positions where this input is 0: padding');
}

/** Texts that are separated by commas. */
export function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((part) => part.trim());
}
