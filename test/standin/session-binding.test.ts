import { allocatePinned, DeviceTensor, type Product, TensorRTError, tensor } from 'tensorrt-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectedLogits, ids, useStandins } from './helpers.js';
import { scalePlan, tinyClassifierPlan } from './plan.js';

const { open } = useStandins();

const row = (...values: number[]) => tensor('float32', [1, 4], values);

/** A device tensor that is closed at the end of the test. */
async function onDevice(source: ReturnType<typeof row>) {
  const copy = await DeviceTensor.from(source);
  onTestFinished(() => copy.close());
  return copy;
}

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('IO binding with %s', (product) => {
  const scale = scalePlan({ product });
  const classifier = tinyClassifierPlan({ product });

  it('reads a device tensor where it lies', async () => {
    const { session } = await open(scale);
    const x = await onDevice(row(1, 2, 3, 4));
    const { y } = await session.infer({ x });
    expect([...(y?.data ?? [])]).toEqual([3, 5, 7, 9]);
    expect([...(await x.read()).data]).toEqual([1, 2, 3, 4]);
  });

  it('leaves outputs on the device and feeds them to the next call', async () => {
    const { session } = await open(scale);
    let x = await DeviceTensor.from(row(1, 2, 3, 4));
    for (let step = 0; step < 5; step++) {
      const { y } = await session.infer({ x }, { outputs: { y: 'device' } });
      await x.close();
      x = y as DeviceTensor<'float32'>;
    }
    expect([...(await x.read()).data]).toEqual([63, 95, 127, 159]);
    await x.close();
  });

  it('writes into device tensors that are at hand, back and forth', async () => {
    const { session } = await open(scale);
    const a = await onDevice(row(1, 2, 3, 4));
    const b = await DeviceTensor.allocate('float32', [8, 4]);
    onTestFinished(() => b.close());
    expect((await session.infer({ x: a }, { outputs: { y: b } })).y).toBe(b);
    expect(b.dims).toEqual([1, 4]);
    await session.infer({ x: b }, { outputs: { y: a } });
    expect([...(await a.read()).data]).toEqual([7, 11, 15, 19]);
  });

  it('takes page-locked tensors in and out', async () => {
    const { session } = await open(scale);
    const x = await allocatePinned('float32', [2, 4]);
    const y = await allocatePinned('float32', [8, 4]);
    x.data.set([1, 2, 3, 4, 5, 6, 7, 8]);
    const result = await session.infer({ x }, { outputs: { y } });
    expect(result.y.dims).toEqual([2, 4]);
    expect(result.y.data.buffer).toBe(y.data.buffer);
    expect([...result.y.data]).toEqual([3, 5, 7, 9, 11, 13, 15, 17]);
  });

  it('writes into ordinary tensors that are at hand', async () => {
    const { session } = await open(scale);
    const y = tensor('float32', [2, 4], new Float32Array(8));
    const result = await session.infer({ x: row(1, 2, 3, 4) }, { outputs: { y } });
    expect([...result.y.data]).toEqual([3, 5, 7, 9]);
    expect([...y.data]).toEqual([3, 5, 7, 9, 0, 0, 0, 0]);
  });

  it('gives only the outputs that were asked for', async () => {
    const { session } = await open(classifier);
    expect(await session.infer(ids(1, 4), { outputs: {} })).toEqual({});
    const feeds = ids(1, 4);
    const { logits } = await session.infer(feeds, { outputs: { logits: 'host' } });
    expect([...logits.data]).toEqual(expectedLogits(feeds));
  });

  it.each([
    ['a device tensor', async () => DeviceTensor.allocate('float32', [1, 3])],
    ['a page-locked tensor', async () => allocatePinned('float32', [1, 3])],
    ['a tensor', async () => tensor('float32', [1, 3], [0, 0, 0])],
  ])('refuses %s that is too small for the output', async (_, make) => {
    const { session } = await open(scale);
    const y = await make();
    const call = session.infer({ x: row(1, 2, 3, 4) }, { outputs: { y } });
    await expect(call).rejects.toMatchObject({
      code: 'ERR_FEED',
      tensor: 'y',
      message: expect.stringContaining('needs 16 bytes'),
    });
    expect([...((await session.infer({ x: row(1, 2, 3, 4) }))['y']?.data ?? [])]).toEqual([
      3, 5, 7, 9,
    ]);
    if (y instanceof DeviceTensor) await y.close();
  });

  it('refuses targets that cannot be', async () => {
    const { session } = await open(scale);
    const x = row(1, 2, 3, 4);
    const wrong = [{ z: 'host' }, { y: 'gpu' }, { y: tensor('int32', [1], [1]) }, { y: null }];
    for (const outputs of wrong) {
      await expect(session.infer({ x }, { outputs } as never)).rejects.toThrow(TypeError);
    }
  });

  it('refuses to write what another call uses, and to use what is closed', async () => {
    const { session } = await open(scale, { contexts: 2 });
    const x = await onDevice(row(1, 2, 3, 4));
    const first = session.infer({ x });
    await expect(session.infer({ x: row(0, 0, 0, 0) }, { outputs: { y: x } })).rejects.toThrow(
      /used by work in flight/,
    );
    await expect(session.infer({ x }, { outputs: { y: x } })).rejects.toThrow(TensorRTError);
    await first;
    const [both] = await Promise.all([session.infer({ x }), session.infer({ x })]);
    expect([...(both['y']?.data ?? [])]).toEqual([3, 5, 7, 9]);
    await x.close();
    await x.close();
    await expect(session.infer({ x })).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(x.read()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('keeps memory that is closed while a call uses it', async () => {
    const { session } = await open(scale);
    const x = await DeviceTensor.from(row(1, 2, 3, 4));
    const calls = [session.infer({ x }), session.infer({ x })];
    await x.close();
    for (const call of calls) {
      expect([...((await call)['y']?.data ?? [])]).toEqual([3, 5, 7, 9]);
    }
  });

  it('refuses a device tensor of another type or shape', async () => {
    const { session } = await open(scale);
    const narrow = await DeviceTensor.allocate('float32', [1, 3]);
    await expect(session.infer({ x: narrow })).rejects.toMatchObject({ code: 'ERR_FEED' });
    const whole = await DeviceTensor.allocate('int32', [1, 4]);
    await expect(session.infer({ x: whole })).rejects.toMatchObject({ code: 'ERR_FEED' });
    await Promise.all([narrow.close(), whole.close()]);
  });
});

describe('a device tensor', () => {
  it('is written and read, and takes the shape of what is written', async () => {
    const memory = await DeviceTensor.allocate('int64', [2, 3]);
    await memory.write(tensor('int64', [1, 2], [5n, 6n]));
    expect(await memory.read()).toEqual(tensor('int64', [1, 2], [5n, 6n]));
    expect(memory).toMatchObject({ type: 'int64', dims: [1, 2], device: 0, capacityBytes: 48 });
    await expect(memory.write(tensor('int64', [7], Array(7).fill(0n)))).rejects.toThrow(
      /at most 48 bytes/,
    );
    await expect(memory.write(tensor('int32', [1], [1]) as never)).rejects.toThrow(TypeError);
    await memory.close();
  });

  it('copies its data before write returns', async () => {
    await using memory = await DeviceTensor.allocate('float32', [1, 4]);
    const source = row(1, 2, 3, 4);
    const written = memory.write(source);
    source.data.fill(0);
    await written;
    expect([...(await memory.read()).data]).toEqual([1, 2, 3, 4]);
  });

  it('may be empty', async () => {
    await using memory = await DeviceTensor.from(tensor('float32', [0, 4], []));
    expect(await memory.read()).toEqual(tensor('float32', [0, 4], []));
  });

  it('refuses wrong arguments', async () => {
    await expect(DeviceTensor.allocate('string' as never, [1])).rejects.toThrow(TypeError);
    await expect(DeviceTensor.allocate('int8', [-1])).rejects.toThrow(TypeError);
    await expect(DeviceTensor.allocate('int8', [1], { device: 7 })).rejects.toMatchObject({
      code: 'ERR_NO_GPU',
    });
    await expect(DeviceTensor.allocate('int8', [1e15])).rejects.toMatchObject({
      code: 'ERR_GPU_MEMORY',
    });
  });
});
