import { doctor, Engine, type Product, type Session, type TensorMap, tensor } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { expectedLogits, ids, useStandins } from './helpers.js';
import { scalePlan, tinyClassifierPlan } from './plan.js';

// The addon's own execution path (contexts, streams, copies) with right numbers and no GPU: the
// driver and TensorRT's runtime are stand-ins, for the ABI families of both products.

const { libraryDir, open } = useStandins();

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('%s', (product) => {
  const classifier = tinyClassifierPlan({ product });
  const scale = scalePlan({ product });

  it('describes the engine', async () => {
    const { engine } = await open(classifier);
    expect(engine.info.product).toBe(product);
    expect(engine.tensors).toMatchObject([
      { name: 'input_ids', mode: 'input', type: 'int64', dims: [-1, -1], location: 'device' },
      { name: 'attention_mask', mode: 'input', type: 'int64', dims: [-1, -1], location: 'device' },
      { name: 'logits', mode: 'output', type: 'float32', dims: [-1, 2], location: 'device' },
    ]);
    expect(engine.profiles).toHaveLength(2);
    expect(engine.profiles[0]?.['input_ids']).toEqual({ min: [1, 1], opt: [4, 16], max: [8, 32] });
    expect(engine.scratchBytes).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it.each([
    [1, 1],
    [3, 7],
    [8, 32],
    [1, 32],
  ])('computes the right numbers for [%i, %i]', async (batch, sequence) => {
    const { session } = await open(classifier);
    const feeds = ids(batch, sequence);
    const { logits } = await session.infer(feeds);
    expect(logits?.dims).toEqual([batch, 2]);
    expect([...(logits?.data ?? [])]).toEqual(expectedLogits(feeds));
  });

  it('runs the profile that was chosen', async () => {
    const { engine } = await open(classifier);
    const wide = await engine.createSession({ profiles: [1] });
    const feeds = ids(32, 64);
    expect([...((await wide.infer(feeds))['logits']?.data ?? [])]).toEqual(expectedLogits(feeds));
    await expect(wide.infer(ids(1, 1))).rejects.toMatchObject({ code: 'ERR_FEED' });
  });

  it('grows and shrinks from one call to the next', async () => {
    const { session } = await open(classifier);
    for (const [batch, sequence] of [
      [1, 1],
      [8, 32],
      [2, 3],
      [8, 31],
    ] as const) {
      const feeds = ids(batch, sequence, batch + sequence);
      expect([...((await session.infer(feeds))['logits']?.data ?? [])]).toEqual(
        expectedLogits(feeds),
      );
    }
  });

  it.each([1, 3])('keeps many calls apart on %i contexts', async (contexts) => {
    const { session } = await open(classifier, { contexts });
    const calls = Array.from({ length: 40 }, (_, i) => ids(1 + (i % 8), 1 + (i % 32), i));
    const results = await Promise.all(calls.map((feeds) => session.infer(feeds)));
    results.forEach(({ logits }, i) => {
      expect([...(logits?.data ?? [])]).toEqual(expectedLogits(calls[i] as TensorMap));
    });
  });

  it('copies feeds before it returns, also for calls that wait in line', async () => {
    const { session } = await open(scale);
    const data = new Float32Array([1, 2, 3, 4]);
    const calls = [1, 2, 3].map(() => session.infer({ x: tensor('float32', [1, 4], data) }));
    data.fill(99);
    for (const call of calls) expect([...((await call)['y']?.data ?? [])]).toEqual([3, 5, 7, 9]);
  });

  it('survives that a feed is given away while the call is in flight', async () => {
    const { session } = await open(scale);
    const data = new Float32Array([1, 2, 3, 4]);
    const call = session.infer({ x: tensor('float32', [1, 4], data) });
    structuredClone(data, { transfer: [data.buffer] });
    expect([...((await call)['y']?.data ?? [])]).toEqual([3, 5, 7, 9]);
  });

  it('gives each output memory of its own', async () => {
    const { session } = await open(scale);
    const infer = (value: number) =>
      session.infer({ x: tensor('float32', [1, 4], Array(4).fill(value)) });
    const first = (await infer(1))['y'];
    await infer(2);
    expect([...(first?.data ?? [])]).toEqual([3, 3, 3, 3]);
  });

  it.each([
    ['a missing input', { input_ids: ids(1, 2)['input_ids'] }, /'attention_mask'.*is missing/],
    ['an unknown input', { ...ids(1, 2), extra: ids(1, 2)['input_ids'] }, /Unknown input 'extra'/],
    [
      'the wrong type',
      { ...ids(1, 2), input_ids: tensor('int32', [1, 2], [1, 2]) },
      /int64.*for input 'input_ids'.*received int32 \[1, 2\]/,
    ],
    [
      'the wrong rank',
      { ...ids(1, 2), input_ids: tensor('int64', [2], [1, 2]) },
      /received int64 \[2\]/,
    ],
    [
      'a shape over every profile',
      ids(65, 2),
      /shape \[65, 2\], but profile 0 holds min \[1, 1\], opt \[4, 16\], max \[8, 32\]; profile 1 holds/,
    ],
  ])('refuses %s', async (_, feeds, message) => {
    const { session } = await open(classifier);
    const call = session.infer(feeds as TensorMap);
    await expect(call).rejects.toMatchObject({
      code: 'ERR_FEED',
      message: expect.stringMatching(message),
    });
    const good = ids(2, 2);
    expect([...((await session.infer(good))['logits']?.data ?? [])]).toEqual(expectedLogits(good));
  });

  it('refuses shapes that do not fit each other, by what TensorRT says', async () => {
    const { session } = await open(classifier);
    const feeds = { ...ids(2, 4), attention_mask: ids(2, 3)['attention_mask'] } as TensorMap;
    await expect(session.infer(feeds)).rejects.toMatchObject({
      name: 'TensorRTError',
      code: expect.stringMatching(/ERR_FEED|ERR_TRT_INFER/),
      recorded: [expect.objectContaining({ description: expect.any(String) })],
    });
    const good = ids(2, 2);
    expect([...((await session.infer(good))['logits']?.data ?? [])]).toEqual(expectedLogits(good));
  });

  it('leaves the line when the signal is aborted, and only then', async () => {
    const { session } = await open(classifier, { depth: 1 });
    const controller = new AbortController();
    const running = session.infer(ids(1, 1), { signal: controller.signal });
    const waiting = session.infer(ids(1, 1), { signal: controller.signal });
    const reason = new Error('too slow');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect((await running)['logits']?.dims).toEqual([1, 2]);
    const late = session.infer(ids(1, 1), { signal: controller.signal });
    await expect(late).rejects.toBe(reason);
  });

  it('waits for calls in flight when it closes, and refuses new ones', async () => {
    const { engine, session } = await open(classifier, { contexts: 2 });
    const calls = Array.from({ length: 6 }, (_, i) => session.infer(ids(1, 1 + i)));
    const closing = engine.close();
    await expect(session.infer(ids(1, 1))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await closing;
    for (const call of calls) expect((await call)['logits']?.dims).toEqual([1, 2]);
    await expect(engine.createSession()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await engine.close();
    await session.close();
  });

  it('is closed by await using', async () => {
    let outer: Session;
    {
      await using engine = await Engine.load(scale, { libraryDir });
      await using session = await engine.createSession();
      outer = session;
    }
    const call = outer.infer({ x: tensor('float32', [1, 4], [1, 2, 3, 4]) });
    await expect(call).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it("passes on TensorRT's reason for a plan that it refuses", async () => {
    const broken = scale.slice();
    broken.fill(0x20, 64);
    await expect(Engine.load(broken, { libraryDir })).rejects.toMatchObject({
      code: 'ERR_TRT_ENGINE_INVALID',
      message: expect.stringContaining('TensorRT refused the plan: '),
      recorded: [expect.anything()],
    });
  });

  it.each([
    ['no context at all', { contexts: 0 }, /from 1 to 64 for contexts/],
    ['a profile that the engine has not', { profiles: [2] }, /from 0 to 1 for profiles\[0\]/],
    ['no profile', { profiles: [] }, /for profiles/],
    ['three lanes', { depth: 3 }, /from 1 to 2 for depth/],
    ['a misspelt option', { context: 1 }, /'context'/],
  ])('refuses %s', async (_, options, message) => {
    const { engine } = await open(classifier);
    await expect(engine.createSession(options as never)).rejects.toThrow(TypeError);
    await expect(engine.createSession(options as never)).rejects.toThrow(message);
  });

  it('refuses a GPU that is not there', async () => {
    await expect(Engine.load(scale, { libraryDir, device: 1 })).rejects.toMatchObject({
      code: 'ERR_NO_GPU',
      message: expect.stringContaining('no GPU number 1; the driver finds 1'),
    });
  });
});

it('runs engines of both products in one process', async () => {
  const rtx = await open(scalePlan({ product: 'tensorrt-rtx' }));
  const enterprise = await open(scalePlan({ product: 'tensorrt' }));
  const x = tensor('float32', [1, 4], [1, 2, 3, 4]);
  const [a, b] = await Promise.all([rtx.session.infer({ x }), enterprise.session.infer({ x })]);
  expect(a).toEqual(b);
});

it('doctor tells the GPU, and which products run on it', async () => {
  process.env['TENSORRT_LIB_DIR'] = libraryDir;
  const report = await doctor();
  expect(report.gpus).toEqual([
    expect.objectContaining({ computeCapability: '8.9', servedBy: ['tensorrt-rtx', 'tensorrt'] }),
  ]);
  expect(report.driver).toMatch(/^\d+\.\d$/);
  expect(report.canRun).toBe(true);
});
