import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidArgument } from '../../arguments.js';
import { makeTemporaryFolder, onFile } from '../../files.js';
import { Plan } from './plan.js';

/**
 * A plan: the result of {@link buildEngine}, its bytes, the path of a file, or its bytes in pieces,
 * such as a `ReadableStream` of a response.
 */
export type PlanInput =
  | Plan
  | Uint8Array
  | string
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** A plan where it can be read, until it is given back. */
export interface PlanAtHand {
  readonly source: Uint8Array | string;
  giveBack(): Promise<void>;
}

/**
 * Makes a plan readable. Pieces go through a temporary file, so that memory stays flat.
 *
 * @throws TensorRTError ERR_FILE; whatever the pieces' source throws; the signal's `reason`
 * @throws TypeError
 */
export async function planAtHand(plan: PlanInput, signal?: AbortSignal): Promise<PlanAtHand> {
  // The plan is kept until it is given back: while it lives, its cache does not remove the file.
  if (plan instanceof Plan) return { source: plan.source, giveBack: async () => void plan };
  if (typeof plan === 'string' || plan instanceof Uint8Array) {
    return { source: plan, giveBack: async () => {} };
  }
  if (!isIterable(plan)) {
    throw invalidArgument('plan', 'a Plan, a Uint8Array, a path or a stream of bytes', plan);
  }
  return spool(plan, signal);
}

function isIterable(value: unknown): value is Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  const given = value as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  return (
    typeof given?.[Symbol.asyncIterator] === 'function' ||
    typeof given?.[Symbol.iterator] === 'function'
  );
}

async function spool(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<PlanAtHand> {
  const directory = await makeTemporaryFolder();
  const giveBack = () => rm(directory, { recursive: true, force: true });
  const path = join(directory, 'engine.plan');
  try {
    await onFile('write', path, () => writePieces(path, pieces, signal));
    return { source: path, giveBack };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

async function writePieces(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      if (!(piece instanceof Uint8Array)) {
        throw invalidArgument('each piece of the plan', 'a Uint8Array', piece);
      }
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
}
