/** A TensorRT SDK of the user's, named by TENSORRT_ROOT. It goes before what set-up fetches. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assetFolder } from './cache.mjs';
import { SetupError } from './setup-error.mjs';

const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const subfolder = Object.entries(multiarch).find(([arch]) => arch === process.arch)?.[1] ?? '.';

/**
 * @typedef {object} Sdk
 * @property {'rtx1' | 'trt11' | 'trt10'} family
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
  const family = familyOf(version);
  if (family === undefined) {
    throw new SetupError(
      `TENSORRT_ROOT is ${root}, which holds TensorRT ${version || '(unknown version)'}; this release is built for TensorRT 11, TensorRT for RTX 1 and TensorRT 10.16: set it to an SDK of one of these, or unset it.`,
    );
  }
  const library = family === 'rtx1' ? 'libtensorrt_rtx.so' : 'libnvinfer.so';
  const hasLibraries = ['lib', join('lib', subfolder), 'lib64']
    .map((folder) => join(root, folder))
    .some((folder) => existsSync(folder) && readdirSync(folder).some((f) => f.startsWith(library)));
  return { family, version, include, hasLibraries };
}

/**
 * Inside a family newer headers serve older libraries, whose virtual tables only grew. The oldest
 * that serve: the code calls what these have.
 * @param {string} version
 * @returns {Sdk['family'] | undefined}
 */
function familyOf(version) {
  const [major, minor = 0] = version.split('.').map(Number);
  if (major === 1) return 'rtx1';
  if (major === 11) return 'trt11';
  return major === 10 && minor >= 16 ? 'trt10' : undefined;
}

/** @param {string} version @param {string} oldest */
function isAtLeast(version, oldest) {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
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
 * The folders of headers that the native build takes. Those of TensorRT 10 cannot be fetched: the
 * folder is empty where TENSORRT_ROOT does not have them, and the build leaves TensorRT 10 out.
 * @param {Sdk | undefined} sdk
 */
export function headerFolders(sdk) {
  const fetched = assetFolder('tensorrt-headers');
  /** @param {Sdk['family']} family @param {string} oldest */
  const own = (family, oldest) =>
    sdk?.family === family && isAtLeast(sdk.version, oldest) ? sdk.include : undefined;
  return {
    rtx1: own('rtx1', '1.7') ?? join(fetched, 'rtx-1.7'),
    trt11: own('trt11', '11.4') ?? join(fetched, 'tensorrt-11.4'),
    trt10: own('trt10', '10.16') ?? '',
    cuda: join(fetched, 'cuda'),
  };
}
