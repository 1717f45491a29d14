import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readPlanInfo } from 'tensorrt-node';
import { expect, it } from 'vitest';
import { linearModel, temporaryFolder } from '../unit/helpers.js';

// Command lines for trtexec that build, with the real builder of TensorRT for RTX and without a GPU.

const noGpu = { TENSORRT_NODE_LIBCUDA: '/nowhere/libcuda.so.1' };

function bench(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolveRun) => {
    const child = execFile(
      process.execPath,
      [resolve('dist/cli/main.js'), 'bench', ...args],
      { env: { ...process.env, ...noGpu } },
      (_error, stdout, stderr) => resolveRun({ code: child.exitCode, stdout, stderr }),
    );
  });
}

async function savedModel() {
  const folder = await temporaryFolder();
  const path = `${folder}/model.onnx`;
  await linearModel({ features: 64, hidden: 64 }).save(path);
  return { path, plan: `${folder}/model.plan` };
}

it('builds and writes a plan in INT8 and FP16, and says with which ranges', async () => {
  const { path, plan } = await savedModel();
  const { code, stdout, stderr } = await bench([
    ...[`--onnx=${path}`, '--minShapes=x:1x64', '--optShapes=x:8x64', '--maxShapes=x:32x64'],
    ...['--fp16', '--int8', '--workspace=64', '--explicitBatch', `--saveEngine=${plan}`],
    ...['--builderOptimizationLevel=1', '--skipInference'],
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('--explicitBatch has no meaning here: always so.');
  expect(stderr).toContain('--fp16 --int8: the model is converted first');
  expect(stderr).toContain('ranges from random inputs: good for speed only; give --samples.');
  expect(stderr).toMatch(/1 of 2 candidates are INT8\.\n/);
  expect(stderr).toMatch(
    /Built .*model\.plan \(\d.* [kM]B\) with TensorRT for RTX 1\.7\.1\.\d+ in /,
  );
  expect(await readPlanInfo(plan)).toMatchObject({ product: 'tensorrt-rtx' });
});

it('keeps the plan where there is no GPU to measure it, and ends with 1', async () => {
  const { path, plan } = await savedModel();
  const { code, stdout } = await bench([path, '--shapes=x:8x64', '--save-engine', plan]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^model\.plan .*\n/);
  expect(stdout).toContain('Nothing could be measured.');
  expect(await readPlanInfo(plan)).toMatchObject({ product: 'tensorrt-rtx' });
});

it('tells what the builder refuses', async () => {
  const { path, plan } = await savedModel();
  const shapes = ['--minShapes=x:1x64', '--optShapes=x:8x32', '--maxShapes=x:8x64'];
  const { code, stderr } = await bench([path, ...shapes, '--saveEngine', plan, '--buildOnly']);
  expect(code).toBe(2);
  expect(stderr).toContain('Expected');
  expect(existsSync(plan)).toBe(false);
});
