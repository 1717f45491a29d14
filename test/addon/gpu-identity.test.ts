import { expect, test } from 'vitest';
import { parseDriverRelease } from '../../dist/engine/device/gpu-identity.js';

test.each([
  [
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n',
    '535.183.01',
  ],
  [
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs)\nGCC version:  gcc version 12.2.0\n',
    '580.65.06',
  ],
  ['nothing of the kind', undefined],
])('the version of the driver is read from %j', (text, version) => {
  expect(parseDriverRelease(text)).toBe(version);
});
