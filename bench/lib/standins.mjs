/** The stand-ins of the tests, set up so that this process and its children run on them. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `node scripts/build-native.mjs --out build/bench --standins --bench` builds. */
export const defaultBuild = fileURLToPath(new URL('../../build/bench', import.meta.url));

/**
 * Must be called before the package is imported.
 * @param {string} build Folder of a native build.
 */
export function useStandins(build) {
  const release = join(build, 'Release');
  const standins = join(release, 'standin');
  const folder = mkdtempSync(join(tmpdir(), 'tensorrt-node-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const library = join(folder, 'libtensorrt_rtx.so.1');
  symlinkSync(join(standins, 'libtensorrt_rtx_standin.so'), library);
  symlinkSync(join(standins, 'libcuda_standin.so'), join(folder, 'libcuda_standin.so'));
  process.env['TENSORRT_NODE_ADDON'] = join(release, 'tensorrt_node.node');
  process.env['TENSORRT_NODE_LIBCUDA'] = join(standins, 'libcuda_standin.so');
  const plan = join(folder, 'classifier.plan');
  writeFileSync(plan, classifierPlan());
  return { release, libraryDir: folder, library, plan };
}

const headerBytes = 64;

/**
 * A plan for the stand-in of TensorRT for RTX, in the format of test/standin/README.md: two inputs of
 * token ids and mask, as a text classifier has, and so little to compute that the rest is measured.
 */
function classifierPlan() {
  const text = [
    'name "bench"',
    'input "input_ids" int64 [-1,-1]',
    'input "attention_mask" int64 [-1,-1]',
    'op mul "masked" "input_ids" "attention_mask"',
    'op cast "tokens" "masked" float32',
    'op sum "total" "tokens" 1',
    'op constant "head" float32 [1,2] 0.5 -0.25',
    'op matmul "logits" "total" "head"',
    'output "logits"',
    'profile',
    'range "input_ids" [1,1] [1,128] [8,512]',
    'range "attention_mask" [1,1] [1,128] [8,512]',
    '',
  ].join('\n');
  const plan = Buffer.alloc(headerBytes + Buffer.byteLength(text));
  plan.write('vtrt', 0);
  plan.writeBigUInt64LE(BigInt(plan.length), 16);
  plan.set([1, 7, 1, 116], 24);
  plan.write(text, headerBytes);
  return plan;
}
