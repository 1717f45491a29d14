import {
  type ModelSupport,
  type SupportOptions,
  supportsModel,
} from '../engine/build/model-support.js';
import { type OpenedLibrary, openLibrary, productName } from '../engine/library/library.js';
import { TensorRTError } from '../errors.js';
import type { Model } from '../onnx/model.js';
import type { CheckContext } from './context.js';

/** What the parser at hand answered, or why none was asked. */
export type Asked =
  | { readonly by: string; readonly version: string; readonly support: ModelSupport }
  | { readonly reason: string };

/** Opens the library that would be asked; undefined with a reason where there is none. */
export async function findLibrary(
  options: Pick<SupportOptions, 'product' | 'libraryDir'> & { version?: string | undefined },
): Promise<{ library: OpenedLibrary } | { reason: string }> {
  try {
    const library = await openLibrary(options);
    const { candidate, native } = library;
    const name = `${productName(candidate.product)} ${native.version}`;
    if (options.version !== undefined && !isVersion(native.version, options.version)) {
      return { reason: `The library at hand is ${name}, not ${options.version}.` };
    }
    if (candidate.parser === undefined) {
      return { reason: `${name} has no ONNX parser beside it.` };
    }
    return { library };
  } catch (error) {
    if (error instanceof TensorRTError) return { reason: error.message };
    throw error;
  }
}

/** Whether `version` is `wanted`, or a patch of it: 1.7.1.116 is 1.7. */
function isVersion(version: string, wanted: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`);
}

export async function askParser(
  model: Model | string,
  { candidate, native }: OpenedLibrary,
  context: CheckContext,
  options: Omit<SupportOptions, 'product'>,
): Promise<Asked> {
  const by = `${productName(candidate.product)} ${native.version}`;
  const fatal = endsTheProcess(context);
  if (fatal) return { reason: `The parser of ${by} ends the process on ${fatal}.` };
  try {
    const support = await supportsModel(model, { ...options, product: candidate.product });
    return { by, version: native.version, support };
  } catch (error) {
    if (error instanceof TensorRTError) return { reason: `${by}: ${error.message}` };
    throw error;
  }
}

/** The parser of TensorRT for RTX 1.7.1 reads the second input of TopK without asking for it. */
function endsTheProcess(context: CheckContext): string | undefined {
  if (context.model.opset < 10) return undefined;
  const found = context.ofType('TopK').some(({ node }) => !node.input[1]);
  return found ? 'a TopK without its second input' : undefined;
}
