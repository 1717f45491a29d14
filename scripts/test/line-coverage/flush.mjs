/**
 * Set-up of the tests in a run that counts lines. Vitest ends its processes with SIGTERM, and half a
 * second later with SIGKILL, upon which neither V8 nor gcov writes what it has counted. So V8 writes
 * when a file's tests are over, and gcov at an exit that SIGTERM is turned into.
 */
import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

/** What `process.exit` calls; vitest replaces `process.exit` itself. */
const { reallyExit } = /** @type {{ reallyExit(code: number): never }} */ (
  /** @type {unknown} */ (process)
);

afterAll(takeCoverage);
process.once('SIGTERM', () => reallyExit.call(process, 0));
