import { open } from 'node:fs/promises';
import { TensorRTError } from '../errors.js';
import { onFile, writeFiles } from '../files.js';
import type { Product } from './libraries.js';

/** What the header of a plan tells, without any library. */
export interface PlanInfo {
  readonly product: Product;
  /** Version of the library that built it: major.minor.patch.build. */
  readonly version: string;
  /** Size that the header gives; undefined for TensorRT, whose header does not say. */
  readonly bytes: number | undefined;
}

const planHeaderBytes = 64;
// The first four bytes, and where the four bytes of the version and the total size (64 bits) are.
const magics: Record<string, Product> = { vtrt: 'tensorrt-rtx', ftrt: 'tensorrt' };
const versionOffset = 24;
const sizeOffset = 16;

function parseHeader(header: Uint8Array): PlanInfo | undefined {
  const view = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const product = magics[view.toString('latin1', 0, 4)];
  if (product === undefined || header.byteLength < planHeaderBytes) return undefined;
  return {
    product,
    version: [...view.subarray(versionOffset, versionOffset + 4)].join('.'),
    bytes: product === 'tensorrt-rtx' ? Number(view.readBigUInt64LE(sizeOffset)) : undefined,
  };
}

/** A serialised engine, as {@link buildEngine} returns it. */
export class Plan {
  /** The whole file. */
  readonly data: Uint8Array;
  readonly product: Product;
  /** Version of the library that built it: major.minor.patch.build. */
  readonly version: string;
  /** Compute capabilities it was compiled for, where they were chosen. */
  readonly targets: readonly string[];
  /** How long TensorRT took to parse and build. */
  readonly seconds: number;

  /** @internal */
  constructor(data: Uint8Array, facts: { targets: readonly string[]; seconds: number }) {
    const info = checkedInfo(data, data.byteLength, undefined);
    this.data = data;
    this.product = info.product;
    this.version = info.version;
    this.targets = facts.targets;
    this.seconds = facts.seconds;
  }

  /** Size of the plan. */
  get bytes(): number {
    return this.data.byteLength;
  }

  /**
   * Writes the plan to a file, whole or not at all.
   *
   * @throws TensorRTError ERR_FILE
   */
  async save(path: string): Promise<void> {
    await writeFiles([{ path, parts: [this.data] }]);
  }
}

/**
 * The header of a plan in memory or in a file, after a check that the plan is as long as it says.
 *
 * @throws TensorRTError ERR_FILE, ERR_TRT_ENGINE_INVALID
 */
export async function planInfoOf(plan: Uint8Array | string): Promise<PlanInfo> {
  if (typeof plan !== 'string') return checkedInfo(plan, plan.byteLength, undefined);
  const { header, bytes } = await onFile('read', plan, () => readHeader(plan));
  return checkedInfo(header, bytes, plan);
}

async function readHeader(path: string): Promise<{ header: Uint8Array; bytes: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(planHeaderBytes), 0);
    return { header: buffer.subarray(0, bytesRead), bytes: size };
  } finally {
    await file.close();
  }
}

function checkedInfo(header: Uint8Array, bytes: number, file: string | undefined): PlanInfo {
  const info = parseHeader(header);
  const name = file === undefined ? 'The plan' : `The plan ${file}`;
  if (info === undefined) {
    throw new TensorRTError('ERR_TRT_ENGINE_INVALID', `${name} is not a TensorRT plan.`, {
      file,
      remedy: 'Give the result of buildEngine, or a file that Plan.save wrote.',
    });
  }
  if (info.bytes !== undefined && info.bytes !== bytes) {
    throw new TensorRTError(
      'ERR_TRT_ENGINE_INVALID',
      `${name} is damaged: its header says ${info.bytes} bytes, but there are ${bytes}.`,
      { file, remedy: 'Build it again.' },
    );
  }
  return info;
}
