import { open } from 'node:fs/promises';
import { TensorRTError } from '../../errors.js';
import { onFile } from '../../files.js';
import type { Product } from '../library/libraries.js';

/** What a plan tells of itself, without any library. */
export interface PlanInfo {
  readonly product: Product;
  /** Version of the library that built it: major.minor.patch.build. */
  readonly version: string;
  /** Size of the plan. */
  readonly bytes: number;
  /** Version of the format of the plan, as NVIDIA counts it. */
  readonly serializationVersion: number;
  /**
   * Compute capabilities that it was compiled for. Undefined for a plan of TensorRT for RTX that was
   * built without targets, and for TensorRT, whose header does not say.
   */
  readonly targets: readonly string[] | undefined;
}

const headerBytes = 64;
/** The first four bytes. */
const magics: Record<string, Product> = { vtrt: 'tensorrt-rtx', ftrt: 'tensorrt' };
const serializationVersionOffset = 4;
const versionOffset = 24;
// Of TensorRT for RTX only.
const sizeOffset = 16;
const targetsOffset = 32;
/** One bit each, from the lowest on. */
const targetBits = ['sm75', 'sm80', 'sm86', 'sm89', 'sm120', 'sm121'];

/** The bytes of a header and the size of all that it is the beginning of. */
export interface PlanBeginning {
  readonly header: Uint8Array;
  readonly bytes: number;
  readonly file?: string | undefined;
}

/**
 * Reads a header, and checks that the plan is as long as it says.
 *
 * @throws TensorRTError ERR_TRT_ENGINE_INVALID
 */
export function parsePlanHeader({ header, bytes, file }: PlanBeginning): PlanInfo {
  const view = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const product = magics[view.toString('latin1', 0, 4)];
  const name = file === undefined ? 'The plan' : `The plan ${file}`;
  if (product === undefined || view.byteLength < headerBytes) {
    throw new TensorRTError('ERR_TRT_ENGINE_INVALID', `${name} is not a TensorRT plan.`, {
      file,
      remedy: 'Give the result of buildEngine, or a file that Plan.save wrote.',
    });
  }
  const isRtx = product === 'tensorrt-rtx';
  const stated = isRtx ? Number(view.readBigUInt64LE(sizeOffset)) : bytes;
  if (stated !== bytes) {
    throw new TensorRTError(
      'ERR_TRT_ENGINE_INVALID',
      `${name} is damaged: its header says ${stated} bytes, but there are ${bytes}.`,
      { file, remedy: 'Build it again.' },
    );
  }
  return {
    product,
    version: [...view.subarray(versionOffset, versionOffset + 4)].join('.'),
    bytes,
    serializationVersion: view.readUInt32LE(serializationVersionOffset),
    targets: isRtx ? targetsOf(view.readUInt32LE(targetsOffset)) : undefined,
  };
}

/** Undefined where a bit is set whose meaning only a later version knows. */
function targetsOf(mask: number): string[] | undefined {
  if (mask >>> targetBits.length !== 0) return undefined;
  return targetBits.filter((_, bit) => (mask >>> bit) & 1);
}

/** @throws TensorRTError ERR_FILE */
export async function readPlanBeginning(path: string): Promise<PlanBeginning> {
  return onFile('read', path, async () => {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0);
      return { header: buffer.subarray(0, bytesRead), bytes: size, file: path };
    } finally {
      await file.close();
    }
  });
}
