/** The programs that set-up needs: each check gives one sentence when something is missing. */
import { readFileSync } from 'node:fs';
import { run } from './child.mjs';
import { inProject } from './project.mjs';
import { SetupError } from './setup-error.mjs';

/** @type {Record<string, () => Promise<string | undefined>>} */
const checks = {
  compiler: checkCompiler,
  cmake: () =>
    checkVersion('CMake', 'cmake', ['--version'], cmakeMinimum(), 'install it (package cmake)'),
  pip: checkPip,
  cargo: () =>
    checkVersion(
      'cargo',
      'cargo',
      ['--version'],
      // Older versions cannot read the manifests of the crates that trtx-sys names.
      '1.85',
      'install Rust with rustup, or a package of cargo that is new enough; set-up fetches the TensorRT headers with it',
    ),
  'apt-get': () =>
    checkVersion(
      'apt-get',
      'apt-get',
      ['--version'],
      '1.0',
      "set-up fetches GoogleTest with it; on a system that is not Debian 12, set GOOGLETEST_ROOT to GoogleTest's sources (the folder with include and src)",
    ),
  npm: () => checkVersion('npm', 'npm', ['--version'], '9', 'install Node with its npm'),
};

/**
 * Checks the tools that the coming work needs.
 * @param {Iterable<string>} names Keys of the table above.
 * @throws {SetupError} with one line for each tool that is missing or too old.
 */
export async function checkTools(names) {
  const problems = await Promise.all([...new Set(names)].map((name) => checks[name]?.()));
  const lines = problems.filter((problem) => problem !== undefined);
  if (lines.length > 0) throw new SetupError(lines.join('\n'));
}

/** What CMakeLists.txt asks for is what is checked. */
function cmakeMinimum() {
  const text = readFileSync(inProject('CMakeLists.txt'), 'utf8');
  return /cmake_minimum_required\(VERSION\s+([\d.]+)/i.exec(text)?.[1] ?? '3.19';
}

/**
 * @param {string} label
 * @param {string} command
 * @param {string[]} args
 * @param {string} minimum
 * @param {string} remedy
 */
async function checkVersion(label, command, args, minimum, remedy) {
  const { code, output } = await run(command, args);
  if (code === 127) return `${label} ${minimum} or newer is needed and was not found: ${remedy}.`;
  const found = /\d+(\.\d+)+/.exec(output)?.[0];
  if (code !== 0 || found === undefined) {
    return `${label} does not run (${output.trim().split('\n').at(-1)}): ${remedy}.`;
  }
  if (isOlder(found, minimum)) {
    return `${label} ${found} is too old, ${minimum} or newer is needed: ${remedy}.`;
  }
  return undefined;
}

/**
 * @param {string} found
 * @param {string} minimum
 */
function isOlder(found, minimum) {
  const has = found.split('.').map(Number);
  for (const [index, wanted] of minimum.split('.').map(Number).entries()) {
    const difference = (has[index] ?? 0) - wanted;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** The wheels' platform tags are known to pip from 20.3 on. */
async function checkPip() {
  const remedy =
    'install Python 3 with pip (packages python3 and python3-pip); set-up fetches the TensorRT for RTX libraries with it';
  return checkVersion('pip (of python3)', 'python3', ['-m', 'pip', '--version'], '20.3', remedy);
}

async function checkCompiler() {
  const program =
    '#include <filesystem>\nint main() { return std::filesystem::path("a").empty(); }\n';
  const chosen = process.env['CXX'];
  for (const compiler of chosen ? [chosen] : ['c++', 'g++', 'clang++']) {
    const options = ['-std=c++17', '-fsyntax-only', '-x', 'c++', '-'];
    const { code, output } = await run(compiler, options, { input: program });
    if (code === 0) return undefined;
    if (code !== 127) {
      return `The C++ compiler ${compiler} cannot compile C++17 (${output.trim().split('\n').at(-1)}): install g++ 9 or newer, or clang 9 or newer.`;
    }
  }
  return `No C++ compiler was found${chosen ? ` at CXX=${chosen}` : ''}: install g++ 9 or newer, or clang 9 or newer (package g++ or build-essential).`;
}
