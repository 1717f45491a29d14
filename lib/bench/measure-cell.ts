import { RequestProcess } from '../runtime/child/request-process.js';
import type { CheckedBenchOptions } from './bench-options.js';
import type { Measured, MeasureProtocol, Opened, OpenRequest } from './child/protocol.js';

/** Measures one cell in a process of its own. Rejects with what went wrong there. */
export async function measureCell(
  request: OpenRequest,
  rate: number | undefined,
  options: CheckedBenchOptions,
  onPhase: (phase: string) => void,
): Promise<{ opened: Opened; measured: Measured }> {
  const { warmupMs, durationMs, iterations, concurrency, arrivals, seed, signal } = options;
  signal?.throwIfAborted();
  const child = new RequestProcess<MeasureProtocol>(
    new URL('./child/measure-child.js', import.meta.url),
    {
      what: 'The process that measures',
      remove: [],
      remedy: 'If it was killed, memory may have run out: use smaller batches.',
    },
  );
  const abort = () => child.fail(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    const isBuilt = request.runtime === 'tensorrt' && request.subject.kind === 'model';
    onPhase(isBuilt ? 'build' : 'load');
    const opened = await child.request('open', request);
    onPhase('warm up');
    await child.request('warmUp', { durationMs: warmupMs, concurrency });
    onPhase('measure');
    const load = { durationMs, iterations, concurrency, rate, arrivals, seed };
    return { opened, measured: await child.request('measure', load) };
  } finally {
    signal?.removeEventListener('abort', abort);
    await child.close();
  }
}
