import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { searchLibraries } from '../../dist/engine/library/libraries.js';
import { openLibrary } from '../../dist/engine/library/library.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'libraries-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

function addFiles(...names: string[]): void {
  for (const name of names) writeFileSync(join(folder, name), 'not a library');
}

describe('searchLibraries', () => {
  it('finds both products in one folder, each with what belongs to it', () => {
    addFiles('libnvinfer.so.11', 'libnvonnxparser.so.11', 'libtensorrt_rtx.so.1');
    addFiles('libnvinfer_plugin.so.11', 'libtensorrt_plugins.so', 'libnvinfer_lean.so.11.4.0');
    const { candidates } = searchLibraries(folder);
    expect(candidates).toEqual([
      {
        product: 'tensorrt-rtx',
        kind: 'full',
        core: join(folder, 'libtensorrt_rtx.so.1'),
        parser: undefined,
        plugins: join(folder, 'libtensorrt_plugins.so'),
        lean: undefined,
        source: 'libraryDir',
      },
      {
        product: 'tensorrt',
        kind: 'full',
        core: join(folder, 'libnvinfer.so.11'),
        parser: join(folder, 'libnvonnxparser.so.11'),
        plugins: join(folder, 'libnvinfer_plugin.so.11'),
        lean: join(folder, 'libnvinfer_lean.so.11.4.0'),
        source: 'libraryDir',
      },
      {
        product: 'tensorrt',
        kind: 'lean',
        core: join(folder, 'libnvinfer_lean.so.11.4.0'),
        parser: undefined,
        plugins: undefined,
        lean: undefined,
        source: 'libraryDir',
      },
    ]);
  });

  it('prefers the most specific file name and the newest version', () => {
    addFiles('libnvinfer.so', 'libnvinfer.so.11', 'libnvinfer.so.11.4.0', 'libnvinfer.so.11.10.0');
    addFiles('libnvinfer_plugin.so.11', 'libnvinfer.so.11.bak');
    expect(searchLibraries(folder).candidates[0]?.core).toBe(join(folder, 'libnvinfer.so.11.10.0'));
  });

  it('looks at TENSORRT_LIB_DIR first, then at the SDK, then at pip packages', () => {
    const environment = join(folder, 'venv');
    const pip = join(environment, 'lib/python3.12/site-packages/tensorrt_libs');
    const sdk = join(folder, 'sdk');
    for (const place of [join(folder, 'explicit'), join(sdk, 'lib'), pip]) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'libnvinfer.so.11'), '');
    }
    vi.stubEnv('TENSORRT_LIB_DIR', join(folder, 'explicit'));
    vi.stubEnv('TENSORRT_ROOT', sdk);
    vi.stubEnv('VIRTUAL_ENV', environment);
    const sources = searchLibraries().candidates.map(({ source }) => source);
    expect(sources.slice(0, 3)).toEqual(['TENSORRT_LIB_DIR', 'TENSORRT_ROOT', 'pip']);
    expect(sources.at(-1)).toBe("the loader's own search");
  });

  it('prefers a full library anywhere to one that only runs engines', () => {
    const lean = join(folder, 'lean');
    const full = join(folder, 'full');
    for (const place of [lean, full]) mkdirSync(place);
    writeFileSync(join(lean, 'libnvinfer_lean.so.11'), '');
    writeFileSync(join(lean, 'libnvinfer_dispatch.so.11'), '');
    writeFileSync(join(full, 'libnvinfer.so.11'), '');
    vi.stubEnv('TENSORRT_LIB_DIR', lean);
    vi.stubEnv('LD_LIBRARY_PATH', full);
    const own = searchLibraries().candidates.filter(({ core }) => core.startsWith(folder));
    expect(own.map(({ kind }) => kind)).toEqual(['full', 'lean', 'dispatch']);
    const known = searchLibraries().candidates.map(({ core }) => core);
    expect(known).toEqual(expect.arrayContaining(['libnvinfer.so.11', 'libnvinfer.so.10']));
  });

  it('knows the pip packages of either product and version of CUDA', () => {
    const site = join(folder, 'venv', 'lib', 'python3.12', 'site-packages');
    const packages = ['tensorrt_cu12_libs', 'tensorrt_cu13_libs', 'tensorrt_libs', 'tensorrt_rtx'];
    const others = ['tensorrt_llm', 'tensorrt', 'torch_tensorrt'];
    for (const name of [...packages, ...others]) {
      mkdirSync(join(site, name), { recursive: true });
      writeFileSync(join(site, name, 'libtensorrt_rtx.so.1'), '');
    }
    vi.stubEnv('VIRTUAL_ENV', join(folder, 'venv'));
    const cores = searchLibraries().candidates.map(({ core }) => core);
    const found = packages.map((name) => join(site, name, 'libtensorrt_rtx.so.1'));
    expect(cores).toEqual(expect.arrayContaining(found));
    expect(cores).not.toContain(join(site, 'tensorrt_llm', 'libtensorrt_rtx.so.1'));
    expect(cores).not.toContain(join(site, 'torch_tensorrt', 'libtensorrt_rtx.so.1'));
  });

  it('tells every folder that it looked into without success', () => {
    vi.stubEnv('TENSORRT_LIB_DIR', join(folder, 'absent'));
    vi.stubEnv('LD_LIBRARY_PATH', folder);
    expect(searchLibraries().tried).toEqual(
      expect.arrayContaining([
        { path: join(folder, 'absent'), source: 'TENSORRT_LIB_DIR', problem: 'no such folder' },
        { path: folder, source: 'LD_LIBRARY_PATH', problem: 'no TensorRT library in it' },
      ]),
    );
  });
});

describe('openLibrary', () => {
  it('lists every path it tried', async () => {
    const opening = openLibrary({ libraryDir: join(folder, 'absent') });
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_TRT_LIBRARY_NOT_FOUND',
      message: expect.stringContaining(`${join(folder, 'absent')}: no such folder`),
      remedy: expect.stringContaining('Give another libraryDir'),
    });
  });

  it("gives the loader's reason for a file that is no library", async () => {
    addFiles('libtensorrt_rtx.so.1');
    await expect(openLibrary({ libraryDir: folder })).rejects.toMatchObject({
      code: 'ERR_TRT_LIBRARY_NOT_FOUND',
      message: expect.stringMatching(/libtensorrt_rtx\.so\.1.*(too short|invalid ELF header)/),
    });
  });

  it('refuses a library that is no TensorRT', async () => {
    // Any other shared object under TensorRT's name: this package's own family library.
    const { copyFileSync } = await import('node:fs');
    const family = join('build', 'Release', 'libtensorrt_node_rtx1.so');
    copyFileSync(family, join(folder, 'libnvinfer.so.11'));
    await expect(openLibrary({ libraryDir: folder })).rejects.toMatchObject({
      code: 'ERR_TRT_LIBRARY_VERSION',
      message: expect.stringContaining('has no getInferLibMajorVersion'),
    });
  });
});
