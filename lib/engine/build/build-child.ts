/**
 * The build process: one build, so that a crash in TensorRT or the end of memory ends this process
 * and not that of the user.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { loadAddon, type NativeBuildMonitor, type NativeBuildResult } from '../../native.js';
import { logLevel } from './build-watch.js';
import type { BuildCommand, BuildOrder, BuildReport } from './isolated-build.js';

const pollMs = 100;

let monitor: NativeBuildMonitor | undefined;

async function build(order: BuildOrder, watched: NativeBuildMonitor): Promise<NativeBuildResult> {
  const library = await loadAddon().openLibrary(order.library);
  for (const path of order.plugins) await library.loadPlugins(path);
  return library.build(order.request, watched);
}

async function carryOut(order: BuildOrder): Promise<void> {
  const watched = new (loadAddon().BuildMonitor)(logLevel);
  monitor = watched;
  const passEvents = () => {
    const events = watched.drain();
    if (events.length > 0) report({ kind: 'events', events });
  };
  const timer = setInterval(passEvents, pollMs);
  const outcome: BuildReport = await build(order, watched).then(
    (result) => ({ kind: 'built', result }),
    (error) => ({ kind: 'failed', message: error.message, details: error.details }),
  );
  clearInterval(timer);
  passEvents();
  // Nothing more is done here: the parent ends this process.
  report(outcome);
}

function report(message: BuildReport): void {
  // Without a parent there is nobody to tell; 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {});
}

/** Removes the parent's files. An exit would wait for the build. */
function endWithParent(): void {
  for (const path of process.argv.slice(2)) rmSync(path, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
}

/** Where memory runs out, the system ends this process before any other. */
function volunteerForOutOfMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not everywhere there is such a file, nor the right to write it.
  }
}

process.once('disconnect', endWithParent);
if (!process.connected) endWithParent();
volunteerForOutOfMemory();
process.on('message', (command: BuildCommand) => {
  if (command.kind === 'build') carryOut(command);
  else monitor?.cancel();
});
