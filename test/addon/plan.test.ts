import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, readPlanInfo } from 'tensorrt-node';
import { afterAll, describe, expect, it } from 'vitest';
import { planFromBytes, planFromFile } from '../../dist/engine/plan/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A header as NVIDIA's two products write it, with nothing behind it. */
function header(
  magic: 'vtrt' | 'ftrt',
  version: number[],
  { bytes = 64, targets = 0, format = 0 } = {},
): Uint8Array {
  const plan = Buffer.alloc(64);
  plan.write(magic, 'latin1');
  plan.writeUInt32LE(format, 4);
  plan.writeBigUInt64LE(BigInt(bytes), 16);
  plan.set(version, 24);
  plan.writeUInt32LE(targets, 32);
  return plan;
}

describe('readPlanInfo', () => {
  it('tells what a header of each product says', async () => {
    expect(await readPlanInfo(header('vtrt', [1, 7, 1, 116], { targets: 0b1100 }))).toEqual({
      product: 'tensorrt-rtx',
      version: '1.7.1.116',
      bytes: 64,
      serializationVersion: 0,
      targets: ['sm86', 'sm89'],
    });
    expect(await readPlanInfo(header('ftrt', [11, 4, 0, 106], { bytes: 0, format: 3 }))).toEqual({
      product: 'tensorrt',
      version: '11.4.0.106',
      bytes: 64,
      serializationVersion: 3,
      targets: undefined,
    });
  });

  it('claims nothing about targets that only a later version knows', async () => {
    const later = header('vtrt', [1, 9, 0, 1], { targets: 1 << 6 });
    expect(await readPlanInfo(later)).toMatchObject({ targets: undefined });
  });

  it('reads no more of a file than its header', async () => {
    const path = join(folder, 'large.plan');
    const bytes = 2 ** 40;
    writeFileSync(path, header('vtrt', [1, 6, 0, 1], { bytes }));
    truncateSync(path, bytes);
    expect(await readPlanInfo(path)).toMatchObject({ version: '1.6.0.1', bytes });
  });

  it('refuses what is neither', async () => {
    const reading = readPlanInfo(7 as never);
    await expect(reading).rejects.toThrow(TypeError);
    await expect(reading).rejects.toThrow(/a Plan, a Uint8Array or a path for plan.*7/);
  });

  it.each([
    ['random bytes', new Uint8Array(100).fill(7), /is not a TensorRT plan/],
    ['an empty file', new Uint8Array(0), /is not a TensorRT plan/],
    ['half a header', header('vtrt', [1, 7, 1, 116]).subarray(0, 40), /is not a TensorRT plan/],
    [
      'a truncated plan',
      header('vtrt', [1, 7, 1, 116], { bytes: 95_000_000 }),
      /95000000 bytes, but there are 64/,
    ],
  ])('refuses %s, in memory and in a file', async (name, bytes, message) => {
    const expected = { code: 'ERR_TRT_ENGINE_INVALID', message: expect.stringMatching(message) };
    await expect(readPlanInfo(bytes)).rejects.toMatchObject(expected);
    const path = join(folder, name);
    writeFileSync(path, bytes);
    await expect(readPlanInfo(path)).rejects.toMatchObject({ ...expected, file: path });
  });
});

describe('a plan', () => {
  const bytes = header('vtrt', [1, 7, 1, 116], { targets: 0b1000 });

  it('in memory has its bytes and no file', async () => {
    const plan = planFromBytes(bytes, { seconds: 2 });
    expect(plan).toMatchObject({ data: bytes, bytes: 64, file: undefined, seconds: 2 });
    expect(await readPlanInfo(plan)).toMatchObject({ targets: ['sm89'] });
  });

  it('in a file reads it when its bytes are asked for, and saves a copy', async () => {
    const file = join(folder, 'kept.plan');
    writeFileSync(file, bytes);
    const plan = await planFromFile(file, { seconds: 3 });
    expect(plan).toMatchObject({ version: '1.7.1.116', bytes: 64, file, seconds: 3 });
    const copy = join(folder, 'copy.plan');
    await plan.save(copy);
    expect(readFileSync(copy)).toEqual(bytes);
    expect(plan.data).toEqual(bytes);
    rmSync(file);
    expect(plan.data).toEqual(bytes);
    expect(await planFromFile(copy, { seconds: 3 }).then(readPlanInfo)).toMatchObject({
      targets: ['sm89'],
    });
  });

  it('tells that its file is gone', async () => {
    const file = join(folder, 'gone.plan');
    writeFileSync(file, bytes);
    const plan = await planFromFile(file, { seconds: 3 });
    rmSync(file);
    expect(() => plan.data).toThrow(expect.objectContaining({ code: 'ERR_FILE', file }));
    const nowhere = join(folder, 'absent', 'copy.plan');
    await expect(plan.save(nowhere)).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('Engine.load', () => {
  it('names both versions when another one built the plan', async () => {
    const plan = header('vtrt', [1, 6, 0, 70]);
    await expect(Engine.load(plan)).rejects.toMatchObject({
      code: 'ERR_TRT_ENGINE_VERSION',
      message: expect.stringMatching(
        /built by TensorRT for RTX 1\.6\.0\.70, this is 1\.7\.1\.\d+\./,
      ),
      remedy: expect.stringContaining('Build it again'),
    });
  });

  it('names the product that built the plan when it is not installed', async () => {
    const plan = header('ftrt', [11, 4, 0, 106], { bytes: 0 });
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
    ['no plan', 7, {}, /a Plan, a Uint8Array, a path or a stream of bytes for plan but received 7/],
    ['a misspelt option', 'a.plan', { divice: 1 }, /'divice'/],
    ['a negative device', 'a.plan', { device: -1 }, /whole number from 0 for device/],
  ])('refuses %s', async (_, plan, options, message) => {
    const loading = Engine.load(plan as never, options as never);
    await expect(loading).rejects.toThrow(TypeError);
    await expect(loading).rejects.toThrow(message);
  });
});
