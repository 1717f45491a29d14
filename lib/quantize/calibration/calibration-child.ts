/**
 * The calibration process: runs the model and counts. It is a process, not a worker thread, because
 * `onnxruntime-node` computes on the thread that calls it, and ending a thread in the middle of that
 * aborts the whole process.
 */
import { answerRequests } from '../../runtime/child/answer-requests.js';
import { OrtSession } from '../../runtime/ort-session.js';
import { type CountedModel, Counter } from './counter.js';
import type { CountingProtocol, ModelRequest } from './process-executor.js';

let counter: Counter | undefined;
let threads: number | undefined;

answerRequests<CountingProtocol>({
  observe: (options) => {
    counter = new Counter(options);
    threads = options.threads;
    return undefined;
  },
  open: async ({ models }) => {
    await opened().open(async (open) => {
      for (const model of models) open.push(await openModel(model));
    });
    return undefined;
  },
  collect: async ({ feeds, index }) => {
    await opened().collect(feeds, index);
    return undefined;
  },
  counted: () => opened().counted(),
});

function opened(): Counter {
  if (!counter) throw new Error("Received a request before 'observe'");
  return counter;
}

async function openModel({ tensors, computed, path }: ModelRequest): Promise<CountedModel> {
  // ONNX Runtime takes no model that computes nothing.
  const session = computed.length > 0 ? await OrtSession.open(path, { threads }) : undefined;
  return {
    tensors,
    run: async (feeds) => (await session?.run(feeds, computed))?.outputs ?? {},
    close: async () => session?.release(),
  };
}
