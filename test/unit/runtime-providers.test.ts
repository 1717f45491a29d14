import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { linearModel } from './helpers.js';

vi.setConfig({ testTimeout: 60_000 });

// What is asked of the GPU providers of ONNX Runtime, by a stand-in for `onnxruntime-node` in whose
// place no GPU is needed. It says what it was asked for, and refuses as ONNX Runtime does.

const root = fileURLToPath(new URL('../..', import.meta.url));

const standin = `
  export const listSupportedBackends = () => [
    { name: 'cpu', bundled: true },
    { name: 'webgpu', bundled: true },
    { name: 'cuda', bundled: false },
  ];
  export class Tensor {
    constructor(type, data, dims) { Object.assign(this, { type, data, dims }); }
  }
  export const InferenceSession = {
    async create(model, { executionProviders, extra }) {
      console.log('asked', JSON.stringify([executionProviders, extra.session]));
      const { disable_cpu_ep_fallback } = extra.session;
      if (process.env.STANDIN_TAKES !== 'all' && disable_cpu_ep_fallback === '1') {
        throw new Error('This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.');
      }
      return {
        outputNames: ['y'],
        run: async () => ({ y: new Tensor('float32', new Float32Array(4), [1, 4]) }),
        release: async () => {},
      };
    },
  };
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tensorrt-node-'));
  const packages = `${folder}/node_modules`;
  const { platform, arch } = process;
  await mkdir(`${packages}/onnxruntime-node/bin/napi-v6/${platform}/${arch}`, { recursive: true });
  await symlink(`${root}/dist`, `${folder}/dist`);
  for (const name of ['@bufbuild', 'onnx-buf', '@petamoriken']) {
    await symlink(`${root}/node_modules/${name}`, `${packages}/${name}`);
  }
  await writeFile(`${folder}/package.json`, '{ "type": "module" }');
  await writeFile(
    `${packages}/onnxruntime-node/package.json`,
    '{ "type": "module", "main": "lib/index.js" }',
  );
  await mkdir(`${packages}/onnxruntime-node/lib`);
  await writeFile(`${packages}/onnxruntime-node/lib/index.js`, standin);
  await linearModel().save(`${folder}/model.onnx`);
});

afterAll(() => rm(folder, { recursive: true }));

/** Loads the model there. @returns what the stand-in was asked for, and what came of it. */
async function load(options: object, env: NodeJS.ProcessEnv = {}) {
  const script = `
    import { Runtime } from './dist/runtime/load.js';
    const options = ${JSON.stringify({ ...options, isolate: false })};
    try {
      const runtime = await Runtime.load('model.onnx', options);
      console.log('provider', JSON.stringify(runtime.provider));
    } catch ({ code, message, remedy }) {
      console.log('error', JSON.stringify({ code, message, remedy }));
    }`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    // Where the link to `dist` stands, not where it leads, packages are looked for.
    ['--preserve-symlinks', '--input-type=module', '--eval', script],
    { cwd: folder, env: { ...process.env, ...env } },
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [what, ...rest] = line.split(' ');
      return [what, JSON.parse(rest.join(' '))] as [string, unknown];
    });
}

const whole = { force_spinning_stop: '1', disable_cpu_ep_fallback: '1' };
const parts = { force_spinning_stop: '1' };

describe('a provider of ONNX Runtime', () => {
  test('is asked for alone, and not to leave nodes to the CPU', async () => {
    expect(await load({ runtime: 'onnxruntime:webgpu' }, { STANDIN_TAKES: 'all' })).toEqual([
      ['asked', [['webgpu'], whole]],
      ['provider', 'webgpu'],
    ]);
    expect(await load({ runtime: 'onnxruntime:cpu' })).toEqual([
      ['asked', [['cpu'], parts]],
      ['provider', 'cpu'],
    ]);
  });

  test('that does not take every node refuses the model', async () => {
    const [asked, error] = await load({ runtime: 'onnxruntime:webgpu' });
    expect(asked).toEqual(['asked', [['webgpu'], whole]]);
    expect(error).toEqual([
      'error',
      {
        code: 'ERR_RUNTIME',
        message:
          "The provider 'webgpu' of ONNX Runtime does not take every node of the model. With the option cpuFallback the CPU computes those that it leaves.",
        remedy: 'With the option cpuFallback the CPU computes those that it leaves.',
      },
    ]);
  });

  test('that may leave nodes to the CPU says whether it does', async () => {
    const options = { runtime: 'onnxruntime:webgpu', cpuFallback: true };
    expect(await load(options)).toEqual([
      ['asked', [['webgpu'], whole]],
      ['asked', [['webgpu'], parts]],
      ['provider', 'webgpu+cpu'],
    ]);
    expect(await load(options, { STANDIN_TAKES: 'all' })).toEqual([
      ['asked', [['webgpu'], whole]],
      ['provider', 'webgpu'],
    ]);
  });

  test('that is not installed is not asked for; one that is gets its device', async () => {
    const options = { runtime: 'onnxruntime:cuda', device: 1 };
    const [missing, ...rest] = await load(options);
    expect(rest).toEqual([]);
    expect(missing).toMatchObject(['error', { code: 'ERR_RUNTIME' }]);
    const { platform, arch } = process;
    const name = 'onnxruntime_providers_cuda';
    const file = platform === 'win32' ? `${name}.dll` : `lib${name}.so`;
    const bin = `${folder}/node_modules/onnxruntime-node/bin/napi-v6/${platform}/${arch}`;
    await writeFile(`${bin}/${file}`, '');
    expect(await load(options, { STANDIN_TAKES: 'all' })).toEqual([
      ['asked', [[{ name: 'cuda', deviceId: 1 }], whole]],
      ['provider', 'cuda'],
    ]);
  });

  test('that the package does not offer is named', async () => {
    expect(await load({ runtime: 'onnxruntime:tensorrt' })).toMatchObject([
      [
        'error',
        { message: expect.stringMatching(/no provider 'tensorrt'.*'cpu', 'webgpu', 'cuda'/) },
      ],
    ]);
  });
});
