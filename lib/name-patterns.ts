import { invalidArgument } from './arguments.js';

/**
 * Tells for a name whether one of the patterns covers it; `*` stands for any characters.
 *
 * @param option - the name of the option, for the error.
 * @param kind - what the names are names of, for the error: `'nodes of the model'`.
 * @throws TypeError when a pattern matches none of the names, which is a misspelling.
 */
export function nameMatcher(
  option: string,
  patterns: readonly string[],
  names: readonly string[],
  kind: string,
): (name: string) => boolean {
  const known = new Set(names);
  // Whole names are looked up: there may be thousands of them.
  const chosen = new Set(patterns.filter((pattern) => known.has(pattern)));
  const others = patterns.filter((pattern) => !known.has(pattern) || pattern.includes('*'));
  const expressions = others.map((pattern) => {
    const literals = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
    const expression = new RegExp(`^${literals.join('.*')}$`, 's');
    if (names.some((name) => expression.test(name))) return expression;
    throw invalidArgument(option, `names of ${kind}, such as '${names[0]}',`, pattern);
  });
  return (name) => chosen.has(name) || expressions.some((expression) => expression.test(name));
}
