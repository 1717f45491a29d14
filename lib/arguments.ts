/** Argument checks for the public API. Each throws a `TypeError` of one sentence form. */

function describe(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === 'string') return `'${value}' of type string`;
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (Array.isArray(value)) return `[${value.map(String).join(', ')}] of type Array`;
  if (typeof value === 'object') return `a value of type ${value.constructor?.name ?? 'object'}`;
  return `${String(value)} of type ${typeof value}`;
}

/** The error for an argument that is not what was expected. */
export function invalidArgument(name: string, expected: string, received: unknown): TypeError {
  return new TypeError(`Expected ${expected} for ${name} but received ${describe(received)}`);
}

/** Refuses keys that an options object does not have, so that a misspelt option is not ignored. */
export function checkOptions(name: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgument(name, 'an object', options);
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`Expected one of ${known.join(', ')} in ${name} but received '${key}'`);
    }
  }
}

export function checkOneOf<const T extends string>(
  name: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (!choices.includes(value as T)) {
    throw invalidArgument(name, `one of '${choices.join("', '")}'`, value);
  }
}

export function checkInteger(
  name: string,
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
    throw invalidArgument(name, `a whole number ${range}`, value);
  }
}

export function checkBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidArgument(name, 'true or false', value);
}

export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw invalidArgument(name, 'a text that is not empty', value);
  }
}

export function checkTexts(name: string, value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value)) throw invalidArgument(name, 'a list of texts', value);
  for (const [index, text] of value.entries()) checkText(`${name}[${index}]`, text);
}
