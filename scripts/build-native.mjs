#!/usr/bin/env node
/**
 * Builds the native addon, and fetches the headers for it where they are missing.
 *
 *   node scripts/build-native.mjs [--out build] [--standins] [--sanitize] [--bench]
 */
import './setup/require-node.mjs';
import { parseArgs } from 'node:util';
import { runScript } from './setup/setup-error.mjs';
import { asset, native, packages, setUp } from './setup/steps.mjs';

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'build' },
      standins: { type: 'boolean', default: false },
      sanitize: { type: 'boolean', default: false },
      bench: { type: 'boolean', default: false },
    },
  });
  await setUp([packages, asset('tensorrt-headers'), native(values)]);
});
