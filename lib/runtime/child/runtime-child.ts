/**
 * The process of an isolated runtime: one model. It is a process, not a worker thread, because
 * `onnxruntime-node` computes on the thread that calls it, and ending a thread in the middle of that
 * aborts the whole process.
 */
import { OrtSession } from '../ort-session.js';
import { answerRequests } from './answer-requests.js';
import type { RuntimeProtocol } from './isolated-session.js';

let session: OrtSession | undefined;

answerRequests<RuntimeProtocol>({
  open: async ({ path, ...options }) => {
    session = await OrtSession.open(path, options);
    return { provider: session.provider };
  },
  run: ({ feeds, outputs }) => {
    if (!session) throw new Error("Received 'run' before 'open'");
    return session.run(feeds, outputs);
  },
});
