#!/usr/bin/env node
/**
 * Stands in for node-gyp under prebuildify, which knows nothing of CMake: whatever it asks for, the
 * answer is the ordinary build in build/Release.
 */
import { releaseBuild } from './setup/native.mjs';
import { runScript } from './setup/setup-error.mjs';
import { asset, native, packages, setUp } from './setup/steps.mjs';

await runScript(() => setUp([packages, asset('tensorrt-headers'), native(releaseBuild)]));
