import { createRequire } from 'node:module';

/** That of the package which was loaded. */
export function onnxRuntimeVersion(): string {
  return createRequire(import.meta.url)('onnxruntime-node/package.json').version;
}
