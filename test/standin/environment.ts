import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the stand-ins of a build are, and a folder that gives them the names of the real ones. */
export interface Standins {
  /** For the option `libraryDir`. */
  readonly libraryDir: string;
  /** Makes the addon use them. */
  readonly env: {
    TENSORRT_NODE_ADDON: string;
    TENSORRT_NODE_LIBCUDA: string;
    TENSORRT_NODE_LIBNVML: string;
  };
  remove(): void;
}

/** The addon's build folder that this run of the tests is about. */
export const currentBuild = resolve(
  process.env['TENSORRT_NODE_ADDON'] ?? 'build/Release/addon',
  '..',
);

const names = {
  'libtensorrt_rtx.so.1': 'libtensorrt_rtx_standin.so',
  'libtensorrt_onnxparser_rtx.so.1': 'libtensorrt_onnxparser_rtx_standin.so',
  'libnvinfer.so.11': 'libnvinfer_standin.so',
  'libnvonnxparser.so.11': 'libnvonnxparser_standin.so',
  // The other two look for it beside themselves.
  'libcuda_standin.so': 'libcuda_standin.so',
};

/** @param release - a folder with the addon, such as `build/Release`. */
export function prepareStandins(release = currentBuild): Standins {
  const standins = resolve(release, 'standin');
  const libraryDir = mkdtempSync(join(tmpdir(), 'standins-'));
  for (const [name, standin] of Object.entries(names)) {
    symlinkSync(join(standins, standin), join(libraryDir, name));
  }
  return {
    libraryDir,
    env: {
      TENSORRT_NODE_ADDON: resolve(release, 'tensorrt_node.node'),
      TENSORRT_NODE_LIBCUDA: join(standins, 'libcuda_standin.so'),
      TENSORRT_NODE_LIBNVML: join(standins, 'libnvidia-ml_standin.so'),
    },
    remove: () => rmSync(libraryDir, { recursive: true }),
  };
}
