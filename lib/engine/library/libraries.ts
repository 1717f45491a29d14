import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { rtxLibraryFolder } from '../cache/cache-folder.mjs';

/** NVIDIA's two products: TensorRT, and TensorRT for RTX. */
export type Product = 'tensorrt' | 'tensorrt-rtx';

export const products: readonly Product[] = ['tensorrt-rtx', 'tensorrt'];

/** What a core library can do: everything, or only run version-compatible plans. */
export type LibraryKind = 'full' | 'lean' | 'dispatch';

/** A TensorRT library that is on disk, or that the system's loader may know by name. */
export interface LibraryCandidate {
  readonly product: Product;
  readonly kind: LibraryKind;
  /** Path of the core library, or its bare name for the loader's own search. */
  readonly core: string;
  /** The ONNX parser; undefined where the core's folder has none. */
  readonly parser: string | undefined;
  /** TensorRT's own plugins; undefined where the core's folder has none. */
  readonly plugins: string | undefined;
  /** The lean runtime beside a full library, for version-compatible plans that carry none. */
  readonly lean: string | undefined;
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

interface FileNames {
  /** Each without its version. */
  readonly core: Partial<Record<LibraryKind, string>>;
  readonly parser: string;
  readonly plugins: string;
  /** What follows the names in the loader's own search, the newest first. */
  readonly versions: readonly string[];
}

const fileNames: Record<Product, FileNames> = {
  'tensorrt-rtx': {
    core: { full: 'libtensorrt_rtx.so' },
    parser: 'libtensorrt_onnxparser_rtx.so',
    plugins: 'libtensorrt_plugins.so',
    versions: ['.1'],
  },
  tensorrt: {
    core: {
      full: 'libnvinfer.so',
      lean: 'libnvinfer_lean.so',
      dispatch: 'libnvinfer_dispatch.so',
    },
    parser: 'libnvonnxparser.so',
    plugins: 'libnvinfer_plugin.so',
    versions: ['.11', '.10'],
  },
};

/** A library that can do more goes before one of another kind, wherever they were found. */
const kinds: readonly LibraryKind[] = ['full', 'lean', 'dispatch'];

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
  if (folder === undefined) candidates.push(...products.flatMap(knownToLoader));
  const rank = ({ kind }: LibraryCandidate) => kinds.indexOf(kind);
  return { candidates: candidates.sort((a, b) => rank(a) - rank(b)), tried };
}

function knownToLoader(product: Product): LibraryCandidate[] {
  const { core, parser, plugins, versions } = fileNames[product];
  return versions.map((version) => ({
    product,
    kind: 'full',
    core: `${core.full}${version}`,
    parser: `${parser}${version}`,
    plugins: product === 'tensorrt' ? `${plugins}${version}` : plugins,
    lean: core.lean && `${core.lean}${version}`,
    source: "the loader's own search",
  }));
}

/** What all of them begin with. A folder of the system has thousands of others. */
const libraryPrefix = /^lib(?:tensorrt|nvinfer|nvonnx)/;

function librariesIn(folder: Folder): { found: LibraryCandidate[]; problem?: string } {
  let entries: string[];
  try {
    entries = readdirSync(folder.path).filter((entry) => libraryPrefix.test(entry));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { found: [], problem: missing ? 'no such folder' : (error as Error).message };
  }
  const pathOf = (name: string | undefined) => {
    const entry = name && mostSpecific(entries, name);
    return entry && join(folder.path, entry);
  };
  const found: LibraryCandidate[] = [];
  for (const product of products) {
    const names = fileNames[product];
    const lean = pathOf(names.core.lean);
    for (const kind of kinds) {
      const core = pathOf(names.core[kind]);
      if (core === undefined) continue;
      found.push({
        product,
        kind,
        core,
        parser: kind === 'full' ? pathOf(names.parser) : undefined,
        plugins: kind === 'full' ? pathOf(names.plugins) : undefined,
        lean: kind === 'lean' ? undefined : lean,
        source: folder.source,
      });
    }
  }
  return found.length > 0 ? { found } : { found, problem: 'no TensorRT library in it' };
}

/** Of `name`, `name.1` and `name.1.7.1` the last: links to it may be missing or point elsewhere. */
function mostSpecific(entries: string[], name: string): string | undefined {
  const matches = entries.filter(
    (entry) => entry.startsWith(name) && /^(\.\d+)*$/.test(entry.slice(name.length)),
  );
  // Nearly every folder has none, and a collator takes a quarter of a millisecond to make.
  if (matches.length < 2) return matches[0];
  const collator = new Intl.Collator('en', { numeric: true });
  return matches.sort((a, b) => a.length - b.length || collator.compare(a, b)).at(-1);
}

/** Debian's name of this machine, which its folders of libraries carry. */
const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

function usualFolders(): Folder[] {
  const folders: Folder[] = [];
  const add = (source: string, ...paths: string[]) => {
    for (const path of paths) folders.push({ path, source });
  };
  const { TENSORRT_LIB_DIR, TENSORRT_ROOT, LD_LIBRARY_PATH } = process.env;
  if (TENSORRT_LIB_DIR) add('TENSORRT_LIB_DIR', TENSORRT_LIB_DIR);
  if (TENSORRT_ROOT) {
    const inside = ['lib', 'lib64', join('lib', multiarch), join('targets', multiarch, 'lib')];
    add('TENSORRT_ROOT', ...inside.map((path) => join(TENSORRT_ROOT, path)));
  }
  for (const site of sitePackages()) add('pip', ...pipFolders(site));
  add('LD_LIBRARY_PATH', ...(LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean));
  add(
    'usual folder',
    join('/usr/lib', multiarch),
    '/usr/local/tensorrt/lib',
    '/usr/local/cuda/lib64',
    '/opt/tensorrt/lib',
  );
  add('npm run setup', rtxLibraryFolder());
  return folders;
}

/**
 * The packages that carry libraries: tensorrt_libs, with the version of CUDA (tensorrt_cu13_libs) or
 * the part (tensorrt_lean_libs, tensorrt_rtx), and ONNX Runtime's plugin for RTX.
 */
function pipFolders(site: string): string[] {
  const packages = list(site).filter((name) =>
    /^(tensorrt(_(rtx|lean|dispatch|cu\d+|libs))*|onnxruntime_ep_nv_tensorrt_rtx)$/.test(name),
  );
  return packages.length > 0 ? packages.map((name) => join(site, name)) : [site];
}

/** The site-packages folders of Python environments, without starting a Python. */
function sitePackages(): string[] {
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const roots = [VIRTUAL_ENV, CONDA_PREFIX, join(homedir(), '.local'), '/usr/local'];
  return roots
    .filter((root) => root !== undefined)
    .flatMap((root) => {
      const lib = join(root, 'lib');
      return list(lib)
        .filter((entry) => /^python3\.\d+$/.test(entry))
        .flatMap((python) => [
          join(lib, python, 'site-packages'),
          join(lib, python, 'dist-packages'),
        ]);
    });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
