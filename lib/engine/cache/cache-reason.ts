import type { EngineIngredients } from './cache-key.js';

/** A plan that is in the cache. */
interface Known {
  readonly ingredients: EngineIngredients;
  readonly lastUsed: Date;
}

/**
 * Says why there is no entry for `wanted`: what sets it apart from the nearest entry of the same
 * model.
 */
export function explainMiss(wanted: EngineIngredients, known: readonly Known[]): string {
  const explained = known
    .filter(({ ingredients }) => isSameModel(ingredients, wanted))
    .map((entry) => ({ ...entry, changes: differences(entry.ingredients, wanted) }))
    .sort((a, b) => a.changes.length - b.changes.length || +b.lastUsed - +a.lastUsed);
  return explained[0]?.changes.join('; ') ?? 'never built, or removed since';
}

/** The same content, or the next content of the same file or of a graph with the same interface. */
function isSameModel({ model: a }: EngineIngredients, { model: b }: EngineIngredients): boolean {
  if (a.sha256 === b.sha256) return true;
  if (a.path !== undefined && a.path === b.path) return true;
  return a.name === b.name && text([a.inputs, a.outputs]) === text([b.inputs, b.outputs]);
}

function differences(before: EngineIngredients, now: EngineIngredients): string[] {
  const changes: string[] = [];
  if (before.model.sha256 !== now.model.sha256) changes.push('model content changed');
  for (const [field, name] of [
    ['product', 'product'],
    ['version', 'library'],
    ['parser', 'parser'],
  ] as const) {
    if (before[field] !== now[field]) changes.push(`${name} ${before[field]} -> ${now[field]}`);
  }
  const options = changedLeaves(before.options, now.options);
  if (options.length > 0) changes.push(`options changed: ${options.join(', ')}`);
  changes.push(...profileChanges(before, now), ...pluginChanges(before, now));
  changes.push(...changedLeaves(before.target, now.target));
  return changes;
}

function profileChanges(
  { profiles: before }: EngineIngredients,
  { profiles: now }: EngineIngredients,
): string[] {
  if (before.length !== now.length) return [`number of profiles ${before.length} -> ${now.length}`];
  return now.flatMap((profile, index) =>
    changedLeaves(before[index] ?? {}, profile, { separator: ' ', absent: 'none' }).map(
      (change) => `profile ${now.length > 1 ? `${index} ` : ''}${change}`,
    ),
  );
}

function pluginChanges(
  { plugins: before }: EngineIngredients,
  { plugins: now }: EngineIngredients,
): string[] {
  const describe = (plugins: EngineIngredients['plugins']) =>
    plugins.map(({ sha256, serialized }) => [sha256, serialized]);
  if (text(describe(before)) === text(describe(now))) return [];
  const names = (plugins: EngineIngredients['plugins']) => text(plugins.map(({ name }) => name));
  return names(before) === names(now)
    ? [`content of plugins ${names(now)} changed`]
    : [`plugins ${names(before)} -> ${names(now)}`];
}

/** The values within two objects that are not the same, as `key.key before -> now`. */
function changedLeaves(
  before: object,
  now: object,
  { separator = '.', absent = 'default' } = {},
): string[] {
  const [from, to] = [leaves(before, separator), leaves(now, separator)];
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((path) => from.get(path) !== to.get(path))
    .map((path) => `${path} ${from.get(path) ?? absent} -> ${to.get(path) ?? absent}`);
}

/** What lies within an object, each by the keys that lead there. A list is one value. */
function leaves(value: object, separator: string, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      const below = leaves(inner, separator, `${prefix}${key}${separator}`);
      for (const [path, leaf] of below) found.set(path, leaf);
    } else if (inner !== undefined) {
      found.set(`${prefix}${key}`, text(inner));
    }
  }
  return found;
}

/** Lists as [1, 2], the rest as it is. */
function text(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(text).join(', ')}]` : String(value);
}
