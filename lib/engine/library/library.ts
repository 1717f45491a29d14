import { TensorRTError } from '../../errors.js';
import { callNative, loadAddon, type NativeLibrary } from '../../native.js';
import { type LibraryCandidate, type Product, searchLibraries } from './libraries.js';

/** Which TensorRT to use. */
export interface LibraryOptions {
  /** Default: what was found first, TensorRT for RTX before TensorRT. */
  product?: Product | undefined;
  /** A folder with the libraries; then no other place is tried. */
  libraryDir?: string | undefined;
}

export const libraryOptionNames = ['product', 'libraryDir'] as const;

/** An opened library and where it came from. */
export interface OpenedLibrary {
  readonly native: NativeLibrary;
  readonly candidate: LibraryCandidate;
}

/** A candidate that could not be opened. */
export interface RefusedLibrary {
  readonly candidate: LibraryCandidate;
  readonly error: TensorRTError;
}

/** What the native side is told of a candidate. */
export function libraryPaths({ core, parser = '', plugins = '' }: LibraryCandidate) {
  return { core, parser, plugins };
}

const opened = new Map<string, Promise<NativeLibrary>>();

/** Opens a candidate, once per thread of JavaScript. */
export function openCandidate(candidate: LibraryCandidate): Promise<NativeLibrary> {
  const known = opened.get(candidate.core);
  if (known) return known;
  const library = callNative(() => loadAddon().openLibrary(libraryPaths(candidate)));
  opened.set(candidate.core, library);
  library.catch(() => opened.delete(candidate.core));
  return library;
}

/**
 * Opens the first TensorRT that fits.
 *
 * @throws TensorRTError ERR_TRT_LIBRARY_NOT_FOUND with every path tried, ERR_TRT_LIBRARY_VERSION
 * where the only ones found cannot be driven, ERR_ADDON
 */
export async function openLibrary(options: LibraryOptions = {}): Promise<OpenedLibrary> {
  const { product, libraryDir } = options;
  const search = searchLibraries(libraryDir);
  const fitting = search.candidates.filter((c) => product === undefined || c.product === product);
  const refused: RefusedLibrary[] = [];
  for (const candidate of fitting) {
    try {
      return { native: await openCandidate(candidate), candidate };
    } catch (error) {
      if (!(error instanceof TensorRTError) || error.code === 'ERR_ADDON') throw error;
      refused.push({ candidate, error });
    }
  }
  throw notFound(options, search.tried, refused);
}

/** What to do where no TensorRT was found. */
export const installRemedy =
  'Put the folder of the libraries into TENSORRT_LIB_DIR, or in a checkout run `npm run setup`.';

const productNames: Record<Product, string> = {
  tensorrt: 'TensorRT',
  'tensorrt-rtx': 'TensorRT for RTX',
};

export function productName(product: Product): string {
  return productNames[product];
}

function notFound(
  { product, libraryDir }: LibraryOptions,
  tried: readonly { path: string; problem: string }[],
  refused: readonly RefusedLibrary[],
): TensorRTError {
  const wrongVersion = refused.find(({ error }) => error.code === 'ERR_TRT_LIBRARY_VERSION');
  if (wrongVersion) return wrongVersion.error;
  const lines = [
    ...tried.map(({ path, problem }) => `  ${path}: ${problem}`),
    ...refused.map(({ candidate, error }) => `  ${candidate.core}: ${error.message}`),
  ];
  const name = product ? productName(product) : 'TensorRT';
  return new TensorRTError(
    'ERR_TRT_LIBRARY_NOT_FOUND',
    `No usable ${name} library was found. Tried:\n${lines.join('\n')}\n`,
    { remedy: libraryDir === undefined ? installRemedy : 'Give another libraryDir, or none.' },
  );
}
