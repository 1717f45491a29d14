import { Command, InvalidArgumentError, Option } from 'commander';
import { TensorRTError } from '../errors.js';

/** What a command ends with: 0 all is well, 1 it found something or failed, 2 it was called wrongly. */
export type ExitCode = 0 | 1 | 2;

/** A command with a help text that ends in examples. */
export function command(name: string, summary: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ tensorrt-node ${example}`);
  return new Command(name)
    .summary(summary)
    .description(summary)
    .addHelpText(
      'after',
      `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${lines.join('\n')}`,
    );
}

export function jsonOption(): Option {
  return new Option('--json', 'print the result as JSON');
}

/** Reads a whole number of an option. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** Makes a reader of numbers. @param range - which, for the error: `'from 0'`. */
export function numberThat(range: string, isIn: (value: number) => boolean) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && isIn(value)) return value;
    throw new InvalidArgumentError(`Expected a number ${range}.`);
  };
}

/** For options that may be given several times or with several values: `--keep a --keep b`. */
export function collect(text: string, list: readonly string[] = []): string[] {
  return [...list, text];
}

/** An option as it is written: `saveEngine` as `save-engine`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** An error as a person reads it: what is wrong, then what to do. The stack only where `DEBUG` is set. */
export function describeError(error: unknown): string {
  if (process.env['DEBUG'] && error instanceof Error) return error.stack ?? error.message;
  if (!(error instanceof TensorRTError) || !error.remedy) return (error as Error).message;
  return `${error.message.replace(` ${error.remedy}`, '')}\n  ${error.remedy}`;
}
