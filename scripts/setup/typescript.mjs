/** The TypeScript build, when lib/ or its configuration changed. */
import { existsSync, rmSync } from 'node:fs';
import { run } from './child.mjs';
import { startTask } from './progress.mjs';
import {
  fingerprintOf,
  inProject,
  projectFiles,
  projectFolder,
  readStamp,
  writeStamp,
} from './project.mjs';
import { SetupError } from './setup-error.mjs';

const stamp = 'build/typescript.stamp.json';

function sources() {
  return projectFiles(['lib'], /\.m?ts$|\.mjs$/);
}

function fingerprint() {
  const compiler = 'node_modules/typescript/package.json';
  const others = projectFiles(['tsconfig.json', 'tsconfig.build.json', compiler]);
  return fingerprintOf([...sources(), ...others]);
}

export function isTypeScriptBuildDue() {
  const outputs = sources().map((file) => file.replace(/^lib/, 'dist').replace(/ts$/, 'js'));
  if (outputs.some((file) => !existsSync(inProject(file)))) return true;
  return readStamp(stamp)?.fingerprint !== fingerprint();
}

/** Builds dist/ anew, so that a file removed from lib/ does not live on in the package. */
export async function buildTypeScript() {
  const task = startTask('Build the TypeScript in dist');
  const made = fingerprint();
  rmSync(inProject(stamp), { force: true });
  rmSync(inProject('dist'), { recursive: true, force: true });
  const compiler = inProject('node_modules', 'typescript', 'bin', 'tsc');
  const options = ['-p', 'tsconfig.build.json'];
  const { code, output } = await run(process.execPath, [compiler, ...options], {
    cwd: projectFolder,
  });
  if (code !== 0) {
    task.fail();
    throw new SetupError('TypeScript does not compile: mend the errors above.', output);
  }
  writeStamp(stamp, { fingerprint: made });
  task.succeed();
}
