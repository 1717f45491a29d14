/** The programs of this folder, what each needs, and how it runs in full and quickly. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doctor } from '../dist/index.js';
import { run } from '../scripts/setup/child.mjs';
import { peersPython } from './lib/peers.mjs';
import { Missing } from './lib/run-programs.mjs';
import { sentimentFiles } from './lib/sentiment.mjs';
import { defaultBuild } from './lib/standins.mjs';

/** @typedef {import('./lib/run-programs.mjs').Program} Program */

/**
 * @typedef {object} Choices
 * @property {boolean} quick
 * @property {string} shared Folder of the classifier and its texts.
 * @property {string | undefined} python Of the peers, in place of the environment in the cache.
 * @property {boolean} modelOpt
 * @property {string | undefined} bge
 * @property {string | undefined} reuters
 * @property {(line: string) => void} say
 */

/**
 * @param {Choices} choices
 * @returns {Program[]}
 */
export function programs(choices) {
  const { quick, shared, bge, reuters } = choices;
  const needs = needsOf(choices);
  const texts = async () => {
    if (sentimentFiles(shared).areThere) return ['--shared', shared];
    throw new Missing(
      `the classifier and its texts are not in ${shared}: name a folder by --shared`,
    );
  };
  const build = async () => void (await needs.build());
  const builder = async () => void (await needs.builder());
  const python = async () => ['--python', await needs.python()];
  const embeddings = async () => {
    if (bge && reuters) return ['--bge', bge, '--reuters', reuters];
    throw new Missing('--bge and --reuters name no folders (README.md tells where they come from)');
  };
  /**
   * @param {string} name
   * @param {readonly (() => Promise<readonly string[] | void>)[]} needed
   * @param {readonly string[]} quickly What is added with --quick.
   * @returns {Program}
   */
  const program = (name, needed, quickly, ending = 'mjs') => ({
    name,
    file: fileURLToPath(new URL(`${name}.${ending}`, import.meta.url)),
    arguments: async () => {
      const given = [];
      for (const need of needed) given.push(...((await need()) ?? []));
      return [...given, ...(quick ? quickly : [])];
    },
  });
  return [
    program('binding-cost', [build], ['--rounds', '4', '--count', '100', '--ms', '100']),
    program('build', [build, builder], ['--rounds', '1', '--model', 'minilm']),
    program('concurrency', [build, builder], ['--builds', '2']),
    program('calibration-native', [], ['--rounds', '3']),
    program('onnx', [python], ['--rounds', '1']),
    program('run-against-python', [texts, python], ['--rounds', '1', '--seconds', '1']),
    program('evaluate-table', [texts, python], ['--only', 'minmax']),
    program('precision', [texts], ['--texts', '20']),
    program('quantization', [texts, python], ['--rounds', '1', '--only', '128']),
    program('quantization-accuracy', [texts, python], ['--every', '20', '--only', 'percentile']),
    program('auto-quantize', [texts], ['--test-every', '20']),
    program('probes', [embeddings], ['--train', '100', '--test', '100'], 'ts'),
  ];
}

/** What several programs need, found or made once. @param {Choices} choices */
function needsOf({ python, modelOpt, say }) {
  return {
    build: once(async () => {
      const args = ['scripts/build-native.mjs', '--out', 'build/bench', '--standins', '--bench'];
      const cwd = fileURLToPath(new URL('..', import.meta.url));
      const { code, output } = await run(process.execPath, args, { cwd });
      if (code === 0 && existsSync(join(defaultBuild, 'Release', 'infer_peer'))) return;
      throw new Missing(`the C++ peers cannot be built: ${output.trim().split('\n').at(-1)}`);
    }),
    builder: once(async () => {
      if ((await doctor()).canBuild) return;
      throw new Missing('there is no TensorRT with a builder: npm run setup fetches one');
    }),
    python: once(async () => {
      if (python) return python;
      try {
        return await peersPython({ withModelOpt: modelOpt, say });
      } catch (error) {
        throw new Missing(
          `the Python peers cannot be installed: ${/** @type {Error} */ (error).message}`,
        );
      }
    }),
  };
}

/**
 * @template T
 * @param {() => Promise<T>} make
 * @returns {() => Promise<T>}
 */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return () => {
    made ??= make();
    return made;
  };
}
