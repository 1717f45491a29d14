import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { rtxLibraryFolder } from './cache-folder.mjs';

/** NVIDIA's two products: TensorRT, and TensorRT for RTX. */
export type Product = 'tensorrt' | 'tensorrt-rtx';

export const products: readonly Product[] = ['tensorrt-rtx', 'tensorrt'];

/** A TensorRT library that is on disk, or that the system's loader may know by name. */
export interface LibraryCandidate {
  readonly product: Product;
  /** Path of the core library, or its bare name for the loader's own search. */
  readonly core: string;
  /** The ONNX parser; undefined where the core's folder has none. */
  readonly parser: string | undefined;
  /** Which setting or convention led here. */
  readonly source: string;
}

/** A folder that was looked into without success. */
export interface TriedFolder {
  readonly path: string;
  readonly source: string;
  readonly problem: string;
}

export interface LibrarySearch {
  /** In the order of preference. */
  readonly candidates: readonly LibraryCandidate[];
  readonly tried: readonly TriedFolder[];
}

interface Folder {
  path: string;
  source: string;
}

const fileNames: Record<Product, { core: string; parser: string; soname: [string, string] }> = {
  'tensorrt-rtx': {
    core: 'libtensorrt_rtx.so',
    parser: 'libtensorrt_onnxparser_rtx.so',
    soname: ['libtensorrt_rtx.so.1', 'libtensorrt_onnxparser_rtx.so.1'],
  },
  tensorrt: {
    core: 'libnvinfer.so',
    parser: 'libnvonnxparser.so',
    soname: ['libnvinfer.so.11', 'libnvonnxparser.so.11'],
  },
};

/**
 * Looks for TensorRT libraries, in this order: `folder` (then nowhere else), the folder in
 * `TENSORRT_LIB_DIR`, the SDK in `TENSORRT_ROOT`, pip packages of an active virtual environment or
 * of the system, `LD_LIBRARY_PATH`, the usual folders, what `npm run setup` fetched, and the
 * loader's own search by name. Nothing is opened.
 */
export function searchLibraries(folder?: string): LibrarySearch {
  const folders = folder === undefined ? usualFolders() : [{ path: folder, source: 'libraryDir' }];
  const candidates: LibraryCandidate[] = [];
  const tried: TriedFolder[] = [];
  for (const place of folders) {
    const { found, problem } = librariesIn(place);
    candidates.push(...found);
    if (problem !== undefined) tried.push({ ...place, problem });
  }
  if (folder === undefined) candidates.push(...products.map(knownToLoader));
  return { candidates, tried };
}

function knownToLoader(product: Product): LibraryCandidate {
  const [core, parser] = fileNames[product].soname;
  return { product, core, parser, source: "the loader's own search" };
}

function librariesIn(folder: Folder): { found: LibraryCandidate[]; problem?: string } {
  let entries: string[];
  try {
    entries = readdirSync(folder.path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { found: [], problem: missing ? 'no such folder' : (error as Error).message };
  }
  const found: LibraryCandidate[] = [];
  for (const product of products) {
    const core = mostSpecific(entries, fileNames[product].core);
    if (core === undefined) continue;
    const parser = mostSpecific(entries, fileNames[product].parser);
    found.push({
      product,
      core: join(folder.path, core),
      parser: parser && join(folder.path, parser),
      source: folder.source,
    });
  }
  return found.length > 0 ? { found } : { found, problem: 'no TensorRT library in it' };
}

/** Of `name`, `name.1` and `name.1.7.1` the last: links to it may be missing or point elsewhere. */
function mostSpecific(entries: string[], name: string): string | undefined {
  const matches = entries.filter(
    (entry) => entry.startsWith(name) && /^(\.\d+)*$/.test(entry.slice(name.length)),
  );
  const collator = new Intl.Collator('en', { numeric: true });
  return matches.sort((a, b) => a.length - b.length || collator.compare(a, b)).at(-1);
}

function usualFolders(): Folder[] {
  const folders: Folder[] = [];
  const add = (source: string, ...paths: string[]) => {
    for (const path of paths) folders.push({ path, source });
  };
  const { TENSORRT_LIB_DIR, TENSORRT_ROOT, LD_LIBRARY_PATH } = process.env;
  if (TENSORRT_LIB_DIR) add('TENSORRT_LIB_DIR', TENSORRT_LIB_DIR);
  if (TENSORRT_ROOT) add('TENSORRT_ROOT', join(TENSORRT_ROOT, 'lib'), join(TENSORRT_ROOT, 'lib64'));
  for (const site of sitePackages()) {
    add('pip', ...['tensorrt_libs', 'tensorrt_rtx_libs', 'tensorrt_rtx'].map((p) => join(site, p)));
  }
  add('LD_LIBRARY_PATH', ...(LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean));
  add(
    'usual folder',
    '/usr/lib/x86_64-linux-gnu',
    '/usr/local/tensorrt/lib',
    '/usr/local/cuda/lib64',
    '/opt/tensorrt/lib',
  );
  add('npm run setup', rtxLibraryFolder());
  return folders;
}

/** The site-packages folders of Python environments, without starting a Python. */
function sitePackages(): string[] {
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const roots = [VIRTUAL_ENV, CONDA_PREFIX, join(homedir(), '.local'), '/usr/local'];
  return roots
    .filter((root) => root !== undefined)
    .flatMap((root) => {
      const lib = join(root, 'lib');
      return pythonFolders(lib).flatMap((python) => [
        join(lib, python, 'site-packages'),
        join(lib, python, 'dist-packages'),
      ]);
    });
}

function pythonFolders(lib: string): string[] {
  try {
    return readdirSync(lib).filter((entry) => /^python3\.\d+$/.test(entry));
  } catch {
    return [];
  }
}
