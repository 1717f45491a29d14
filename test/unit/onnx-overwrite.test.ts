import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { readInlineWeights, readWeights } from '../../dist/onnx/tensor/weights.js';
import { tensor } from '../../dist/tensor.js';
import { entries, savedExternally, weight } from './external-models.js';
import { errorOf } from './helpers.js';

describe('saving over its own external data', () => {
  test('keeps the weights, in the file and in memory', async () => {
    const { folder, path, original } = await savedExternally();
    const model = await Model.load(path);
    model.graph.removeInitializer('w1');
    model.graph.addInitializer('w1', tensor('float32', [16, 128], new Float32Array(2048).fill(5)));
    // The new `w1` comes last, so that the external `w2` moves to the front of the file.
    await model.save(path, { externalData: 'always' });

    const again = await Model.load(path);
    expect(entries(weight(again, 'w2'))).toMatchObject({ offset: '0' });
    const expected = readInlineWeights(weight(original, 'w2'));
    expect(await readWeights(again, weight(again, 'w2'))).toEqual(expected);
    expect(await readWeights(model, weight(model, 'w2'))).toEqual(expected);
    expect((await readWeights(again, weight(again, 'w1'))).data[0]).toBe(5);
    expect(await readdir(folder)).toEqual(['m.onnx', 'm.onnx.data']);

    await model.save(path, { externalData: 'always' });
    expect(await readWeights(model, weight(model, 'w2'))).toEqual(expected);
  });

  test('a clone made before refuses to read the replaced file instead of reading wrong weights', async () => {
    const { path } = await savedExternally();
    const model = await Model.load(path);
    const clone = model.clone();
    await model.save(path, { externalData: 'always' });
    expect(await errorOf(readWeights(clone, weight(clone, 'w1')))).toMatchObject({
      code: 'ERR_ONNX_EXTERNAL_DATA',
    });
  });

  test('when the model cannot be put in place, the old data file is back', async () => {
    const { folder, original } = await savedExternally();
    const before = 'the data of another model';
    await mkdir(`${folder}/blocked`);
    await writeFile(`${folder}/blocked.data`, before);
    const error = await errorOf(original.save(`${folder}/blocked`, { externalData: 'always' }));
    expect(error).toMatchObject({ code: 'ERR_FILE', file: `${folder}/blocked` });
    expect(await readFile(`${folder}/blocked.data`, 'utf8')).toBe(before);
    expect(await readdir(folder)).toEqual(['blocked', 'blocked.data', 'm.onnx', 'm.onnx.data']);
  });
});

describe('abort', () => {
  /** A signal that is aborted just before it is looked at for the n-th time. */
  function abortingAtLook(count: number, reason: unknown): AbortSignal {
    const controller = new AbortController();
    let looks = 0;
    controller.signal.throwIfAborted = () => {
      if (++looks === count) controller.abort(reason);
      if (controller.signal.aborted) throw reason;
    };
    return controller.signal;
  }

  test.each(['never', 'always'] as const)(
    'at any moment of a save leaves nothing behind (%s)',
    async (externalData) => {
      const { folder, path } = await savedExternally();
      const model = await Model.load(path);
      const reason = new Error('enough');
      let aborted = 0;
      for (;;) {
        const signal = abortingAtLook(aborted + 1, reason);
        const error = await model
          .save(`${folder}/copy.onnx`, { externalData, signal })
          .catch((e) => e);
        if (!(error instanceof Error)) break;
        expect(error).toBe(reason);
        expect(await readdir(folder)).toEqual(['m.onnx', 'm.onnx.data']);
        aborted++;
      }
      expect(aborted).toBeGreaterThan(4);
      expect(await readdir(folder)).toContain('copy.onnx');
    },
  );

  test('before and during a load rejects with the reason', async () => {
    const { path } = await savedExternally();
    const reason = { why: 'enough' };
    for (const look of [1, 2]) {
      const signal = abortingAtLook(look, reason);
      expect(await Model.load(path, { signal }).catch((error) => error)).toBe(reason);
    }
    expect(await errorOf(Model.load(path, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});
