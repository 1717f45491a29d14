import type { BuilderOptions } from '../engine/build/build-options.js';
import type { MemoryPools } from '../engine/build/build-switches.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the flags of a trtexec command line come to. */
export interface TrtexecLine {
  /** Options of `tensorrt-node bench`, and whatever trtexec does not know. */
  readonly args: string[];
  /** Of `--onnx` or `--loadEngine`. */
  model: string | undefined;
  /** The precisions that were allowed; an engine here has one. */
  readonly precisions: Set<'fp16' | 'bf16' | 'int8' | 'fp8'>;
  /** For the builder. */
  readonly build: Mutable<BuilderOptions>;
  /** What is without meaning here, and why. */
  readonly notes: string[];
}

/** A flag of trtexec, and what is made of it. */
export interface TrtexecFlag {
  readonly name: string;
  /** What its value is; empty where it has none. */
  readonly value: string;
  /** For the documentation: what it is here. */
  readonly means: string;
  /** @throws TypeError for a wrong value, and for a flag that has no meaning here but cannot be ignored. */
  readonly apply: (line: TrtexecLine, value: string) => void;
}

/** It is an option of `bench` by another name. */
export function gives(name: string, value: string, option: string): TrtexecFlag {
  const apply = (line: TrtexecLine, given: string) => {
    line.args.push(value === '' ? option : `${option}=${given}`);
  };
  return { name, value, means: `\`${option}\``, apply };
}

/** `bench` has the same option. */
export function same(name: string, value: string): TrtexecFlag {
  const flag = gives(name, value, `--${name}`);
  return { ...flag, means: 'the same' };
}

/** It names what is measured. */
export function names(name: string, what: string): TrtexecFlag {
  const apply = (line: TrtexecLine, file: string) => {
    if (line.model !== undefined) {
      throw new TypeError(`Expected one model or plan, not '${line.model}' and '${file}'`);
    }
    line.model = file;
  };
  return { name, value: 'file', means: what, apply };
}

export function precision(
  name: string,
  allowed: readonly ('fp16' | 'bf16' | 'int8' | 'fp8')[],
): TrtexecFlag {
  const means = `the model is converted first, as by \`--matrix precision=${allowed.join('+')}\``;
  const apply = ({ precisions }: TrtexecLine) => {
    for (const each of allowed) precisions.add(each);
  };
  return { name, value: '', means, apply };
}

/** It is an option of `buildEngine`; switches and lists of several flags are put together. */
export function builds<Key extends keyof BuilderOptions>(
  name: string,
  value: string,
  option: Key,
  read: (text: string) => BuilderOptions[Key],
): TrtexecFlag {
  const apply = ({ build }: TrtexecLine, text: string) => {
    build[option] = joined(build[option], reading(name, text, read));
  };
  const means = `\`${value === '' ? switched(option, read('')) : option}\` of the build`;
  return { name, value, means, apply };
}

/** `flags.tf32: false` */
function switched(option: string, values: unknown): string {
  const [[key, value] = []] = Object.entries(values as object);
  return `${option}.${key}: ${value}`;
}

function joined<T>(before: T | undefined, now: T): T {
  if (Array.isArray(before)) return [...before, ...(now as unknown[])] as T;
  return typeof before === 'object' ? { ...before, ...now } : now;
}

function reading<T>(name: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw new TypeError(`--${name}=${text}: ${(error as Error).message}`);
  }
}

/** It has no meaning here, and nothing is lost by leaving it out. */
export function idle(name: string, why: string, value = ''): TrtexecFlag {
  const apply = ({ notes }: TrtexecLine) => {
    notes.push(`--${name} has no meaning here: ${why}.`);
  };
  return { name, value, means: `nothing: ${why}`, apply };
}

/** What it asks for is not done here, and leaving it out would hide that. */
export function refused(name: string, instead: string): TrtexecFlag {
  const apply = () => {
    throw new TypeError(`--${name} is not taken here: ${instead}`);
  };
  return { name, value: anyValue, means: `refused: ${instead}`, apply };
}

/** The value of a flag that is refused, with or without one. */
export const anyValue = 'any';

export function whole(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new TypeError('expected a whole number');
}

/** Reads a value of a fixed set. */
export function choice<T>(choices: Readonly<Record<string, T>>): (text: string) => T {
  return (text) => {
    if (Object.hasOwn(choices, text)) return choices[text] as T;
    throw new TypeError(`expected one of ${Object.keys(choices).join(', ')}`);
  };
}

const units: Readonly<Record<string, number>> = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Sizes are in MiB, unless they say B, K, M or G; people also write MiB, GB and the like. */
export function mebibytes(text: string): number {
  const [, size, unit = 'M'] = /^(\d+(?:\.\d+)?)(?:([BKMG])(?:i?B)?)?$/i.exec(text) ?? [];
  if (size === undefined) throw new TypeError('expected a size such as 4096 or 4G');
  return Math.round(Number(size) * (units[unit.toUpperCase()] as number));
}

const poolNames: Readonly<Record<string, keyof MemoryPools>> = {
  workspace: 'workspace',
  dlaSRAM: 'dlaManagedSram',
  dlaLocalDRAM: 'dlaLocalDram',
  dlaGlobalDRAM: 'dlaGlobalDram',
  tacticSharedMem: 'tacticSharedMemory',
};

/** Reads `workspace:4096,tacticSharedMem:48K`. */
export function pools(text: string): MemoryPools {
  const entries = text.split(',').map((part) => {
    const [name = '', size = ''] = part.split(':');
    return [choice(poolNames)(name), mebibytes(size)] as const;
  });
  return Object.fromEntries(entries);
}
