/** The Python packages that the benchmarks run beside, in an environment of their own in the cache. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../lib/engine/cache/cache-folder.mjs';
import { run } from '../../scripts/setup/child.mjs';

const requirements = requirementsFile('requirements.txt');
const ofModelOpt = requirementsFile('requirements-modelopt.txt');
const modelOpt = 'nvidia-modelopt==0.47.0';

/** @param {string} name */
function requirementsFile(name) {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/**
 * The interpreter of the environment, which is made where there is none yet.
 * @param {{ withModelOpt: boolean, say: (line: string) => void }} options
 * @returns {Promise<string>}
 * @throws {Error} where Python, a package or the registry cannot be had.
 */
export async function peersPython({ withModelOpt, say }) {
  const installs = [
    ['-r', requirements],
    ...(withModelOpt
      ? [
          ['-r', ofModelOpt],
          ['--no-deps', modelOpt],
        ]
      : []),
  ];
  const folder = join(cacheFolder(), `bench-peers-${fingerprint(installs)}`);
  const python = join(folder, 'bin', 'python');
  // An environment cannot be moved: what is whole is told by a file, and not by its name.
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return python;
  rmSync(folder, { recursive: true, force: true });
  say(`The peers are installed into ${folder}.`);
  await succeed('python3', ['-m', 'venv', folder]);
  for (const what of installs) {
    await succeed(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...what,
    ]);
  }
  writeFileSync(whole, '');
  return python;
}

/** @param {readonly (readonly string[])[]} installs */
function fingerprint(installs) {
  const hash = createHash('sha256');
  for (const [option, what = ''] of installs) {
    hash.update(option === '-r' ? readFileSync(what) : what);
  }
  return hash.digest('hex').slice(0, 12);
}

/** @param {string} program @param {readonly string[]} args */
async function succeed(program, args) {
  const { code, output } = await run(program, args);
  if (code === 0) return;
  const last = output.trim().split('\n').at(-1);
  throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${last}`);
}
