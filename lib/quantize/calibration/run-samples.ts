import { TensorRTError } from '../../errors.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import { checkFeeds } from '../../runtime/feeds.js';
import type { TensorMap } from '../../tensor.js';
import type { Executor } from './executor.js';
import type { GroupPlanner } from './groups.js';

export type Samples = Iterable<TensorMap> | AsyncIterable<TensorMap>;

export interface CalibrationProgress {
  /** How many samples have been run. */
  samples: number;
  /** How many there are, where `samples` is an array or a set. */
  total: number | undefined;
  elapsedMs: number;
}

type OnProgress = ((progress: CalibrationProgress) => void) | undefined;

/** How many samples the executor has for each that it can run at a time, while the next one is made. */
const lookAhead = 2;

/**
 * Runs all samples. Those of an array are run again for each group of tensors that does not fit the
 * memory beside the others; those of a stream are run in as many sessions as there are groups.
 *
 * @returns how many samples there were.
 * @throws TensorRTError `ERR_CALIBRATION` when there are none, `ERR_FEED`
 */
export async function runSamples(
  executor: Executor,
  inputs: readonly ValueInfo[],
  samples: Samples,
  planner: GroupPlanner,
  onProgress: OnProgress,
): Promise<number> {
  const started = performance.now();
  const list = listOf(samples);
  const total = list?.length;
  const report = (done: number) =>
    onProgress?.({ samples: done, total, elapsedMs: performance.now() - started });
  const count = list
    ? await runList(executor, inputs, list, planner, report)
    : await run(executor, inputs, samples, report, async (feeds) => {
        if (await planner.fit([feeds])) await executor.open(planner.groups);
      });
  if (count > 0) return count;
  throw noSamples('to calibrate with');
}

/** @param purpose - what they are missing for. */
export function noSamples(purpose: string): TensorRTError {
  return new TensorRTError('ERR_CALIBRATION', `There are no samples ${purpose}.`, {
    remedy: 'Pass at least one, better a hundred, of what the model will meet in use.',
  });
}

async function runList(
  executor: Executor,
  inputs: readonly ValueInfo[],
  list: readonly TensorMap[],
  planner: GroupPlanner,
  report: (done: number) => void,
): Promise<number> {
  for (const [index, feeds] of list.entries()) checkFeeds(inputs, feeds, `sample ${index}`);
  if (list.length === 0) return 0;
  await executor.guard(planner.fit(list));
  const { groups } = planner;
  for (const [pass, group] of groups.entries()) {
    await executor.open([group]);
    const before = pass * list.length;
    await run(executor, inputs, list, (done) =>
      report(Math.floor((before + done) / groups.length)),
    );
  }
  return list.length;
}

/** @param prepare - called before each sample is run. */
async function run(
  executor: Executor,
  inputs: readonly ValueInfo[],
  samples: Samples,
  report: (done: number) => void,
  prepare?: (feeds: TensorMap) => Promise<void>,
): Promise<number> {
  const running = new Set<Promise<void>>();
  let sent = 0;
  const send = (feeds: TensorMap) => {
    const collected = executor.collect(feeds, sent++).then(() => {
      running.delete(collected);
      report(sent - running.size);
    });
    // The next sample may never come, so a failure must not wait for its turn.
    collected.catch((error) => executor.fail(error));
    running.add(collected);
  };
  for await (const feeds of pull(samples, executor)) {
    checkFeeds(inputs, feeds, `sample ${sent}`);
    while (running.size >= lookAhead * executor.width) await Promise.race(running);
    await prepare?.(feeds);
    send(feeds);
  }
  await Promise.all(running);
  return sent;
}

/** The samples, until the executor fails: that is noticed even while a sample is awaited. */
async function* pull(samples: Samples, executor: Executor): AsyncGenerator<TensorMap> {
  const iterator =
    Symbol.asyncIterator in samples ? samples[Symbol.asyncIterator]() : samples[Symbol.iterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await executor.guard(Promise.resolve(iterator.next()));
      ended = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a source that still waits for its next sample would never return.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** Samples that can be run again. */
export function listOf(samples: Samples): readonly TensorMap[] | undefined {
  if (Array.isArray(samples)) return samples;
  return samples instanceof Set ? [...samples] : undefined;
}
