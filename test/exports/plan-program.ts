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

/** The products of a program, each as one text, sorted: `gemm int8 x int8` for its factors,
 * `attention int8 -> int8` for queries, keys and values and what becomes of them. */
export function productsOf({ kernels }: PlanProgram): string[] {
  const products = kernels.filter(({ kind }) => kind !== 'other');
  return products.map(describe).sort();
}

/**
 * What a MatMul, Gemm or Conv of the model is computed by, as {@link productsOf} tells it; undefined
 * where no product names it.
 */
export function productWith({ kernels }: PlanProgram, node: string): string | undefined {
  const found = kernels.find(({ kind, layers }) => kind !== 'other' && layers.includes(node));
  return found && describe(found);
}

function describe({ kind, inputs, outputs }: Kernel): string {
  if (kind !== 'attention') return `${kind} ${inputs[0]} x ${inputs[1]}`;
  // Beside queries, keys and values there may be a mask, anywhere among them.
  const common = inputs.find((type) => inputs.filter((other) => other === type).length >= 3);
  return `attention ${common} -> ${outputs[0]}`;
}

const magic = 'NLYM';
/** After the magic number: four bytes of a version, eight with the length of the text. */
const lengthOffset = 8;
const textOffset = 16;

/** Says of a program that it is the inside of a kernel of another. */
const anyAccelerator = 'accelerators={*}';

/** The texts of a plan's programs. */
function programsOf(data: Uint8Array): string[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const texts: string[] = [];
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    const begin = at + textOffset;
    const end = begin + Number(bytes.readBigUInt64LE(at + lengthOffset));
    if (!bytes.toString('latin1', begin, begin + 8).startsWith('header {')) continue;
    const text = bytes.toString('utf8', begin, end);
    if (!text.slice(0, text.indexOf('descriptors {')).includes(anyAccelerator)) texts.push(text);
    at = end - 1;
  }
  return texts;
}

const kindOf: Readonly<Record<string, Kernel['kind']>> = {
  fully_connected: 'gemm',
  corrltn: 'convolution',
  deconvolution: 'convolution',
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
  return [...layers.matchAll(/\[ONNX Layer: (\P{Cc}*)\]/gu)].map(([, layer = '']) => layer);
}
