import type { ValueInfoProto } from 'onnx-buf';
import { type Profile, toNativeProfiles } from '../../engine/build/profiles.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import type { CheckContext } from '../context.js';
import { rule } from '../rule.js';

const sharedDimension = rule({
  code: 'dimension-shared',
  severity: 'warning',
  title: 'Two axes of one input with one name',
  why: 'TensorRT takes dimensions of one name for equal: the engine accepts only square inputs, or does not build.',
  remedy:
    'Give the axes names of their own, which fix() does; torch.onnx takes them by dynamic_axes.',
  *find({ model }) {
    for (const { name, dims } of model.inputs) {
      const names = (dims ?? []).filter((dim) => typeof dim === 'string');
      const twice = names.find((dim, index) => names.indexOf(dim) !== index);
      if (twice === undefined) continue;
      yield {
        tensor: name,
        what: `The input '${name}' is [${dims?.join(', ')}]: '${twice}' names more than one axis.`,
      };
    }
  },
});

const unnamedDimension = rule({
  code: 'dimension-unnamed',
  severity: 'info',
  title: 'A dynamic dimension without a name',
  why: 'TensorRT cannot tell that it equals another input\'s, and what the model says about its outputs stays "?".',
  remedy: 'Name it; fix() does.',
  *find({ model }) {
    for (const { name, dims } of protoInputs(model.graph.proto.input, model.inputs)) {
      const axis = dims.findIndex(
        ({ value }) => value.case === undefined || (value.case === 'dimParam' && !value.value),
      );
      if (axis === -1) continue;
      yield {
        tensor: name,
        what: `Axis ${axis} of the input '${name}' has neither size nor name.`,
      };
    }
  },
});

const negativeDimension = rule({
  code: 'dimension-negative',
  severity: 'info',
  title: 'A dimension of -1',
  why: 'ONNX has names for dynamic sizes and knows no -1; TensorRT takes it for one, other tools do not.',
  remedy: 'Replace it by a name; fix() does.',
  *find({ model }) {
    for (const { name, dims } of protoInputs(model.graph.proto.input, model.inputs)) {
      const axis = dims.findIndex(({ value }) => value.case === 'dimValue' && value.value < 0n);
      if (axis === -1) continue;
      yield { tensor: name, what: `Axis ${axis} of the input '${name}' is -1.` };
    }
  },
});

const emptyDimension = rule({
  code: 'dimension-zero',
  severity: 'warning',
  title: 'A dimension of 0',
  why: 'The engine takes only inputs without elements: some exporters write 0 where a size is dynamic.',
  remedy: 'Export with dynamic axes, or set the size that is meant.',
  *find({ model }) {
    for (const { name, dims } of model.inputs) {
      const axis = (dims ?? []).indexOf(0);
      if (axis === -1) continue;
      yield { tensor: name, what: `Axis ${axis} of the input '${name}' is 0.` };
    }
  },
});

const noShape = rule({
  code: 'input-shape-unknown',
  severity: 'error',
  title: 'An input without a shape',
  why: 'TensorRT takes it for a single number: the model parses, and no profile with dimensions fits it.',
  remedy: 'Export with input shapes, or add them to the graph.',
  *find({ model }) {
    for (const { name, type } of model.graph.proto.input) {
      if (model.graph.initializer(name) || type?.value.case !== 'tensorType') continue;
      if (type.value.value.shape) continue;
      yield { tensor: name, what: `The model does not tell the rank of its input '${name}'.` };
    }
  },
});

const staticBatch = rule({
  code: 'inputs-static',
  severity: 'info',
  title: 'Everything is static, with a batch of 1',
  why: 'The engine will take one sample at a time, of this size alone.',
  remedy: 'Nothing, if that is how you serve it; else export with dynamic axes.',
  *find({ model }) {
    const { inputs } = model;
    if (inputs.length === 0) return;
    const fixed = inputs.every(
      ({ dims }) => dims?.[0] === 1 && dims.every((dim) => typeof dim === 'number'),
    );
    if (fixed) yield { what: 'All inputs have fixed sizes and a first axis of 1.' };
  },
});

const listedInitializer = rule({
  code: 'initializer-input',
  severity: 'info',
  title: 'Initializers listed as inputs',
  why: 'IR version 3 asked for it. Since then it means that a caller may replace the weight, so that runtimes other than TensorRT fold less.',
  remedy: 'Remove them from the inputs; fix() does.',
  *find({ model }) {
    const listed = model.graph.proto.input.filter(({ name }) => model.graph.initializer(name));
    const [first] = listed;
    if (!first) return;
    yield {
      tensor: first.name,
      what: `${listed.length} initializers are listed as inputs, the first is '${first.name}'.`,
    };
  },
});

const profileMismatch = rule({
  code: 'profile-mismatch',
  severity: 'error',
  title: 'A profile that does not fit the model',
  why: 'buildEngine refuses it.',
  remedy:
    'Correct the profile: for each dynamic input { min, opt, max } of its rank, min <= opt <= max.',
  *find({ model, target }) {
    if (!target.profiles) return;
    try {
      toNativeProfiles(model.inputs, target.profiles);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      yield { what: `${error.message}.` };
    }
  },
});

const profileNames = rule({
  code: 'profile-dimension',
  severity: 'error',
  title: 'A profile with two sizes for one named dimension',
  why: 'TensorRT takes dimensions of one name for equal: the build fails, or the engine takes only what both ranges have in common.',
  remedy: 'Give both the same range, or the axes names of their own.',
  *find(context) {
    for (const [index, profile] of (context.target.profiles ?? []).entries()) {
      for (const [dim, places] of rangesByName(context, profile)) {
        const opts = [...new Set(places.map(({ opt }) => opt))];
        if (opts.length < 2) continue;
        const list = places.map(({ place, opt }) => `${opt} in ${place}`).join(', ');
        yield { what: `profiles[${index}] gives the dimension '${dim}' the opt ${list}.` };
      }
    }
  },
});

function rangesByName({ model }: CheckContext, profile: Profile) {
  const byName = new Map<string, { place: string; opt: number }[]>();
  for (const { name, dims } of model.inputs) {
    const range = profile[name];
    if (!range || 'values' in range || !Array.isArray(range.opt)) continue;
    for (const [axis, dim] of (dims ?? []).entries()) {
      const opt: unknown = range.opt[axis];
      if (typeof dim !== 'string' || typeof opt !== 'number') continue;
      const places = byName.get(dim) ?? [];
      byName.set(dim, [...places, { place: `${name}, axis ${axis}`, opt }]);
    }
  }
  return byName;
}

/** The dimensions of what has to be fed, as they are stored. */
function protoInputs(protos: readonly ValueInfoProto[], inputs: readonly ValueInfo[]) {
  const fed = new Set(inputs.map(({ name }) => name));
  return protos
    .filter(({ name }) => fed.has(name))
    .map(({ name, type }) => ({
      name,
      dims: type?.value.case === 'tensorType' ? (type.value.value.shape?.dim ?? []) : [],
    }));
}

export const inputRules = [
  sharedDimension,
  unnamedDimension,
  negativeDimension,
  emptyDimension,
  noShape,
  staticBatch,
  listedInitializer,
  profileMismatch,
  profileNames,
] as const;
