import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { GraphProtoSchema, type TensorProto } from 'onnx-buf';
import { onTestFinished, type TestContext } from 'vitest';
import {
  casesFolder,
  conformanceObstacle,
  isConformanceDue,
} from '../../scripts/setup/conformance.mjs';

/** One backend test of Python's onnx, as set-up has written it. */
export interface Case {
  readonly kind: Kind;
  /** Unique among all cases. */
  readonly name: string;
  readonly modelFile: string;
  /** Absent where the model takes or gives sequences or optional values. */
  readonly valuesFile: string | undefined;
}

/** How many cases onnx 1.23.2 has. */
export const kinds = {
  node: 1884,
  simple: 23,
  'pytorch-converted': 82,
  'pytorch-operator': 35,
  light: 9,
} as const;

export type Kind = keyof typeof kinds;

/** Skips the test, with the reason, where this machine cannot have Python's packages and cases. */
export async function needPython(context: TestContext): Promise<void> {
  if (!isConformanceDue()) return;
  const obstacle = await conformanceObstacle();
  if (obstacle) context.skip(obstacle);
  throw new Error('The conformance models are not there: run npm run setup -- --test.');
}

/** All cases; where this machine cannot have them, the test is skipped with the reason. */
export async function allCases(context: TestContext): Promise<Case[]> {
  await needPython(context);
  const folder = casesFolder();
  const listed: { kind: Kind; name: string; hasValues: boolean }[] = JSON.parse(
    readFileSync(join(folder, 'cases.json'), 'utf8'),
  );
  return listed.map(({ kind, name, hasValues }) => ({
    kind,
    name,
    modelFile: join(folder, kind, `${name}.onnx`),
    valuesFile: hasValues ? join(folder, kind, `${name}.values`) : undefined,
  }));
}

/** The cases whose model takes and gives tensors alone. */
export function withValues(cases: readonly Case[]): (Case & { valuesFile: string })[] {
  return cases.filter((one): one is Case & { valuesFile: string } => one.valuesFile !== undefined);
}

/** What a case feeds and expects, by name: inputs come first, and a name may be among both. */
export function readValues(file: string): readonly TensorProto[] {
  return fromBinary(GraphProtoSchema, readFileSync(file)).initializer;
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tensorrt-node-conformance-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** `name: n of n`, for the reader of the tests' output. */
export function printCount(what: string, count: number, total: number): void {
  console.log(`${what}: ${count} of ${total}`);
}

/** Prints how many models there are of each reason, the most frequent first, with an example. */
export function printReasons(reasons: Iterable<readonly [name: string, reason: string]>): void {
  const groups = new Map<string, string[]>();
  for (const [name, reason] of reasons) groups.set(reason, [...(groups.get(reason) ?? []), name]);
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  for (const [reason, names] of sorted) {
    console.log(`  ${names.length}: ${reason}, such as ${names[0]}`);
  }
}
