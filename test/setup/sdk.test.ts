import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findSdk, headerFolders } from '../../scripts/setup/sdk.mjs';
import { useTemporaryCache, writeAll } from './helpers.js';

const place = useTemporaryCache();

/** The version header as newer releases write it: macros that name macros. */
function versionHeader(product: string, [major, minor, patch]: number[]) {
  return `
#define TRT_MAJOR_${product} ${major}
#define TRT_MINOR_${product} ${minor}
#define TRT_PATCH_${product} ${patch}
#define NV_TENSORRT_MAJOR TRT_MAJOR_${product} //!< TensorRT major version.
#define NV_TENSORRT_MINOR TRT_MINOR_${product} //!< TensorRT minor version.
#define NV_TENSORRT_PATCH TRT_PATCH_${product} //!< TensorRT patch version.
`;
}

function useSdk(files: Record<string, string>) {
  writeAll(place.folder, files);
  vi.stubEnv('TENSORRT_ROOT', place.folder);
}

const parser = { 'include/NvOnnxParser.h': '' };

describe('TENSORRT_ROOT', () => {
  it('may be unset: all headers are the fetched ones', () => {
    vi.stubEnv('TENSORRT_ROOT', '');
    expect(findSdk()).toBeUndefined();
    const { rtx1, trt11 } = headerFolders(undefined);
    expect([rtx1, trt11].every((folder) => folder.startsWith(place.cache))).toBe(true);
  });

  it('serves the family of its headers, and the other one is fetched', () => {
    useSdk({
      ...parser,
      'include/NvInferVersion.h': versionHeader('RTX', [1, 7, 2]),
      'lib/libtensorrt_rtx.so.1.7.2': '',
    });
    const sdk = findSdk();
    expect(sdk).toMatchObject({ family: 'rtx1', version: '1.7.2', hasLibraries: true });
    expect(headerFolders(sdk).rtx1).toBe(join(place.folder, 'include'));
    expect(headerFolders(sdk).trt11.startsWith(place.cache)).toBe(true);
  });

  it.each([
    ['RTX', [1, 6, 2], 'rtx1'],
    ['ENTERPRISE', [11, 1, 0], 'trt11'],
  ] as const)(
    'gives its libraries where its headers of %s %j are too old',
    (name, version, family) => {
      useSdk({ ...parser, 'include/NvInferVersion.h': versionHeader(name, [...version]) });
      const sdk = findSdk();
      expect(sdk).toMatchObject({ family, version: version.join('.') });
      expect(headerFolders(sdk)[family].startsWith(place.cache)).toBe(true);
    },
  );

  it('may be TensorRT 10, which nothing else can give', () => {
    expect(headerFolders(undefined).trt10).toBe('');
    useSdk({ ...parser, 'include/NvInferVersion.h': versionHeader('ENTERPRISE', [10, 16, 1]) });
    const sdk = findSdk();
    expect(sdk).toMatchObject({ family: 'trt10', version: '10.16.1' });
    expect(headerFolders(sdk).trt10).toBe(join(place.folder, 'include'));
  });

  it('is refused for a TensorRT 10 whose headers lack what the code calls', () => {
    useSdk({ ...parser, 'include/NvInferVersion.h': versionHeader('ENTERPRISE', [10, 3, 0]) });
    expect(findSdk).toThrow(/TensorRT 10\.3\.0.*TensorRT 10\.16/s);
  });

  it('may be TensorRT 11 with headers whose macros are plain numbers', () => {
    useSdk({
      ...parser,
      'include/NvInferVersion.h':
        '#define NV_TENSORRT_MAJOR 11\n#define NV_TENSORRT_MINOR 0\n#define NV_TENSORRT_PATCH 3\n',
    });
    expect(findSdk()).toMatchObject({ family: 'trt11', version: '11.0.3', hasLibraries: false });
  });

  it('is refused without headers', () => {
    useSdk({ 'lib/libnvinfer.so.11': '' });
    expect(findSdk).toThrow(/no include\/NvInferVersion\.h.*unset it/s);
  });

  it('is refused without the headers of the ONNX parser', () => {
    useSdk({ 'include/NvInferVersion.h': versionHeader('ENTERPRISE', [11, 4, 0]) });
    expect(findSdk).toThrow(/NvOnnxParser\.h/);
  });

  it('is refused for a version that has no support, which it names', () => {
    useSdk({ ...parser, 'include/NvInferVersion.h': versionHeader('ENTERPRISE', [8, 6, 1]) });
    expect(findSdk).toThrow(
      /TensorRT 8\.6\.1.*TensorRT 11, TensorRT for RTX 1 and TensorRT 10\.16/s,
    );
  });

  it('is refused when the version cannot be read', () => {
    useSdk({ ...parser, 'include/NvInferVersion.h': '' });
    expect(findSdk).toThrow(/unknown version/);
  });
});
