import { checkBoolean, checkOptions } from '../arguments.js';

export interface SerializeOptions {
  /** Leaves out weights that can be refitted. Default: false. */
  excludeWeights?: boolean;
  /** Leaves out the lean runtime of a version-compatible engine. Default: false. */
  excludeLeanRuntime?: boolean;
  /**
   * Keeps an engine that came from a stripped plan refittable, which it is not otherwise. Default:
   * false.
   */
  includeRefit?: boolean;
}

const flagNames = ['excludeWeights', 'excludeLeanRuntime', 'includeRefit'] as const;

/**
 * The flags that are set, as TensorRT names them.
 *
 * @throws TypeError
 */
export function toSerializationFlags(options: SerializeOptions): string[] {
  checkOptions('options', options, flagNames);
  return flagNames.filter((name) => {
    const value = options[name] ?? false;
    checkBoolean(name, value);
    return value;
  });
}
