// One cell of the teardown table, in a process of its own:
//
//   node scenario.mjs <state> <end>
//
// brings the package into a state and ends there. Plain JavaScript, since Node 20 runs no TypeScript.
// MODEL, PLAN and LIBRARY_DIR are set by the test.
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  allocatePinned,
  buildEngine,
  DeviceTensor,
  doctor,
  Engine,
  Model,
  tensor,
} from 'tensorrt-node';

const { MODEL, PLAN, LIBRARY_DIR } = process.env;

const feeds = {
  input_ids: tensor('int64', [2, 3], [1, 2, 3, 4, 5, 6]),
  attention_mask: tensor('int64', [2, 3], [1, 1, 1, 1, 1, 0]),
};

/** What is not awaited may still be rejected by the end that follows. */
function leaveRunning(promise) {
  promise.catch(() => {});
}

const build = () => buildEngine(MODEL, { targets: ['sm89'] });
const load = () => Engine.load(PLAN, { libraryDir: LIBRARY_DIR });

const states = {
  imported: async () => {},
  'addon loaded': async () => {
    await doctor();
  },
  'model loaded': async () => {
    await Model.load(MODEL);
  },
  built: async () => {
    await build();
  },
  'build failed': async () => {
    await buildEngine(MODEL, { targets: ['sm75'] }).catch(() => {});
  },
  building: async () => {
    // Two run, two wait in line.
    for (let i = 0; i < 4; i++) leaveRunning(build());
    await new Promise((resolve) => setTimeout(resolve, 30));
  },
  'building apart': async () => {
    leaveRunning(buildEngine(MODEL, { targets: ['sm89'], isolate: true }));
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
  'callback threw': async () => {
    const onProgress = () => {
      throw new Error('in a callback');
    };
    await buildEngine(MODEL, { targets: ['sm89'], onProgress }).catch(() => {});
  },
  'engine loaded': async () => {
    await load();
  },
  'session idle': async () => {
    const session = await (await load()).createSession({ contexts: 2 });
    await session.infer(feeds);
  },
  'infer in flight': async () => {
    const session = await (await load()).createSession({ contexts: 2 });
    // Two run, two wait in line.
    for (let i = 0; i < 4; i++) leaveRunning(session.infer(feeds));
  },
  'graph captured': async () => {
    const session = await (await load()).createSession({
      cudaGraphs: true,
      cudaGraphStrategy: 'disabled',
      profiles: [0],
    });
    await session.warmup([{ input_ids: [2, 3], attention_mask: [2, 3] }]);
    if (session.stats().graphs.captured !== 2) throw new Error('no graph was captured');
    leaveRunning(session.infer(feeds));
  },
  'tensors on the device': async () => {
    const session = await (await load()).createSession();
    const outputs = { logits: 'device' };
    await session.infer(feeds, { outputs });
    const pinned = await allocatePinned('int64', [2, 3]);
    const input_ids = await DeviceTensor.from(feeds.input_ids);
    leaveRunning(session.infer({ input_ids, attention_mask: pinned }, { outputs }));
  },
  'infer failed': async () => {
    const session = await (await load()).createSession();
    await session.infer({}).catch(() => {});
  },
  closing: async () => {
    const engine = await load();
    const session = await engine.createSession();
    leaveRunning(session.infer(feeds));
    leaveRunning(engine.close());
  },
  closed: async () => {
    const engine = await load();
    const session = await engine.createSession({ contexts: 2 });
    await session.infer(feeds);
    await engine.close();
  },
  'eight workers': async () => {
    await Promise.all(Array.from({ length: 8 }, () => inWorker('infer in flight')));
  },
};

const ends = {
  'natural end': () => {},
  'process.exit': () => process.exit(0),
  throw: () => {
    throw new Error('on purpose');
  },
};

async function inWorker(state) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { state } });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
}

if (isMainThread) {
  const [state, end] = process.argv.slice(2);
  if (end === 'worker terminated') {
    await inWorker(state);
  } else {
    await states[state]();
    ends[end]();
  }
} else {
  await states[workerData.state]();
  parentPort.postMessage('ready');
  // Keeps the worker alive until it is terminated.
  setInterval(() => {}, 1000);
}
