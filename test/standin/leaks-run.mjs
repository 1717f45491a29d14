// Does one thing many times and prints, as JSON, the resident memory after each twentieth of it,
// behind a collection of garbage. Run with --expose-gc.
import { readFile } from 'node:fs/promises';
import { buildEngine, Engine, tensor } from 'tensorrt-node';

const { WHAT, COUNT, PLAN, MODEL, LIBRARY_DIR } = process.env;
const count = Number(COUNT);

function ids(batch, sequence) {
  const values = Array.from({ length: batch * sequence }, (_, i) => i % 100);
  return tensor('int64', [batch, sequence], values);
}

/** What is done, each time with a number of its own; `finish` gives what is to be printed too. */
const works = {
  async infers() {
    const engine = await Engine.load(PLAN, { libraryDir: LIBRARY_DIR });
    const session = await engine.createSession({ contexts: 2, cudaGraphs: 8 });
    const shapes = Array.from({ length: 12 }, (_, i) => ids(1 + (i % 8), 1 + 2 * i));
    return {
      // Three shapes take turns, so that their graphs are launched; of them one is changed in every
      // hundred turns, so that graphs push others out.
      once: async (i) => {
        const ids = shapes[(Math.floor(i / 100) + (i % 3)) % shapes.length];
        const { logits } = await session.infer({ input_ids: ids, attention_mask: ids });
        if (logits.dims[0] !== ids.dims[0]) throw new Error('wrong shape');
      },
      finish: async () => {
        const { graphs } = session.stats();
        await engine.close();
        return { graphs };
      },
    };
  },

  async loads() {
    const plan = await readFile(PLAN);
    const once = async () => {
      const engine = await Engine.load(plan, { libraryDir: LIBRARY_DIR });
      const session = await engine.createSession({ contexts: 2 });
      await session.infer({ input_ids: ids(1, 2), attention_mask: ids(1, 2) });
      await engine.close();
    };
    return { once, finish: async () => ({}) };
  },

  async builds() {
    const codes = new Set();
    const once = async () => {
      const error = await buildEngine(MODEL, {}).catch((e) => e);
      codes.add(error.code);
    };
    return { once, finish: async () => ({ codes: [...codes] }) };
  },
};

async function residentBytes() {
  // What a collection frees, finalizers release in the turns of the loop that follow.
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage.rss();
}

const { once, finish } = await works[WHAT]();
const resident = [];
for (let i = 0; i < count; i++) {
  await once(i);
  if ((i + 1) % (count / 20) === 0) resident.push(await residentBytes());
}
process.stdout.write(JSON.stringify({ resident, ...(await finish()) }));
