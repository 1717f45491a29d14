import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';

/** What an option may be, and the form of it that is the same for all values of one meaning. */
export interface Rule {
  /** @throws TypeError that names the option. */
  check(name: string, value: unknown): void;
  /** Undefined where the value is the default. Called with checked values only. */
  canonical(value: unknown): unknown;
}

/** A choice among names, of which the first is the default. */
export function oneOf(names: readonly string[]): Rule {
  return {
    check: (name, value) => checkOneOf(name, value, names),
    canonical: (value) => (value === names[0] ? undefined : value),
  };
}

export function integer(range: { min: number; max?: number; byDefault?: number }): Rule {
  return {
    check: (name, value) => checkInteger(name, value, range.min, range.max),
    canonical: (value) => (value === range.byDefault ? undefined : value),
  };
}

/** An object of booleans; `defaults` has every name. */
export function switches(defaults: object): Rule {
  const byDefault = new Map<string, unknown>(Object.entries(defaults));
  return {
    check: (name, value) =>
      checkMembers(name, value, [...byDefault.keys()], (member, on) => {
        if (typeof on !== 'boolean') throw invalidArgument(member, 'a boolean', on);
      }),
    canonical: (value) =>
      nonEmpty(
        Object.fromEntries(
          Object.entries(value as object).filter(
            ([name, on]) => on !== undefined && on !== byDefault.get(name),
          ),
        ),
      ),
  };
}

/** An object of whole numbers from 0. */
export function integers(names: readonly string[]): Rule {
  return {
    check: (name, value) =>
      checkMembers(name, value, names, (member, count) => checkInteger(member, count, 0)),
    canonical: nonEmpty,
  };
}

/** A list of some of `known`, in any order; an empty one means the same as none. */
export function list(known: readonly string[]): Rule {
  return {
    check: (name, value) => {
      for (const entry of checkArray(name, value)) checkOneOf(name, entry, known);
    },
    canonical: (value) => nonEmpty(asSet(value)),
  };
}

/** As {@link list}, but an empty one is a choice of its own. */
export function choice(known: readonly string[]): Rule {
  return { ...list(known), canonical: asSet };
}

/** Any names, in any order. */
export const names: Rule = {
  check: (name, value) => {
    for (const entry of checkArray(name, value)) checkName(name, entry);
  },
  canonical: (value) => nonEmpty(asSet(value)),
};

/** Any names, whose order counts. */
export const ordered: Rule = { check: names.check, canonical: nonEmpty };

/** Any names, or one word that stands for some. */
export function namesOr(word: string): Rule {
  return {
    check: (name, value) => {
      if (value === word) return;
      if (!Array.isArray(value)) throw invalidArgument(name, `an array or '${word}'`, value);
      names.check(name, value);
    },
    canonical: (value) => (value === word ? value : names.canonical(value)),
  };
}

export const dla: Rule = {
  check: (name, value) =>
    checkMembers(name, value, ['core', 'gpuFallback'], (member, entry) => {
      if (member.endsWith('.core')) checkInteger(member, entry, 0);
      else if (typeof entry !== 'boolean') throw invalidArgument(member, 'a boolean', entry);
    }),
  canonical: (value) => ({ core: 0, gpuFallback: false, ...(value as object) }),
};

/** Names of compiler options, which the compiler splits at spaces, and their values. */
export const routes: Rule = {
  check: (name, value) => {
    checkObject(name, value);
    for (const [key, setting] of Object.entries(value)) {
      if (!/^-[^\s=]+$/.test(key)) {
        throw invalidArgument(name, "names that begin with '-' and have no spaces", key);
      }
      if (typeof setting !== 'string' || !/^\S+$/.test(setting)) {
        throw invalidArgument(`${name}['${key}']`, 'a word', setting);
      }
    }
  },
  canonical: nonEmpty,
};

/** Leaves an empty list or object out. */
export function nonEmpty(value: unknown): unknown {
  return Object.keys(value as object).length > 0 ? value : undefined;
}

/** The same value with the keys of all its objects in alphabetical order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sortKeys(entry)]));
}

function asSet(value: unknown): string[] {
  return [...new Set(value as readonly string[])].toSorted();
}

function checkMembers(
  name: string,
  value: unknown,
  known: readonly string[],
  check: (member: string, value: unknown) => void,
): void {
  checkObject(name, value);
  checkOptions(name, value, known);
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== undefined) check(`${name}.${key}`, entry);
  }
}

function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(name, 'an object', value);
  }
}

function checkArray(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidArgument(name, 'an array', value);
  return value;
}

function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') {
    throw invalidArgument(name, 'strings that are not empty', value);
  }
}
