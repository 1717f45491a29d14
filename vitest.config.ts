import { defineConfig } from 'vitest/config';

/** A room of the tests: test/<name>/ with its own rules. */
function room(name: string, options: object = {}) {
  return {
    extends: true as const,
    test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
  };
}

/** Rooms that drive the addon, TensorRT or other processes: one file at a time. */
const alone = { fileParallelism: false };

const twoAtATime = { maxWorkers: 2, sequence: { groupOrder: 1 }, testTimeout: 300_000 };

export default defineConfig({
  test: {
    // Native code may end a process: each file has its own, and no test is tried twice.
    pool: 'forks',
    retry: 0,
    // Many start a process, and a busy machine takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Of tests that say they are concurrent: each of those is a process of its own.
    maxConcurrency: 2,
    // What the package ships is tested, not what vite would make of it.
    server: { deps: { external: [/\/dist\//] } },
    setupFiles: process.env['NODE_V8_COVERAGE'] ? ['scripts/test/line-coverage/flush.mjs'] : [],
    projects: [
      room('unit'),
      room('addon'),
      room('native', alone),
      room('standin', alone),
      room('teardown', alone),
      room('gpu', alone),
      room('browser', alone),
      room('setup', alone),
      room('package', alone),
      // Many models a test: two files at a time. Rooms that differ in that need an order.
      room('conformance', twoAtATime),
      room('exports', twoAtATime),
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: 'test/types/tsconfig.json',
            spawnTimeout: 60_000,
          },
        },
      },
    ],
  },
});
