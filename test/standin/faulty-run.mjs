// Loads an engine, runs it twice and closes it, in a process whose stand-ins fail on purpose (their
// environment variables are read once). Prints the outcome of each step as JSON. With UNTIL it ends
// after the step of that name.
import { Engine, tensor } from 'tensorrt-node';

const { PLAN, LIBRARY_DIR, UNTIL } = process.env;
const feeds = { x: tensor('float32', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]) };
const outcome = {};

async function step(name, action) {
  try {
    const value = await action();
    outcome[name] = 'ok';
    return value;
  } catch ({ name: type, code, message, recorded, log }) {
    outcome[name] = { type, code, message, recorded, log };
    return undefined;
  } finally {
    if (name === UNTIL) {
      process.stdout.write(JSON.stringify(outcome));
      process.exit();
    }
  }
}

const infer = async (session) => {
  const { y } = await session.infer(feeds);
  if (`${y.data}` !== '3,5,7,9,11,13,15,17') throw new Error(`wrong numbers: ${y.data}`);
};

const engine = await step('load', () => Engine.load(PLAN, { libraryDir: LIBRARY_DIR }));
const session =
  engine && (await step('createSession', () => engine.createSession({ contexts: 2 })));
if (session) {
  await step('first infer', () => infer(session));
  await step('second infer', () => infer(session));
}
if (engine) await step('close', () => engine.close());
process.stdout.write(JSON.stringify(outcome));
