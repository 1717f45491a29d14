/** The model that is built, and the library that builds it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `[batch, sequence]` of both inputs. */
export const encoderShape = { min: [1, 1], opt: [8, 128], max: [32, 256] };

/**
 * Writes an encoder with random weights where there is none yet.
 * @param {string} file
 * @param {string} architecture Such as `bert-base`: a key of scripts/models/architectures.ts.
 */
export function writeEncoder(file, architecture = 'minilm') {
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  const script = fileURLToPath(new URL('../../scripts/models/write-model.ts', import.meta.url));
  const args = ['tsx', script, file, architecture, '--no-token-types'];
  execFileSync('npx', args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** The installed TensorRT for RTX. */
export async function realLibrary() {
  const { doctor } = await import('../../dist/index.js');
  const found = (await doctor()).libraries.find(
    ({ product, parser, version }) => product === 'tensorrt-rtx' && parser && version,
  );
  if (!found?.parser) throw new Error('No TensorRT for RTX with a parser was found');
  return { core: found.core, parser: found.parser, version: `${found.version}` };
}
