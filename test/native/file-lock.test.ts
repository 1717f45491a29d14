import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { tryFileLock, tryShareFile, withFileLock } from '../../dist/engine/cache/file-lock.js';
import { errorOf, temporaryFolder } from '../unit/helpers.js';

const fileLock = new URL('../../dist/engine/cache/file-lock.js', import.meta.url).href;

/** Takes the lock at the path in argv, says so, and keeps it until it is told to end. */
const holder = `
  import { withFileLock } from '${fileLock}';
  await withFileLock(process.argv[1], async () => {
    console.log('held');
    await new Promise((resolve) => process.stdin.once('data', resolve));
  });
  console.log('released');
  process.exit();`;

function start(source: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function lineOf(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await once(lines, 'line');
  lines.close();
  return line;
}

test('a lock keeps others of the process out, in order of nothing but chance', async () => {
  const path = `${await temporaryFolder()}/a.lock`;
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
    return 'done';
  };
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => withFileLock(path, work)));
  expect(all).toEqual(Array(5).fill('done'));
  expect(existsSync(path)).toBe(false);
});

test('a lock is released when the work fails', async () => {
  const path = `${await temporaryFolder()}/a.lock`;
  const error = new Error('from the work');
  expect(await errorOf(withFileLock(path, () => Promise.reject(error)))).toBe(error);
  expect(await withFileLock(path, async () => 7)).toBe(7);
});

test('a process waits for another, and stops waiting when it is aborted', async () => {
  const path = `${await temporaryFolder()}/a.lock`;
  const child = start(holder, path);
  expect(await lineOf(child)).toBe('held');

  expect(await tryFileLock(path)).toBeUndefined();
  const reason = new Error('no longer needed');
  const controller = new AbortController();
  const waiting = withFileLock(path, async () => 'never', {
    signal: controller.signal,
    onWait: () => controller.abort(reason),
  });
  expect(await errorOf(waiting)).toBe(reason);

  let told = 0;
  const later = withFileLock(path, async () => 'mine now', { onWait: () => (told += 1) });
  child.stdin?.write('end\n');
  expect(await later).toBe('mine now');
  expect(told).toBe(1);
});

test('the lock of a killed process is free', async () => {
  const path = `${await temporaryFolder()}/a.lock`;
  const child = start(holder, path);
  expect(await lineOf(child)).toBe('held');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(existsSync(path)).toBe(true);
  expect(await withFileLock(path, async () => 'free')).toBe('free');
});

test('a killed holder hands over to one of several processes that wait', async () => {
  const path = `${await temporaryFolder()}/a.lock`;
  const first = start(holder, path);
  expect(await lineOf(first)).toBe('held');
  const others = [1, 2, 3].map(() => start(holder, path));
  const next = Promise.race(others.map((child) => lineOf(child).then(() => child)));
  first.kill('SIGKILL');
  const second = await next;
  expect(await tryFileLock(path)).toBeUndefined();
  for (const child of others) if (child !== second) child.kill('SIGKILL');
  second.stdin?.write('end\n');
  expect(await lineOf(second)).toBe('released');
});

test('a worker thread that ends releases its lock', async () => {
  const path = `${await temporaryFolder()}/a.lock`;
  const source = `
    import { parentPort } from 'node:worker_threads';
    import { tryFileLock } from '${fileLock}';
    globalThis.lock = await tryFileLock(${JSON.stringify(path)});
    parentPort.postMessage(globalThis.lock !== undefined);
    setInterval(() => {}, 1000);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  expect(await once(worker, 'message')).toEqual([true]);
  expect(await tryFileLock(path)).toBeUndefined();
  await worker.terminate();
  expect(await tryFileLock(path)).toBeDefined();
});

test('readers share a file, and a removed one is no longer theirs to share', async () => {
  const folder = await temporaryFolder();
  const path = `${folder}/a.plan`;
  expect(await tryShareFile(path)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);

  writeFileSync(path, 'plan');
  const [one, two] = [await tryShareFile(path), await tryShareFile(path)];
  expect([one, two]).not.toContain(undefined);
  expect(await tryFileLock(path)).toBeUndefined();
  one?.release();
  one?.release();
  expect(await tryFileLock(path)).toBeUndefined();
  two?.release();
  const writer = await tryFileLock(path);
  expect(writer).toBeDefined();
  expect(await tryShareFile(path)).toBeUndefined();
});

test('a folder that is not there is an error, and not a wait', async () => {
  const path = `${await temporaryFolder()}/absent/a.lock`;
  await expect(withFileLock(path, async () => 1)).rejects.toMatchObject({
    code: 'ERR_FILE',
    file: path,
    message: expect.stringContaining('No such file or directory'),
  });
});
