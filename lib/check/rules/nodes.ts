import { ModelProtoSchema } from 'onnx-buf';
import { isExternal } from '../../onnx/file/external.js';
import { forEachTensor } from '../../onnx/messages.js';
import { rule } from '../rule.js';

const unnamed = rule({
  code: 'node-unnamed',
  severity: 'info',
  title: 'Nodes without names',
  why: 'TensorRT names nodes in its errors, in profiles and in the plan: without names nobody can tell which is meant.',
  remedy: 'Name them; fix() does.',
  *find(context) {
    const nameless = context.sites.filter(({ node }) => node.name === '');
    const [first] = nameless;
    if (!first) return;
    yield { node: first.reference, what: `${nameless.length} nodes have no name.` };
  },
});

const duplicate = rule({
  code: 'node-name-twice',
  severity: 'info',
  title: 'Nodes that share a name',
  why: 'In its errors and profiles TensorRT cannot tell them apart; it makes only the first addressable.',
  remedy: 'Give each its own; fix() does.',
  *find(context) {
    const seen = new Set<string>();
    const again = context.sites.filter(({ node: { name } }) => {
      if (name === '') return false;
      if (seen.has(name)) return true;
      seen.add(name);
      return false;
    });
    const [first] = again;
    if (!first) return;
    yield {
      node: first.reference,
      what: `${again.length} nodes have a name that another node has, as '${first.node.name}'.`,
    };
  },
});

const external = rule({
  code: 'external-data',
  severity: 'info',
  title: 'Weights in other files',
  why: 'The model is useless without them, and they must lie in its folder.',
  remedy: 'Move the files together; save() with externalData: "never" writes one file up to 2 GiB.',
  *find({ model }) {
    const files = new Map<string, number>();
    forEachTensor(ModelProtoSchema, model.proto, (tensor) => {
      if (!isExternal(tensor)) return;
      const { path, byteLength } = model.externalData.locate(tensor);
      files.set(path, (files.get(path) ?? 0) + byteLength);
    });
    if (files.size === 0) return;
    const bytes = [...files.values()].reduce((sum, count) => sum + count, 0);
    yield {
      what: `${(bytes / 2 ** 20).toFixed(1)} MiB of weights lie in ${files.size === 1 ? 'a file' : `${files.size} files`} beside the model.`,
    };
  },
});

/** IR 13 came with ONNX 1.20; ONNX Runtime refuses files that are newer than it. */
const newestIr = 13;

const ir = rule({
  code: 'ir-version-newer',
  severity: 'info',
  title: 'A file format newer than most runtimes read',
  why: 'TensorRT does not mind. ONNX Runtime refuses files of a later IR version than its own.',
  remedy: `Save with IR version ${newestIr} or older, as long as no newer feature is used.`,
  *find({ model }) {
    if (model.irVersion <= newestIr) return;
    yield { what: `The file has IR version ${model.irVersion}.` };
  },
});

export const nodeRules = [unnamed, duplicate, external, ir] as const;
