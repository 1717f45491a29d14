import { rmSync } from 'node:fs';
import { carry, type Protocol, type Reply, type Request } from './protocol.js';

/** What a child process does for each kind of request. */
export type Handlers<P extends Protocol<P>> = {
  readonly [K in keyof P]: (request: P[K]['request']) => P[K]['result'] | Promise<P[K]['result']>;
};

/**
 * Makes this process one that answers the requests of its parent, one after the other. When the
 * parent is gone, it removes what it was told to at its start, and ends.
 */
export function answerRequests<P extends Protocol<P>>(handlers: Handlers<P>): void {
  process.once('disconnect', endWithParent);
  if (!process.connected) endWithParent();
  let queue = Promise.resolve();
  process.on('message', (request: Request<P>) => {
    queue = queue.then(() => answer(handlers, request));
  });
}

async function answer<P extends Protocol<P>>(
  handlers: Handlers<P>,
  { kind, request }: Request<P>,
): Promise<void> {
  const reply: Reply = await Promise.resolve()
    .then(() => handlers[kind](request))
    .then(
      (result) => ({ ok: true, result }),
      (error) => ({ ok: false, error: carry(error) }),
    );
  // Without a parent there is nobody to answer; 'disconnect' follows.
  process.send?.(reply, undefined, undefined, () => {});
}

function endWithParent(): void {
  for (const path of process.argv.slice(2)) rmSync(path, { recursive: true, force: true });
  process.exit();
}
