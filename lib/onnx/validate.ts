import type { GraphProto, ModelProto, NodeProto, TensorProto } from 'onnx-buf';
import { type NodeReference, TensorRTError } from '../errors.js';
import { elementCount } from '../tensor.js';
import { isExternal } from './file/external.js';
import { subgraphsOf } from './graph/subgraphs.js';
import { elementTypeName, storedBytes, storedList } from './tensor/element-types.js';

const damaged = 'The file is truncated or damaged: download or export the model again.';
const inconsistent = 'The graph is inconsistent: export the model again, or correct the last edit.';

/**
 * Checks what a damaged file violates although it decodes: the model's header, the amount of data
 * of each tensor, and that every tensor is produced once. It looks at no weight, so that it takes
 * milliseconds for any model; it is no replacement for the ONNX checker.
 *
 * @param file - the file the model came from, for the message.
 * @throws TensorRTError `ERR_ONNX_INVALID`
 */
export function validateModel(model: ModelProto, file?: string): void {
  const checker = new ModelChecker(file);
  checker.checkHeader(model);
  checker.checkGraph(model.graph as GraphProto, new Set());
  for (const { node } of model.functions) node.forEach(checker.checkAttributes, checker);
}

class ModelChecker {
  readonly #file: string | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
  }

  checkHeader(model: ModelProto): void {
    if (!model.graph) throw this.#error('has no graph', { remedy: damaged });
    if (model.graph.node.length === 0) throw this.#error('has no nodes', { remedy: damaged });
    if (model.irVersion <= 0n) throw this.#error('has no IR version', { remedy: damaged });
    if (model.opsetImport.length === 0) throw this.#error('imports no opset', { remedy: damaged });
  }

  /** @param outer - the tensors of the enclosing graphs, which a sub-graph may use. */
  checkGraph(graph: GraphProto, outer: ReadonlySet<string>): void {
    for (const tensor of graph.initializer) this.#checkTensor(tensor);
    for (const { values, indices } of graph.sparseInitializer) {
      for (const tensor of [values, indices]) if (tensor) this.#checkTensor(tensor);
    }
    const known = new Set([...outer, ...this.#producedIn(graph)]);
    graph.node.forEach((node, index) => {
      for (const input of node.input) {
        if (input !== '' && !known.has(input)) {
          throw this.#nodeError(node, index, 'reads', input, 'nothing produces');
        }
      }
      this.checkAttributes(node, index);
      for (const subgraph of subgraphsOf(node)) this.checkGraph(subgraph, known);
    });
    for (const { name } of graph.output) {
      if (known.has(name)) continue;
      const details = { tensor: name, remedy: inconsistent };
      throw this.#error(`has an output '${name}' that nothing produces`, details);
    }
  }

  checkAttributes(node: NodeProto, index: number): void {
    for (const { t, tensors, name } of node.attribute) {
      for (const tensor of t ? [t, ...tensors] : tensors) {
        const place = `in attribute '${name}' of ${describe(node, index)}`;
        this.#checkTensor(tensor, place, referenceTo(node, index));
      }
    }
  }

  #producedIn(graph: GraphProto): Set<string> {
    const produced = new Set([
      ...graph.input.map((input) => input.name),
      ...graph.initializer.map((tensor) => tensor.name),
      ...graph.sparseInitializer.map((sparse) => sparse.values?.name ?? ''),
    ]);
    graph.node.forEach((node, index) => {
      for (const output of node.output) {
        if (output === '') continue;
        if (produced.has(output)) {
          throw this.#nodeError(node, index, 'writes', output, 'is produced twice');
        }
        produced.add(output);
      }
    });
    return produced;
  }

  #checkTensor(tensor: TensorProto, place = `'${tensor.name}'`, node?: NodeReference): void {
    const dims = tensor.dims.map(Number);
    const fail = (problem: string) =>
      this.#error(
        `has a tensor ${place} of type ${elementTypeName(tensor.dataType)} and dims [${dims.join(', ')}] with ${problem}`,
        { tensor: tensor.name, node, remedy: damaged },
      );
    if (dims.some((dim) => dim < 0)) throw fail('a negative dim');
    // External data is checked against its file; a segment says itself how much it holds.
    if (isExternal(tensor) || tensor.segment) return;

    const count = elementCount(dims);
    const { byteLength } = tensor.rawData;
    if (byteLength > 0) {
      const needed = storedBytes(tensor.dataType, count);
      if (needed !== undefined && needed !== byteLength) {
        throw fail(`${byteLength} bytes of data where ${needed} are needed`);
      }
      return;
    }
    const list = storedList(tensor.dataType, count);
    const length = list && tensor[list.field].length;
    if (list && length !== list.length) {
      throw fail(`${length} values where ${list.length} are needed`);
    }
  }

  #nodeError(node: NodeProto, index: number, verb: string, tensor: string, problem: string) {
    return this.#error(
      `has a ${describe(node, index)} that ${verb} the tensor '${tensor}', which ${problem}`,
      { node: referenceTo(node, index), tensor, remedy: inconsistent },
    );
  }

  #error(
    problem: string,
    details: { remedy: string; tensor?: string; node?: NodeReference | undefined },
  ): TensorRTError {
    const subject = this.#file === undefined ? 'The model' : `'${this.#file}'`;
    return new TensorRTError('ERR_ONNX_INVALID', `${subject} ${problem}.`, {
      ...details,
      file: this.#file,
    });
  }
}

function describe(node: NodeProto, index: number): string {
  return `node ${node.name ? `'${node.name}'` : index} (${node.opType})`;
}

function referenceTo({ name, opType }: NodeProto, index: number): NodeReference {
  return { name, opType, index };
}
