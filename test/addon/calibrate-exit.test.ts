import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { linearModel, temporaryFolder } from '../unit/helpers.js';

const dist = new URL('../../dist', import.meta.url);

/** Calibrates without end; `ending` runs when the first sample has been counted. */
function script(modelPath: string, ending: string): string {
  return `
    import { Model } from '${dist}/onnx/model.js';
    import { calibrate } from '${dist}/quantize/calibrate.js';
    import { tensor } from '${dist}/tensor.js';
    function* samples() {
      for (;;) yield { x: tensor('float32', [1, 16], new Float32Array(16).fill(1)) };
    }
    const onProgress = () => { ${ending} };
    const model = await Model.load(${JSON.stringify(modelPath)});
    await calibrate(model, samples(), { onProgress }).catch((error) => {
      console.log(error.message);
      process.exitCode = 4;
    });`;
}

test.each<[string, string, { code?: number; signal?: string; output?: string }]>([
  ['process.exit()', 'process.exit(3)', { code: 3 }],
  ['an uncaught error', "setImmediate(() => { throw new Error('x') })", { code: 1 }],
  [
    'an error in onProgress',
    "throw new Error('from onProgress')",
    { code: 4, output: 'from onProgress\n' },
  ],
  ['SIGTERM', "process.kill(process.pid, 'SIGTERM')", { signal: 'SIGTERM' }],
  ['SIGKILL', "process.kill(process.pid, 'SIGKILL')", { signal: 'SIGKILL' }],
])(
  '%s in the middle leaves no process and no file',
  { timeout: 60_000 },
  async (_, ending, expected) => {
    const folder = await temporaryFolder();
    const temporary = await temporaryFolder();
    await linearModel().save(`${folder}/model.onnx`);
    const source = script(`${folder}/model.onnx`, ending);
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    const [code, signal] = await once(child, 'close');
    expect({ code, signal, output }).toEqual({ code: null, signal: null, output: '', ...expected });
    // The calibration process removes its model as the last thing it does.
    await vi.waitFor(async () => expect(await readdir(temporary)).toEqual([]), { timeout: 30_000 });
  },
);
