/** The native build: CMakeLists.txt driven by cmake-js, when something that it depends on changed. */
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { assetFolder, pins } from './cache.mjs';
import { run } from './child.mjs';
import { startTask } from './progress.mjs';
import {
  fingerprintOf,
  inProject,
  projectFiles,
  projectFolder,
  readStamp,
  writeStamp,
} from './project.mjs';
import { findSdk, headerFolders } from './sdk.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * @typedef {object} NativeBuild
 * @property {string} out Folder of the build, relative to the project.
 * @property {boolean} [addon] Builds the addon; by default it does.
 * @property {boolean} [standins] Builds the tests' stand-ins too.
 * @property {boolean} [cppTests] Builds the C++ tests too.
 * @property {'address' | 'thread'} [sanitizer]
 * @property {boolean} [coverage] Counts the lines that run.
 * @property {boolean} [bench] Builds the benchmarks' C++ peers too.
 * @property {boolean} [unity] Compiles several sources at once, in a third of the time; by default it does.
 */

/** The addon that users load; tests load it too. @type {NativeBuild} */
export const releaseBuild = { out: 'build' };
/** The same with stand-ins beside it. @type {NativeBuild} */
export const testBuild = { out: 'build', standins: true };
/** Watches the memory, and counts the lines that run. @type {NativeBuild} */
export const sanitizerBuild = {
  out: join('build', 'asan'),
  standins: true,
  cppTests: true,
  sanitizer: 'address',
  coverage: true,
};
/** Only what is below the Node-API side: Node itself is not built for ThreadSanitizer. @type {NativeBuild} */
export const threadBuild = {
  out: join('build', 'tsan'),
  addon: false,
  standins: true,
  cppTests: true,
  sanitizer: 'thread',
};

export const testBuilds = [testBuild, sanitizerBuild, threadBuild];

/** What ends up in `<out>/Release` and belongs together. */
export const nativeFiles = [
  'tensorrt_node.node',
  'libtensorrt_node_rtx1.so',
  'libtensorrt_node_trt11.so',
];

const cppTests = 'tensorrt_node_tests';

/** The program of the C++ tests. @param {NativeBuild} build */
export const cppTestsOf = ({ out }) => inProject(out, 'Release', cppTests);

/** @param {NativeBuild} build */
const filesOf = ({ addon = true, cppTests: tests = false }) => [
  ...nativeFiles.filter((file) => addon || !file.endsWith('.node')),
  ...(tests ? [cppTests] : []),
];

/** The user's own GoogleTest, which goes before the one that set-up fetches. */
export const chosenGoogletest = () => process.env['GOOGLETEST_ROOT'];

const cppSources = /\.(cc|h|map)$|CMakeLists\.txt$/;

/** The fingerprint of a build that is under way, or was when its process was killed. */
const underWay = 'under way';

/** @param {NativeBuild} build */
const stampOf = ({ out }) => join(out, 'tensorrt-node.stamp.json');

/** Whether the build is missing or older than its sources. @param {NativeBuild} build */
export function isNativeBuildDue(build) {
  const { out } = build;
  if (filesOf(build).some((file) => !existsSync(inProject(out, 'Release', file)))) return true;
  const made = readStamp(stampOf(build))?.fingerprint;
  // The stand-ins only add files, so a build with them serves those who need none.
  const accepted = build.standins ? [build] : [build, { ...build, standins: true }];
  return !accepted.some((candidate) => fingerprintOfBuild(candidate) === made);
}

/** @param {NativeBuild} build */
function fingerprintOfBuild(build) {
  const { standins = false, cppTests: tests = false, bench = false } = build;
  const sdk = findSdk();
  const { CXX, CXXFLAGS, LDFLAGS } = process.env;
  const self = 'scripts/setup/native.mjs';
  const places = ['CMakeLists.txt', 'native', self, 'node_modules/node-addon-api/package.json'];
  const more = [
    ...(standins ? ['test/standin'] : []),
    ...(tests ? ['test/cpp'] : []),
    ...(bench ? ['bench/native'] : []),
  ];
  return fingerprintOf([...projectFiles(places), ...projectFiles(more, cppSources)], {
    options: definitionsOf(build),
    headers: [pins['tensorrt-headers']?.from.sha256, sdk?.include, sdk?.version],
    compiler: [CXX, CXXFLAGS, LDFLAGS],
  });
}

/** @param {NativeBuild} build */
function definitionsOf(build) {
  const { addon = true, standins = false, cppTests: tests = false, sanitizer } = build;
  /** @param {boolean} wanted */
  const flag = (wanted) => (wanted ? 'ON' : 'OFF');
  const headers = headerFolders(findSdk());
  return {
    TENSORRT_NODE_RTX1_HEADERS: headers.rtx1,
    TENSORRT_NODE_TRT11_HEADERS: headers.trt11,
    TENSORRT_NODE_TRT10_HEADERS: headers.trt10,
    TENSORRT_NODE_CUDA_HEADERS: headers.cuda,
    TENSORRT_NODE_ADDON: flag(addon),
    TENSORRT_NODE_STANDINS: flag(standins),
    TENSORRT_NODE_COVERAGE: flag(build.coverage ?? false),
    TENSORRT_NODE_BENCH: flag(build.bench ?? false),
    CMAKE_UNITY_BUILD: flag(build.unity ?? true),
    ...(tests && { TENSORRT_NODE_GOOGLETEST: chosenGoogletest() ?? assetFolder('googletest') }),
    ...(sanitizer && { TENSORRT_NODE_SANITIZE: sanitizer }),
  };
}

/**
 * Configures and builds.
 * @param {NativeBuild} build
 */
export async function buildNative(build) {
  const task = startTask(`Build the native addon in ${build.out}`);
  const fingerprint = fingerprintOfBuild(build);
  // A compiler that was killed may have left half an object file, which make takes for a whole one.
  if (readStamp(stampOf(build))?.fingerprint === underWay) removeObjects(build);
  writeStamp(stampOf(build), { fingerprint: underWay });
  try {
    await configure(build);
    await compile(build, (line) => task.update({ ...progressIn(line), note: line }));
  } catch (error) {
    writeStamp(stampOf(build), { fingerprint: 'failed' });
    task.fail();
    throw error;
  }
  writeStamp(stampOf(build), { fingerprint });
  task.succeed();
}

/** @param {NativeBuild} build */
function removeObjects({ out }) {
  for (const name of ['CMakeCache.txt', 'CMakeFiles', 'test']) {
    rmSync(inProject(out, name), { recursive: true, force: true });
  }
}

/**
 * Writes the build files of a folder, with compile_commands.json, and compiles nothing.
 * @param {NativeBuild} build
 */
export async function configure(build) {
  const options = Object.entries(definitionsOf(build)).map(([key, value]) => `--CD${key}=${value}`);
  const attempt = () => cmakeJs(build, ['configure', ...options]);
  let outcome = await attempt();
  if (outcome.code !== 0 && existsSync(inProject(build.out, 'CMakeCache.txt'))) {
    // A cache made by another generator or in another place refuses; a new one does not.
    removeObjects(build);
    outcome = await attempt();
  }
  if (outcome.code !== 0) throw buildError('CMake cannot configure the native build', outcome);
}

/**
 * @param {NativeBuild} build
 * @param {(line: string) => void} onLine
 */
async function compile(build, onLine) {
  // Without the addon only the C++ tests are wanted, and what they need.
  const target = build.addon === false ? ['--target', cppTests] : [];
  const args = ['build', '-p', `${availableParallelism()}`, ...target];
  const outcome = await cmakeJs(build, args, onLine);
  if (outcome.code !== 0) throw buildError('The native build failed', outcome);
  const missing = filesOf(build).find((file) => !existsSync(inProject(build.out, 'Release', file)));
  if (missing) throw buildError(`The native build made no ${missing}`, outcome);
}

/**
 * @param {NativeBuild} build
 * @param {string[]} args
 * @param {(line: string) => void} [onLine]
 */
function cmakeJs({ out }, args, onLine) {
  const program = inProject('node_modules', 'cmake-js', 'bin', 'cmake-js');
  return run(process.execPath, [program, ...args, '-O', inProject(out)], {
    cwd: projectFolder,
    ...(onLine && { onLine }),
  });
}

/** Make says `[ 45%]`, Ninja says `[9/20]`. @param {string} line */
function progressIn(line) {
  const [, percent, done, total] = /^\[\s*(?:(\d+)%|(\d+)\/(\d+))\]/.exec(line) ?? [];
  if (percent !== undefined) return { fraction: Number(percent) / 100 };
  if (done !== undefined) return { fraction: Number(done) / Number(total) };
  return {};
}

/**
 * @param {string} what
 * @param {import('./child.mjs').Outcome} outcome
 */
function buildError(what, { output }) {
  return new SetupError(`${what}: mend what is printed above, then run this again.`, output);
}
