import { checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import type { ValueInfo } from '../onnx/value-info.js';
import type { RunOptions } from './runtime.js';

/** @throws TypeError */
export function checkRunOptions(options: RunOptions, known: readonly ValueInfo[]): void {
  checkOptions('options', options, ['outputs', 'onTimes', 'signal']);
  const { outputs } = options;
  if (outputs === undefined) return;
  if (!Array.isArray(outputs) || outputs.length === 0) {
    throw invalidArgument('options.outputs', 'an array of names of outputs', outputs);
  }
  const names = known.map(({ name }) => name);
  outputs.forEach((name, index) => {
    checkOneOf(`options.outputs[${index}]`, name, names);
  });
}
