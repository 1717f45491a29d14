/** The process that measures one cell: what it takes, and what it breaks, is its own. */
import { answerRequests } from '../../runtime/child/answer-requests.js';
import type { CellShapes } from '../cell-shapes.js';
import { arrivalTimes } from '../load/arrivals.js';
import { realClock } from '../load/clock.js';
import { closedLoop } from '../load/closed-loop.js';
import { openLoop } from '../load/open-loop.js';
import type { Recorded, Run } from '../load/recorder.js';
import { openOnnxRuntimeTarget } from '../targets/onnxruntime-target.js';
import type { Target } from '../targets/target.js';
import { openTensorRTTarget } from '../targets/tensorrt-target.js';
import { feedsOf, shapesOf } from './cell-feeds.js';
import { GpuWatch } from './gpu-watch.js';
import { hostPeakBytes } from './memory.js';
import type { LoadRequest, Measured, MeasureProtocol, Opened, OpenRequest } from './protocol.js';

interface Subject {
  readonly target: Target;
  readonly run: Run;
  readonly watch: GpuWatch | undefined;
}

// A terminal sends it to parent and children alike. The parent decides, and ends this process.
process.on('SIGINT', () => {});

let subject: Subject | undefined;

answerRequests<MeasureProtocol>({
  async open(request) {
    const watch = await openWatch(request);
    const target = await openTarget(request);
    const shapes = shapesOf(request, target);
    const run = await target.prepare(await feedsOf(request, target, shapes));
    subject = { target, run, watch };
    await watch?.read();
    return openedOf(target, shapes);
  },
  async warmUp({ durationMs, concurrency }) {
    const { target, run, watch } = opened();
    // Every lane of every context: the second inference of a lane is the one that captures a graph.
    const inFlight = Math.max(concurrency, target.capacity);
    const options = { concurrency: inFlight, durationMs, iterations: 2 * inFlight };
    const { failure } = await closedLoop(run, { ...options, clock: realClock });
    if (failure) throw failure;
    await watch?.read();
    return undefined;
  },
  measure,
});

function opened(): Subject {
  if (!subject) throw new Error("Received a request before 'open'");
  return subject;
}

/** What does not run on a GPU has none to watch; ONNX Runtime has ways to one without our addon. */
async function openWatch({ runtime, device }: OpenRequest): Promise<GpuWatch | undefined> {
  if (runtime === 'onnxruntime:cpu') return undefined;
  const watch = GpuWatch.open(device);
  return runtime === 'tensorrt' ? watch : watch.catch(() => undefined);
}

function openTarget(request: OpenRequest): Promise<Target> {
  return request.runtime === 'tensorrt'
    ? openTensorRTTarget(request)
    : openOnnxRuntimeTarget(request);
}

function openedOf({ provider, versions }: Target, shapes: CellShapes): Opened {
  return { ...shapes, provider, versions };
}

async function measure(request: LoadRequest): Promise<Measured> {
  const { target, run, watch } = opened();
  const fallbacks = target.graphFallbacks();
  const before = await watch?.read();
  const recorded = await load(run, target.capacity, request);
  const after = await watch?.read();
  if (recorded.latency.length === 0 && recorded.failure) throw recorded.failure;
  return {
    recorded,
    hostPeak: await hostPeakBytes(),
    devicePeak: watch?.peakBytes,
    joules: before === undefined || after === undefined ? undefined : after - before,
    graphProblems: added(fallbacks, target.graphFallbacks(), recorded.latency.length),
  };
}

/** A few first ones, while memory for outputs is new, are no reason for a warning. */
const tolerableFallbacks = 0.01;

/** The reasons that have become more frequent since the warm-up. */
function added(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  inferences: number,
): string[] {
  return Object.entries(after)
    .map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const)
    .filter(([, count]) => count > tolerableFallbacks * inferences)
    .map(([reason, count]) => `${reason} (${count} of ${inferences} inferences)`);
}

function load(run: Run, capacity: number, request: LoadRequest): Promise<Recorded> {
  const { rate, durationMs, iterations, concurrency, arrivals, seed } = request;
  const clock = realClock;
  if (rate === undefined) return closedLoop(run, { concurrency, durationMs, iterations, clock });
  const times = arrivalTimes({ rate, durationMs, atLeast: iterations, arrivals, seed });
  return openLoop(run, { arrivals: times, capacity, drainMs: durationMs, clock });
}
