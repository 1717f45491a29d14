import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from 'tensorrt-node';
import { afterAll, describe, expect, it } from 'vitest';
import { planInfoOf } from '../../dist/engine/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A header as NVIDIA's two products write it, with nothing behind it. */
function header(magic: 'vtrt' | 'ftrt', version: number[], bytes: number): Uint8Array {
  const plan = Buffer.alloc(64);
  plan.write(magic, 'latin1');
  plan.writeBigUInt64LE(BigInt(bytes), 16);
  plan.set(version, 24);
  return plan;
}

describe('the header of a plan', () => {
  it('tells product, version and size', async () => {
    expect(await planInfoOf(header('vtrt', [1, 7, 1, 116], 64))).toEqual({
      product: 'tensorrt-rtx',
      version: '1.7.1.116',
      bytes: 64,
    });
    expect(await planInfoOf(header('ftrt', [11, 4, 0, 106], 0))).toEqual({
      product: 'tensorrt',
      version: '11.4.0.106',
      bytes: undefined,
    });
  });

  it('is read from a file without reading the rest', async () => {
    const path = join(folder, 'a.plan');
    writeFileSync(path, header('vtrt', [1, 6, 0, 1], 64));
    expect(await planInfoOf(path)).toMatchObject({ product: 'tensorrt-rtx', version: '1.6.0.1' });
  });

  it.each([
    ['random bytes', new Uint8Array(100).fill(7), /is not a TensorRT plan/],
    ['an empty file', new Uint8Array(0), /is not a TensorRT plan/],
    ['half a header', header('vtrt', [1, 7, 1, 116], 64).subarray(0, 40), /is not a TensorRT plan/],
    [
      'a truncated plan',
      header('vtrt', [1, 7, 1, 116], 95_000_000),
      /95000000 bytes, but there are 64/,
    ],
  ])('refuses %s, in memory and in a file', async (name, bytes, message) => {
    const expected = { code: 'ERR_TRT_ENGINE_INVALID', message: expect.stringMatching(message) };
    await expect(planInfoOf(bytes)).rejects.toMatchObject(expected);
    const path = join(folder, name);
    writeFileSync(path, bytes);
    await expect(planInfoOf(path)).rejects.toMatchObject({ ...expected, file: path });
  });
});

describe('Engine.load', () => {
  it('names both versions when another one built the plan', async () => {
    const plan = header('vtrt', [1, 6, 0, 70], 64);
    await expect(Engine.load(plan)).rejects.toMatchObject({
      code: 'ERR_TRT_ENGINE_VERSION',
      message: expect.stringMatching(/built by TensorRT for RTX 1\.6\.0\.70, but 1\.7\.1\.\d+ is/),
      remedy: expect.stringContaining('Build it again'),
    });
  });

  it('names the product that built the plan when it is not installed', async () => {
    const plan = header('ftrt', [11, 4, 0, 106], 0);
    await expect(Engine.load(plan)).rejects.toMatchObject({
      code: 'ERR_TRT_LIBRARY_NOT_FOUND',
      message: expect.stringContaining('The plan was built by TensorRT 11.4.0.106'),
    });
  });

  it('tells a missing file', async () => {
    const path = join(folder, 'absent.plan');
    await expect(Engine.load(path)).rejects.toMatchObject({ code: 'ERR_FILE', file: path });
  });

  it.each([
    ['no plan', 7, {}, /a Plan, a Uint8Array or a path for plan but received 7/],
    ['a misspelt option', 'a.plan', { divice: 1 }, /'divice'/],
    ['a negative device', 'a.plan', { device: -1 }, /whole number from 0 for device/],
  ])('refuses %s', async (_, plan, options, message) => {
    const loading = Engine.load(plan as never, options as never);
    await expect(loading).rejects.toThrow(TypeError);
    await expect(loading).rejects.toThrow(message);
  });
});
