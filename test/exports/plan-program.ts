/**
 * What a plan of TensorRT for RTX will compute, read from the plan itself: no GPU is needed to see
 * which products are INT8 and whether attention was fused.
 *
 * The builder leaves its program in the plan as text, tensors with their element types and one
 * statement per kernel with the ONNX layers in it. That is no documented format: it was found in
 * plans of version 1.7 for one compute capability each, and this reader refuses all others.
 */
import type { Plan } from 'tensorrt-node';

/** A kernel of the program. */
export interface Kernel {
  readonly kind: 'gemm' | 'convolution' | 'attention' | 'other';
  /** TensorRT's name: that of the first layer, or of the operations that were fused. */
  readonly name: string;
  /** Element types as the program names them: `int8`, `half`, `float`, `bfloat16`, `int64`, ... */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The ONNX nodes in it. */
  readonly layers: readonly string[];
}

export interface PlanProgram {
  readonly kernels: readonly Kernel[];
}

const readable = /^1\.7\./;

/** Why {@link readPlanProgram} cannot read a plan; undefined where it can. */
export function whyUnreadable({ product, version }: Plan): string | undefined {
  if (product === 'tensorrt-rtx' && readable.test(version)) return undefined;
  return `the program of a plan can be read for TensorRT for RTX 1.7, and this one is of ${product} ${version}`;
}

/** @throws Error where the plan is of another version, or not what this reader expects. */
export function readPlanProgram(plan: Plan): PlanProgram {
  const problem = whyUnreadable(plan);
  if (problem) throw new Error(problem);
  const kernels = programsOf(plan.data).flatMap(kernelsOf);
  if (kernels.length === 0) throw new Error('The plan has no program with kernels.');
  return { kernels };
}

/** The element type that a product of a node computes with; undefined where no product names it. */
export function productType({ kernels }: PlanProgram, node: string): string | undefined {
  const product = kernels.find(
    ({ kind, layers }) => (kind === 'gemm' || kind === 'convolution') && layers.includes(node),
  );
  return product && typeOfProduct(product);
}

/** The types of both factors where they differ. */
export function typeOfProduct({ inputs: [left = '', right = ''] }: Kernel): string {
  return left === right ? left : `${left} x ${right}`;
}

const magic = 'NLYM';
/** After the magic number: four bytes of a version, eight with the length of the text. */
const lengthOffset = 8;
const textOffset = 16;

/** The texts of a plan's programs, without those that are the inside of a kernel of another. */
function programsOf(data: Uint8Array): string[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const texts: string[] = [];
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    const begin = at + textOffset;
    const end = begin + Number(bytes.readBigUInt64LE(at + lengthOffset));
    if (!bytes.toString('latin1', begin, begin + 8).startsWith('header {')) continue;
    texts.push(bytes.toString('utf8', begin, end));
    at = end - 1;
  }
  const fusions = texts.flatMap((text) => [...text.matchAll(/\n\s+runtime_fusion=\{ /g)]).length;
  return texts.slice(0, texts.length - fusions);
}

const kindOf: Readonly<Record<string, Kernel['kind']>> = {
  fully_connected: 'gemm',
  convolution: 'convolution',
  function: 'other',
  runtime_fusion: 'other',
};

function kernelsOf(program: string): Kernel[] {
  const statements = program.split(/\n\s+(?=\w+=\{ )/);
  const types = new Map<string, string>();
  for (const statement of statements) {
    if (!/^(sub_)?tensor=/.test(statement)) continue;
    const [, name = ''] = / name="([^"]*)"/.exec(statement) ?? [];
    const [, type = ''] = / type=(\w+) /.exec(statement) ?? [];
    types.set(name, type);
  }
  const typesIn = (statement: string, list: RegExp): string[] => {
    const [, names = ''] = list.exec(statement) ?? [];
    return [...names.matchAll(/"([^"]*)"/g)].map(([, name = '']) => types.get(name) ?? 'unknown');
  };
  return statements.flatMap((statement) => {
    const [, keyword = ''] = /^(\w+)=/.exec(statement) ?? [];
    const kind = kindOf[keyword];
    if (!kind) return [];
    const [, name = ''] = / name="?([^" ]+)/.exec(statement) ?? [];
    return {
      kind: specialKind(name, statement) ?? kind,
      name,
      inputs: typesIn(statement, / input(?:_args)?=\{([^}]*)\}/),
      outputs: typesIn(statement, / output(?:_args)?=\{([^}]*)\}/),
      layers: layersIn(statement),
    };
  });
}

function specialKind(name: string, statement: string): Kernel['kind'] | undefined {
  if (name.startsWith('_gemm_mha')) return 'attention';
  return / backbone=gemm /.test(statement) ? 'gemm' : undefined;
}

function layersIn(statement: string): string[] {
  const [, layers = ''] = / layers="([^"]*)"/.exec(statement) ?? [];
  return [...layers.matchAll(/\[ONNX Layer: ([^\x1f]*)\]/g)].map(([, layer = '']) => layer);
}
