import { Engine, type Session, type TensorMap, tensor } from 'tensorrt-node';
import { afterAll, onTestFinished } from 'vitest';
import { prepareStandins } from './environment.js';

/** Makes the addon of this file's process run on the stand-ins. */
export function useStandins() {
  const standins = prepareStandins();
  Object.assign(process.env, standins.env);
  afterAll(() => standins.remove());
  const { libraryDir } = standins;

  /** An engine that is closed at the end of the test, and a session on it. */
  async function open(
    plan: Uint8Array,
    options = {},
  ): Promise<{ engine: Engine; session: Session }> {
    const engine = await Engine.load(plan, { libraryDir });
    onTestFinished(() => engine.close());
    return { engine, session: await engine.createSession(options) };
  }

  return { libraryDir, open };
}

/** Feeds of the tiny classifier. */
export function ids(batch: number, sequence: number, seed = 1) {
  const count = batch * sequence;
  const values = Array.from({ length: count }, (_, i) => (seed * 31 + i * 17) % 1000);
  const mask = Array.from({ length: count }, (_, i) => ((i + seed) % 3 === 0 ? 0 : 1));
  return {
    input_ids: tensor('int64', [batch, sequence], values),
    attention_mask: tensor('int64', [batch, sequence], mask),
  };
}

/** What the tiny classifier's plan says it computes. */
export function expectedLogits({ input_ids, attention_mask }: TensorMap): number[] {
  const [batch = 0, sequence = 0] = input_ids?.dims ?? [];
  const at = (map: TensorMap[string] | undefined, i: number) => Number(map?.data[i]);
  const logits: number[] = [];
  for (let row = 0; row < batch; row++) {
    let total = 0;
    let count = 0;
    for (let i = row * sequence; i < (row + 1) * sequence; i++) {
      total += at(input_ids, i) * at(attention_mask, i);
      count += at(attention_mask, i);
    }
    logits.push(0.5 * total + count + 0.125, -0.25 * total + 2 * count - 3);
  }
  return logits;
}
