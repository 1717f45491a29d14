import { runtimeNames } from '../../runtime/runtime.js';
import { precisions } from '../../variants/precision.js';

/** What a value has to be: says what is wrong with it, or undefined where nothing is. */
type Shape = (value: unknown, place: string) => string | undefined;

/** What is wrong with a value, and where, as `cells[2].result.latency.p99 is null`. */
export function findProblem(value: unknown, shape: Shape): string | undefined {
  return shape(value, '');
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function thing(isRight: (value: unknown) => boolean): Shape {
  return (value, place) => (isRight(value) ? undefined : `${place} is ${show(value)}`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const text = thing((value) => typeof value === 'string');
const flag = thing((value) => typeof value === 'boolean');
const amount = thing((value) => Number.isFinite(value) && (value as number) >= 0);
const count = thing((value) => Number.isSafeInteger(value) && (value as number) >= 0);
/** Which may be any: a release that knows more writes more. */
const anything: Shape = () => undefined;

function oneOf(choices: readonly unknown[]): Shape {
  return thing((value) => choices.includes(value));
}

function optional(shape: Shape): Shape {
  return (value, place) => (value === undefined ? undefined : shape(value, place));
}

function list(shape: Shape): Shape {
  return (value, place) =>
    Array.isArray(value)
      ? first(value, (entry, index) => shape(entry, `${place}[${index}]`))
      : `${place} is ${show(value)}, not a list`;
}

/** An object whose keys are names. */
function named(shape: Shape): Shape {
  return (value, place) =>
    isObject(value)
      ? first(Object.entries(value), ([name, entry]) => shape(entry, `${place}['${name}']`))
      : `${place} is ${show(value)}, not an object`;
}

/** An object that has at least these fields. */
function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, place) =>
    isObject(value)
      ? first(Object.entries(shapes), ([key, shape]) =>
          shape(value[key], place === '' ? key : `${place}.${key}`),
        )
      : `${place} is ${show(value)}, not an object`;
}

function first<T>(
  entries: readonly T[],
  problemOf: (entry: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, entry] of entries.entries()) {
    const problem = problemOf(entry, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const distribution = fields({
  count,
  ...{ min: amount, mean: amount, median: amount, p90: amount, p95: amount },
  ...{ p99: amount, p999: amount, max: amount, variation: amount },
});

const result = fields({
  provider: text,
  inferences: count,
  failures: count,
  unserved: optional(count),
  wallMs: amount,
  inferencesPerSecond: amount,
  samplesPerSecond: optional(amount),
  latency: distribution,
  queue: optional(distribution),
  enqueue: optional(distribution),
  copyIn: optional(distribution),
  compute: optional(distribution),
  copyOut: optional(distribution),
  memory: fields({ hostPeak: optional(amount), devicePeak: optional(amount) }),
  energy: optional(fields({ joules: amount, watts: amount })),
  cost: optional(fields({ price: optional(amount), joules: optional(amount) })),
  warnings: list(fields({ code: text, message: text })),
  samples: list(amount),
});

const cell = fields({
  name: text,
  parameters: fields({
    runtime: oneOf(runtimeNames),
    precision: optional(oneOf(precisions)),
    batch: optional(count),
    length: optional(count),
    rate: optional(amount),
  }),
  shapes: named(list(count)),
  notes: optional(list(text)),
  work: optional(fields({ flops: amount, bytes: amount })),
  result: optional(result),
  problem: optional(text),
});

/** What {@link BenchReport} says, past its format and version. */
export const reportShape = fields({
  date: text,
  machine: fields({
    cpu: text,
    cores: count,
    memoryBytes: amount,
    system: text,
    gpu: optional(text),
  }),
  versions: named(text),
  model: fields({ name: text, bytes: amount, sha256: text }),
  method: fields({
    warmupMs: amount,
    durationMs: amount,
    iterations: count,
    contexts: count,
    concurrency: count,
    cudaGraphs: flag,
    transfers: anything,
    inputs: oneOf(['random', 'samples']),
    pricePerHour: optional(amount),
  }),
  cells: list(cell),
});
