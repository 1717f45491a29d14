/** A TensorRT SDK of the user's, named by TENSORRT_ROOT. It goes before what set-up fetches. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assetFolder } from './cache.mjs';
import { SetupError } from './setup-error.mjs';

const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const subfolder = Object.entries(multiarch).find(([arch]) => arch === process.arch)?.[1] ?? '.';

/**
 * @typedef {object} Sdk
 * @property {'rtx1' | 'trt11'} family
 * @property {string} version
 * @property {string} include
 * @property {boolean} hasLibraries
 */

/**
 * The SDK that TENSORRT_ROOT names; `undefined` where it is not set.
 * @returns {Sdk | undefined}
 * @throws {SetupError} when TENSORRT_ROOT is no SDK, or one of a version that has no support.
 */
export function findSdk() {
  const chosen = process.env['TENSORRT_ROOT'];
  if (!chosen) return undefined;
  const root = resolve(chosen);
  const include = ['include', join('include', subfolder)]
    .map((folder) => join(root, folder))
    .find((folder) => existsSync(join(folder, 'NvInferVersion.h')));
  if (include === undefined || !existsSync(join(include, 'NvOnnxParser.h'))) {
    throw new SetupError(
      `TENSORRT_ROOT is ${root}, which has no include/NvInferVersion.h and include/NvOnnxParser.h: set it to the folder of a TensorRT SDK (with include and lib), or unset it to use the headers that set-up fetches.`,
    );
  }
  const version = versionIn(readFileSync(join(include, 'NvInferVersion.h'), 'utf8'));
  const family = { 1: 'rtx1', 11: 'trt11' }[Number.parseInt(version, 10)];
  if (family !== 'rtx1' && family !== 'trt11') {
    throw new SetupError(
      `TENSORRT_ROOT is ${root}, which holds TensorRT ${version || '(unknown version)'}; this release is built for TensorRT 11 and TensorRT for RTX 1: set it to an SDK of one of these, or unset it.`,
    );
  }
  const library = family === 'rtx1' ? 'libtensorrt_rtx.so' : 'libnvinfer.so';
  const hasLibraries = ['lib', join('lib', subfolder), 'lib64']
    .map((folder) => join(root, folder))
    .some((folder) => existsSync(folder) && readdirSync(folder).some((f) => f.startsWith(library)));
  return { family, version, include, hasLibraries };
}

/**
 * The version in NvInferVersion.h, whose macros are numbers or, in newer releases, other macros.
 * @param {string} text
 */
function versionIn(text) {
  /** @param {string} name @returns {string} */
  const macro = (name) => {
    const value = new RegExp(`^#define\\s+${name}\\s+(\\w+)`, 'm').exec(text)?.[1] ?? '';
    return /^[A-Z]/.test(value) ? macro(value) : value;
  };
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map((part) => macro(`NV_TENSORRT_${part}`));
  return parts.every((part) => part !== '') ? parts.join('.') : '';
}

/**
 * The folders of headers that the native build takes.
 * @param {Sdk | undefined} sdk
 */
export function headerFolders(sdk) {
  const fetched = assetFolder('tensorrt-headers');
  return {
    rtx1: sdk?.family === 'rtx1' ? sdk.include : join(fetched, 'rtx-1.7'),
    trt11: sdk?.family === 'trt11' ? sdk.include : join(fetched, 'tensorrt-11.4'),
    cuda: join(fetched, 'cuda'),
  };
}
