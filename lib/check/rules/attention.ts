import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { elementTypeName } from '../../onnx/tensor/element-types.js';
import {
  int8HeadSizes,
  longestInt8Attention,
  longestInt8AttentionOnTuring,
} from '../../quantize/placement/limits.js';
import { type AttentionBlock, type AttentionPart, attentionBlocks } from '../attention.js';
import type { CheckContext } from '../context.js';
import { isQuantizedActivation } from '../quantizers.js';
import { rule } from '../rule.js';

const innerParts = ['queries', 'keys', 'probabilities', 'values'] as const;

const partNames: Readonly<Record<AttentionPart, string>> = {
  queries: 'the queries (first input of the first MatMul)',
  keys: 'the keys (second input of the first MatMul)',
  probabilities: 'the output of Softmax (first input of the second MatMul)',
  values: 'the values (second input of the second MatMul)',
  output: 'the output of the second MatMul (input of the output projection)',
};

const partly = rule({
  code: 'attention-partly-quantized',
  severity: 'warning',
  title: 'Attention that is quantized in part',
  why: 'TensorRT fuses INT8 attention when all of it is quantized, and half-precision attention when none of it is: anything between costs the fusion.',
  remedy:
    'Put Q/DQ on what is missing, with a scale of 1/127 behind Softmax, or leave both products of the block in float.',
  *find(context) {
    for (const block of attentionBlocks(context)) {
      if (!isTouched(block) || isWhole(block)) continue;
      const missing = Object.entries(block.quantized).filter(([, done]) => !done);
      yield {
        node: block.softmax.reference,
        what: `Attention is quantized without Q/DQ on ${missing.map(([part]) => partNames[part as AttentionPart]).join(' and on ')}.`,
      };
    }
  },
});

const int8Head = rule({
  code: 'attention-int8-head-size',
  severity: 'warning',
  title: 'INT8 attention with a head size that is not fused',
  why: 'TensorRT has fused INT8 attention for heads of 16, 32 and 64 only; others become single products with a Softmax between.',
  remedy: 'Leave both products of the block in float: then half-precision attention is fused.',
  *find(context) {
    for (const block of attentionBlocks(context).filter(isWhole)) {
      if (block.headSize === undefined || int8HeadSizes.includes(block.headSize)) continue;
      yield {
        node: block.softmax.reference,
        what: `INT8 attention has heads of ${block.headSize}.`,
      };
    }
  },
});

const int8Length = rule({
  code: 'attention-int8-length',
  severity: 'warning',
  title: 'INT8 attention for sequences that are too long',
  why: 'Fused INT8 attention takes up to 512 tokens, 384 on compute capability 7.5. The max of the profile decides, not its opt.',
  remedy:
    'Lower the max of the profile, build a second engine for long inputs, or leave both products of the block in float.',
  *find(context) {
    const { targets } = context.target;
    const longest = targets.includes('sm75') ? longestInt8AttentionOnTuring : longestInt8Attention;
    for (const block of attentionBlocks(context).filter(isWhole)) {
      const length = largestLength(context, block);
      if (length === undefined || length <= longest) continue;
      yield {
        node: block.softmax.reference,
        what: `INT8 attention is to take up to ${length} tokens.`,
      };
    }
  },
});

const int8BFloat16 = rule({
  code: 'attention-int8-bfloat16',
  severity: 'warning',
  title: 'INT8 attention in a BF16 model',
  why: 'TensorRT fuses INT8 attention in FP16 and FP32 models, and not in BF16 ones.',
  remedy: 'Convert to FP16 instead, or leave both products of the block in float.',
  *find(context) {
    for (const block of attentionBlocks(context).filter(isTouched)) {
      if (block.elementType !== ElementType.BFLOAT16) continue;
      yield { node: block.softmax.reference, what: 'Attention is quantized in a BF16 graph.' };
    }
  },
});

const float32 = rule({
  code: 'attention-float32',
  severity: 'info',
  title: 'Attention in FP32',
  why: 'TensorRT never fuses FP32 attention: it runs as two products with a Softmax between.',
  remedy: 'Convert the model by toHalf().',
  *find(context) {
    const blocks = attentionBlocks(context).filter(
      (block) => block.elementType === ElementType.FLOAT && !isTouched(block),
    );
    const [first] = blocks;
    if (!first) return;
    yield {
      node: first.softmax.reference,
      what: `${blocks.length} attention ${blocks.length === 1 ? 'block is' : 'blocks are'} FP32.`,
    };
  },
});

const halfHead = rule({
  code: 'attention-head-size',
  severity: 'warning',
  title: 'Half-precision attention with a head size that is not fused',
  why: 'TensorRT fuses FP16 and BF16 attention for heads of 16 to 256, in steps of 8.',
  remedy: 'Pad the heads where the model is exported; zeros change no result.',
  *find(context) {
    for (const block of attentionBlocks(context)) {
      const { elementType, headSize } = block;
      if (isTouched(block) || headSize === undefined) continue;
      if (elementType !== ElementType.FLOAT16 && elementType !== ElementType.BFLOAT16) continue;
      if (headSize >= 16 && headSize <= 256 && headSize % 8 === 0) continue;
      yield {
        node: block.softmax.reference,
        what: `${elementTypeName(elementType)} attention has heads of ${headSize}.`,
      };
    }
  },
});

const operatorQuantized = rule({
  code: 'attention-operator-quantized',
  severity: 'warning',
  title: 'Q/DQ around the operator Attention',
  why: 'TensorRT computes it in half precision and executes the Q/DQ as rounding: accuracy is lost and nothing gained.',
  remedy:
    'Leave its inputs in float, or write attention as MatMul, Softmax and MatMul, all quantized.',
  *find(context) {
    for (const { node, scope, reference } of context.ofType('Attention')) {
      const inputs = node.input.slice(0, 3);
      if (!inputs.some((input) => isQuantizedActivation(scope, input))) continue;
      yield { node: reference, what: 'The inputs of Attention are quantized.' };
    }
  },
});

const operatorBuild = rule({
  code: 'attention-operator-build',
  severity: 'error',
  title: 'A form of the operator Attention that does not build',
  why: 'The parser of TensorRT for RTX 1.7 takes it. Its builder has no kernel for FP32 with four dimensions, and crashes where queries and keys are one tensor.',
  remedy:
    'Convert the model by toHalf(); write attention as MatMul, Softmax and MatMul; build with isolate, so that a crash is an error.',
  *find(context) {
    if (context.target.product !== 'tensorrt-rtx') return;
    for (const { node, scope, reference } of context.ofType('Attention', 'MultiHeadAttention')) {
      const [queries = '', keys = ''] = node.input;
      const { elementType, dims } = scope.tensor(queries);
      const isFloat = elementType === ElementType.FLOAT && dims?.length === 4;
      if (queries === keys) {
        yield {
          node: reference,
          tensor: queries,
          what: `${node.opType} has one tensor for queries and keys.`,
        };
      } else if (isFloat) {
        yield { node: reference, what: `${node.opType} is FP32 with four dimensions.` };
      }
    }
  },
});

/** Whether a product of the block has INT8 inputs. Its output alone may be quantized without harm. */
function isTouched({ quantized }: AttentionBlock): boolean {
  return innerParts.some((part) => quantized[part]);
}

function isWhole({ quantized }: AttentionBlock): boolean {
  return Object.values(quantized).every(Boolean);
}

/** The most tokens that the profiles let through this block; undefined where that is unknown. */
function largestLength(
  { model, target }: CheckContext,
  { scope, scores }: AttentionBlock,
): number | undefined {
  const lengths = (scope.dims(scores.output[0] ?? '') ?? []).slice(-2).map((dim) => {
    if (typeof dim !== 'string') return dim;
    const maxima = model.inputs.flatMap(({ name, dims }) => {
      const axis = dims?.indexOf(dim) ?? -1;
      if (axis === -1) return [];
      return (target.profiles ?? []).flatMap((profile) => {
        const range = profile[name];
        return range && 'max' in range ? (range.max[axis] ?? []) : [];
      });
    });
    return maxima.length > 0 ? Math.max(...maxima) : undefined;
  });
  const known = lengths.filter((length) => length !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

export const attentionRules = [
  partly,
  int8Head,
  int8Length,
  int8BFloat16,
  float32,
  halfHead,
  operatorQuantized,
  operatorBuild,
] as const;
