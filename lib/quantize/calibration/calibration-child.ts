/**
 * The calibration process: runs the model and counts. It is a process, not a worker thread, because
 * `onnxruntime-node` computes on the thread that calls it, and ending a thread in the middle of that
 * aborts the whole process.
 */
import { rmSync } from 'node:fs';
import { TensorRTError } from '../../errors.js';
import { OrtSession } from '../../runtime/ort-session.js';
import type {
  CalibrationReply,
  CalibrationRequest,
  OpenRequest,
  ReplyError,
  RequestResults,
} from './calibration-protocol.js';
import { Observer } from './observer.js';

class Calibration {
  readonly #session: OrtSession;
  readonly #observer: Observer;
  /** The observed tensors that the model computes; the others are inputs. */
  readonly #computed: string[];

  private constructor(session: OrtSession, observer: Observer, computed: string[]) {
    this.#session = session;
    this.#observer = observer;
    this.#computed = computed;
  }

  static async open({ modelPath, observed, mask, threads }: OpenRequest): Promise<Calibration> {
    const session = await OrtSession.open(modelPath, threads);
    const computed = observed.filter((name) => session.outputNames.includes(name));
    return new Calibration(session, new Observer(observed, mask), computed);
  }

  async handle(request: Exclude<CalibrationRequest, { kind: 'open' }>) {
    if (request.kind === 'histograms') return this.#observer.histograms();
    // ONNX Runtime runs no model for nothing.
    const outputs =
      this.#computed.length > 0 ? await this.#session.run(request.feeds, this.#computed) : {};
    this.#observer.collect({ ...request.feeds, ...outputs });
    return undefined;
  }
}

let calibration: Calibration | undefined;

async function handle(request: CalibrationRequest): Promise<RequestResults[keyof RequestResults]> {
  if (request.kind === 'open') {
    process.once('disconnect', () => {
      rmSync(request.directory, { recursive: true, force: true });
      process.exit();
    });
    calibration = await Calibration.open(request);
    return undefined;
  }
  if (!calibration) throw new Error(`Received '${request.kind}' before 'open'`);
  return calibration.handle(request);
}

async function answer(request: CalibrationRequest): Promise<void> {
  const reply: CalibrationReply = await handle(request).then(
    (result) => ({ ok: true, result }),
    (error) => ({ ok: false, error: toReplyError(error, request) }),
  );
  // Without a parent there is nobody to answer; 'disconnect' follows.
  process.send?.(reply, undefined, undefined, () => {});
}

function toReplyError(error: unknown, request: CalibrationRequest): ReplyError {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const place = request.kind === 'collect' ? `Sample ${request.index}: ` : '';
  return {
    code: error instanceof TensorRTError ? error.code : undefined,
    message: place + message,
  };
}

let queue = Promise.resolve();
process.on('message', (request: CalibrationRequest) => {
  queue = queue.then(() => answer(request));
});
