import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../files.js';
import type { Model } from '../onnx/model.js';

/** A model in a temporary folder of its own, for a runtime that reads files. */
export interface ModelFile {
  readonly path: string;
  /** Holds the model and its external data, and nothing else. */
  readonly directory: string;
  remove(): Promise<void>;
}

/** @throws TensorRTError `ERR_FILE` when the temporary folder cannot be written. */
export async function writeModelFile(model: Model, signal?: AbortSignal): Promise<ModelFile> {
  const directory = await makeTemporaryFolder();
  const remove = () => rm(directory, { recursive: true, force: true });
  const path = join(directory, 'model.onnx');
  try {
    await model.save(path, { signal });
    return { path, directory, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
