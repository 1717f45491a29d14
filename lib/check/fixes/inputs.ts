import type { TensorShapeProto_Dimension, ValueInfoProto } from 'onnx-buf';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { CheckContext } from '../context.js';
import { mend } from './fix-kind.js';

const shared = mend({
  code: 'dimension-shared',
  title: 'renames the second axis on, in all inputs alike, and infers the sizes behind them anew',
  async *apply(context) {
    const { graph } = context.model;
    const renamed = new Set<string>();
    for (const input of fedInputs(context)) {
      const seen = new Map<string, number>();
      for (const dim of dimsOf(input)) {
        if (dim.value.case !== 'dimParam') continue;
        const name = dim.value.value;
        const count = seen.get(name) ?? 0;
        seen.set(name, count + 1);
        if (count === 0 || name === '') continue;
        setName(dim, `${name}_${count}`);
        renamed.add(name);
        yield {
          tensor: input.name,
          done: `An axis '${name}' of '${input.name}' is now '${name}_${count}'.`,
        };
      }
    }
    if (renamed.size === 0) return;
    const isStale = (value: ValueInfoProto) => dimsOf(value).some((dim) => uses(dim, renamed));
    graph.proto.valueInfo = graph.proto.valueInfo.filter((value) => !isStale(value));
    await inferOutputs(context, graph.proto.output.filter(isStale), renamed);
    graph.changed();
  },
});

/** Whether a dimension is, or is computed from, one of the names: `batch`, `batch + 1`. */
function uses({ value }: TensorShapeProto_Dimension, names: ReadonlySet<string>): boolean {
  if (value.case !== 'dimParam') return false;
  return value.value.split(/[\s+*/()-]+/).some((word) => names.has(word));
}

/** Writes what shape inference says of outputs that used a name which now means one axis alone. */
async function inferOutputs(
  { model }: CheckContext,
  outputs: readonly ValueInfoProto[],
  renamed: ReadonlySet<string>,
): Promise<void> {
  for (const output of outputs) {
    for (const dim of dimsOf(output)) if (uses(dim, renamed)) dim.value = { case: undefined };
  }
  model.graph.changed();
  const shapes = await inferShapes(model);
  for (const output of outputs) {
    const inferred = shapes.tensor(output.name).dims;
    for (const [axis, dim] of dimsOf(output).entries()) {
      if (dim.value.case !== undefined) continue;
      const size = inferred?.[axis];
      if (typeof size === 'string') setName(dim, size);
      if (typeof size === 'number') dim.value = { case: 'dimValue', value: BigInt(size) };
    }
  }
}

const unnamed = mend({
  code: 'dimension-unnamed',
  title: 'names each `<input>_axis<index>`, so that none is taken for equal to another',
  *apply(context) {
    yield* nameWhere(context, ({ value }) => value.case !== 'dimValue' && !value.value);
  },
});

const negative = mend({
  code: 'dimension-negative',
  title: 'names each `<input>_axis<index>`',
  *apply(context) {
    yield* nameWhere(context, ({ value }) => value.case === 'dimValue' && value.value < 0n);
  },
});

function* nameWhere(context: CheckContext, isMeant: (dim: TensorShapeProto_Dimension) => boolean) {
  for (const input of fedInputs(context)) {
    for (const [axis, dim] of dimsOf(input).entries()) {
      if (!isMeant(dim)) continue;
      const name = `${input.name}_axis${axis}`;
      setName(dim, name);
      yield { tensor: input.name, done: `Axis ${axis} of '${input.name}' is now '${name}'.` };
    }
  }
  context.model.graph.changed();
}

const listed = mend({
  code: 'initializer-input',
  title: 'removes them from the inputs; nobody can replace these weights by feeding them any more',
  *apply({ model }) {
    const { graph } = model;
    const before = graph.proto.input.length;
    graph.proto.input = graph.proto.input.filter(({ name }) => !graph.initializer(name));
    const removed = before - graph.proto.input.length;
    graph.changed();
    if (removed === 0) return;
    // Before IR version 4 every initializer had to be an input.
    model.setOpset(model.opset, 4);
    yield { done: `${removed} initializers are no inputs any more.` };
  },
});

const echo = mend({
  code: 'output-echoes-input',
  title: 'removes the output, and the Identity that made it',
  onlyByName: true,
  *apply({ model }) {
    const { graph } = model;
    const inputs = new Set(graph.inputs.map(({ name }) => name));
    for (const { name } of [...graph.proto.output]) {
      const producer = graph.producer(name);
      const isCopy = producer?.opType === 'Identity' && inputs.has(producer.input[0] ?? '');
      if (!isCopy && !inputs.has(name)) continue;
      if (graph.proto.output.length === 1) {
        yield { tensor: name, left: 'It is the only output.' };
        continue;
      }
      graph.proto.output = graph.proto.output.filter((output) => output.name !== name);
      if (isCopy && graph.consumers(name).length === 0) graph.removeNode(producer);
      graph.changed();
      yield { tensor: name, done: `The output '${name}' was removed.` };
    }
  },
});

function fedInputs({ model }: CheckContext): ValueInfoProto[] {
  const fed = new Set(model.inputs.map(({ name }) => name));
  return model.graph.proto.input.filter(({ name }) => fed.has(name));
}

function dimsOf({ type }: ValueInfoProto): TensorShapeProto_Dimension[] {
  return type?.value.case === 'tensorType' ? (type.value.value.shape?.dim ?? []) : [];
}

function setName(dim: TensorShapeProto_Dimension, name: string): void {
  dim.value = { case: 'dimParam', value: name };
}

export const inputMends = [shared, unnamed, negative, listed, echo] as const;
