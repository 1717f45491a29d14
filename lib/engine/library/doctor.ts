import { createRequire } from 'node:module';
import { TensorRTError } from '../../errors.js';
import { callNative, loadAddon } from '../../native.js';
import {
  type LibraryCandidate,
  type Product,
  searchLibraries,
  type TriedFolder,
} from './libraries.js';
import { installRemedy, openCandidate, productName } from './library.js';

export interface DoctorLibrary extends LibraryCandidate {
  /** major.minor.patch.build; undefined where the library cannot be opened. */
  readonly version: string | undefined;
  readonly problem: string | undefined;
}

export interface DoctorGpu {
  readonly ordinal: number;
  readonly name: string;
  /** For example '8.9'. */
  readonly computeCapability: string;
  readonly multiprocessors: number;
  readonly memoryBytes: number;
  /** The products that run on it. */
  readonly servedBy: readonly Product[];
}

export interface DoctorProblem {
  readonly problem: string;
  readonly remedy: string;
}

/** What {@link doctor} found. */
export interface DoctorReport {
  readonly node: string;
  /** Whether the native addon could be loaded. */
  readonly addon: boolean;
  readonly libraries: readonly DoctorLibrary[];
  /** Folders without a TensorRT library. */
  readonly tried: readonly TriedFolder[];
  /** The CUDA version that the driver supports; undefined where there is no driver. */
  readonly driver: string | undefined;
  readonly gpus: readonly DoctorGpu[];
  /** Version of the optional package `onnxruntime-node`. */
  readonly onnxruntime: string | undefined;
  readonly canBuild: boolean;
  readonly canRun: boolean;
  /** What is missing and how to mend it, the most important first. */
  readonly problems: readonly DoctorProblem[];
}

/**
 * Compute capabilities that TensorRT for RTX compiles for. It leaves out the data-centre GPUs of
 * Hopper (9.0) and Blackwell (10.0); TensorRT 11 runs on all from 7.5 on.
 */
const rtxCapabilities = ['7.5', '8.0', '8.6', '8.9', '12.0', '12.1'];

/** Looks at everything that building and running engines needs. Never rejects. */
export async function doctor(): Promise<DoctorReport> {
  const problems: DoctorProblem[] = [];
  const note = (error: unknown) => {
    const remedy = error instanceof TensorRTError ? (error.remedy ?? '') : '';
    const { message } = error as Error;
    problems.push({ problem: message.replace(` ${remedy}`, ''), remedy });
  };

  const addon = hasAddon(note);
  const { candidates, tried } = searchLibraries();
  const libraries = addon ? await Promise.all(candidates.map(inspect)) : [];
  const usable = libraries.filter(({ version }) => version !== undefined);
  const canBuild = usable.some(({ kind, parser }) => kind === 'full' && parser !== undefined);
  if (addon && usable.length === 0) problems.push(noLibrary(libraries));

  const { driver, gpus } = addon ? await findGpus(note) : { driver: undefined, gpus: [] };
  const canRun = gpus.some((gpu) => gpu.servedBy.some((p) => usable.some((l) => l.product === p)));
  for (const gpu of gpus) problems.push(...productProblem(gpu, usable));

  return {
    node: process.version,
    addon,
    libraries: libraries.filter((library) => !isAbsent(library) && !isRepeated(library, usable)),
    tried,
    driver,
    gpus,
    onnxruntime: onnxRuntimeVersion(),
    canBuild,
    canRun,
    problems,
  };
}

function hasAddon(note: (error: unknown) => void): boolean {
  try {
    loadAddon();
    return true;
  } catch (error) {
    note(error);
    return false;
  }
}

async function inspect(candidate: LibraryCandidate): Promise<DoctorLibrary> {
  try {
    const { version } = await openCandidate(candidate);
    return { ...candidate, version, problem: undefined };
  } catch (error) {
    return { ...candidate, version: undefined, problem: (error as Error).message };
  }
}

/** A bare name that the loader does not know is no library that was found. */
function isAbsent(library: DoctorLibrary): boolean {
  return library.version === undefined && isBare(library);
}

/** What is open already, the loader finds by its bare name too. */
function isRepeated(library: DoctorLibrary, usable: readonly DoctorLibrary[]): boolean {
  return usable.find(({ product }) => product === library.product) !== library && isBare(library);
}

function isBare({ core }: LibraryCandidate): boolean {
  return !core.includes('/');
}

function noLibrary(libraries: readonly DoctorLibrary[]): DoctorProblem {
  const broken = libraries.find((library) => !isAbsent(library));
  return {
    problem: broken?.problem ?? 'No TensorRT library was found.',
    remedy: installRemedy,
  };
}

async function findGpus(
  note: (error: unknown) => void,
): Promise<{ driver: string | undefined; gpus: DoctorGpu[] }> {
  try {
    const { driverVersion, devices } = await callNative(() => loadAddon().listDevices());
    return {
      driver: driverVersion,
      gpus: devices.map((device) => ({ ...device, servedBy: servedBy(device.computeCapability) })),
    };
  } catch (error) {
    note(error);
    return { driver: undefined, gpus: [] };
  }
}

/** The products that run on a GPU. */
export function servedBy(computeCapability: string): Product[] {
  if (Number.parseFloat(computeCapability) < 7.5) return [];
  return rtxCapabilities.includes(computeCapability) ? ['tensorrt-rtx', 'tensorrt'] : ['tensorrt'];
}

function productProblem(gpu: DoctorGpu, usable: readonly DoctorLibrary[]): DoctorProblem[] {
  if (gpu.servedBy.some((product) => usable.some((library) => library.product === product))) {
    return [];
  }
  const name = `${gpu.name} (compute capability ${gpu.computeCapability})`;
  if (gpu.servedBy.length === 0) {
    return [
      { problem: `No supported TensorRT runs on ${name}.`, remedy: 'Use a GPU from 7.5 on.' },
    ];
  }
  const names = gpu.servedBy.map(productName).join(' or ');
  return [
    {
      problem: `Nothing installed runs on ${name}: it needs ${names}.`,
      remedy: `Install ${names} and put the folder of its libraries into TENSORRT_LIB_DIR.`,
    },
  ];
}

function onnxRuntimeVersion(): string | undefined {
  try {
    return createRequire(import.meta.url)('onnxruntime-node/package.json').version;
  } catch {
    return undefined;
  }
}
