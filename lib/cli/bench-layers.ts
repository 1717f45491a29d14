import type { BenchReport } from '../bench/bench-report.js';
import { Engine } from '../engine/engine.js';
import { toValueInfo } from '../engine/engine-tensor.js';
import type { Plan } from '../engine/plan/plan.js';
import type { LayerTime } from '../engine/session/session.js';
import { figure, percent } from '../figures.js';
import { writeFiles } from '../files.js';
import { randomFeeds } from '../samples/random-feeds.js';
import type { BenchFlags } from './bench-flags.js';
import { note, styled } from './terminal.js';
import { alignRight, counted, section, table } from './text.js';

/** Layers that are printed; the file has all. */
const mostLayers = 20;

/** Whether something is asked about the layers of an engine. */
export function wantsLayers({ layers, layersFile, layerInfo }: BenchFlags): boolean {
  return layers === true || layersFile !== undefined || layerInfo !== undefined;
}

/**
 * Times the layers of an engine one after another, by themselves and not while latency is measured,
 * and writes what is asked for.
 *
 * @param report - of what was measured; the shapes are those of its first cell.
 * @returns what is to be printed.
 */
export async function examineLayers(
  plan: Plan | string,
  flags: BenchFlags,
  { cells }: BenchReport,
): Promise<string[]> {
  const measured = cells.find(({ result }) => result);
  if (!measured) return [];
  await using engine = await Engine.load(plan, { device: flags.device ?? 0 });
  if (flags.layerInfo !== undefined) await write(flags.layerInfo, await engine.inspect());
  if (!flags.layers && flags.layersFile === undefined) return [];
  await using session = await engine.createSession();
  const inputs = engine.tensors.filter(({ mode }) => mode === 'input').map(toValueInfo);
  const { shapes } = measured;
  const times = await session.profile(randomFeeds(inputs, { shapes, seed: flags.seed }));
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  if (flags.layersFile !== undefined) {
    await write(
      flags.layersFile,
      times.map((layer) => ({ ...layer, share: layer.ms / total })),
    );
  }
  return flags.layers ? layerLines(measured.name, times, total) : [];
}

function layerLines(cell: string, times: readonly LayerTime[], total: number): string[] {
  const slowest = times.toSorted((a, b) => b.ms - a.ms).slice(0, mostLayers);
  const ms = alignRight(slowest.map((layer) => figure(layer.ms)));
  const shares = alignRight(slowest.map((layer) => percent(layer.ms / total)));
  const rows = slowest.map(({ name }, index) => [ms[index] ?? '', shares[index] ?? '', name]);
  const more = times.length - slowest.length;
  return section(`Layers of ${cell}, one after another: ${figure(total)} ms`, [
    ...table(rows),
    ...(more > 0 ? [styled('dim', `and ${counted(more, 'faster one')}`)] : []),
  ]);
}

async function write(path: string, value: unknown): Promise<void> {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  await writeFiles([{ path, parts: [new TextEncoder().encode(text)] }]);
  note(`Wrote ${path}.`);
}
