import { StagedFiles } from './onnx/files.js';

export { onFile } from './onnx/files.js';

/**
 * Writes a file under a temporary name in the same folder and renames it, so that no reader ever
 * sees half of it.
 *
 * @throws TensorRTError ERR_FILE
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const staged = new StagedFiles();
  try {
    await staged.write(path, [bytes]);
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}
