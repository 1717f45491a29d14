import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DoctorReport } from 'tensorrt-node';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As a machine without a GPU, whatever this one has. */
const noGpu = { TENSORRT_NODE_LIBCUDA: join(folder, 'libcuda.so.1') };

function tensorrtNode(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolveRun) => {
    const child = execFile(
      process.execPath,
      [resolve('dist/cli/main.js'), ...args],
      { env: { ...process.env, ...noGpu, ...env } },
      (_error, stdout, stderr) => resolveRun({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe('tensorrt-node doctor', () => {
  it('tells what is there and what is missing', async () => {
    const { code, stdout, stderr } = await tensorrtNode(['doctor']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/TensorRT for RTX 1\.7\.1\.\d+ {2}.*libtensorrt_rtx\.so/);
    expect(stdout).toMatch(/Build engines +yes/);
    expect(stdout).toMatch(/Run engines +no/);
    expect(stdout).toContain('! There is no usable NVIDIA driver');
    expect(stdout).toContain('TENSORRT_NODE_LIBCUDA');
  });

  it('gives the whole report as JSON', async () => {
    const { code, stdout } = await tensorrtNode(['doctor', '--json']);
    const report = JSON.parse(stdout) as DoctorReport;
    expect(code).toBe(0);
    expect(report).toMatchObject({
      node: process.version,
      addon: true,
      gpus: [],
      canBuild: true,
      canRun: false,
      problems: [{ remedy: expect.stringContaining('driver') }],
    });
    const paths = report.tried.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/opt/tensorrt/lib']));
  });

  it('fails, and tells the command that mends it, where there is no TensorRT', async () => {
    const nowhere = { TENSORRT_NODE_CACHE: folder, TENSORRT_LIB_DIR: folder };
    const { code, stdout } = await tensorrtNode(['doctor'], nowhere);
    expect(code).toBe(1);
    expect(stdout).toContain('! No TensorRT library was found.');
    expect(stdout).toContain('npm run setup');
    expect(stdout).toContain(`${folder} (TENSORRT_LIB_DIR): no TensorRT library in it`);
  });

  it('goes on where the addon cannot be loaded', async () => {
    const broken = { TENSORRT_NODE_ADDON: join(folder, 'absent.node') };
    const { code, stdout } = await tensorrtNode(['doctor'], broken);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Native addon +missing/);
    expect(stdout).toContain('absent.node');
  });
});

describe('tensorrt-node', () => {
  it('prints its usage', async () => {
    expect(await tensorrtNode([])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('doctor'),
    });
  });

  it.each([
    [['docter'], /Unknown command 'docter'/],
    [['doctor', '--jsn'], /Unknown option '--jsn'/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await tensorrtNode(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
