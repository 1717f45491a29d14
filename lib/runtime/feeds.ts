import { invalidArgument } from '../arguments.js';
import { TensorRTError } from '../errors.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { type DataType, type Tensor, tensor } from '../tensor.js';

/**
 * Checks that feeds are what a model expects: every input is there and no other, and each has the
 * type, the rank and the fixed dimensions that the model declares. Dimensions that only have a name
 * are free, also where two inputs share the name: exporters reuse names for unrelated sizes.
 *
 * @param place - what to call the feeds in messages, such as `'sample 3'`.
 * @param isOther - tells what may be fed beside tensors, such as tensors on a device.
 * @throws TypeError when the feeds are no object.
 * @throws TensorRTError `ERR_FEED` that names the input, what was expected and what came.
 */
export function checkFeeds(
  inputs: readonly ValueInfo[],
  feeds: Readonly<Record<string, unknown>>,
  place = 'the feeds',
  isOther: (feed: unknown) => feed is Described = isNothing,
): void {
  if (typeof feeds !== 'object' || feeds === null || Array.isArray(feeds)) {
    throw invalidArgument(place, 'an object with a tensor for each input', feeds);
  }
  for (const name of Object.keys(feeds)) {
    if (!inputs.some((input) => input.name === name)) {
      const known = inputs.map((input) => `'${input.name}'`).join(', ');
      throw feedError(name, `Unknown input '${name}' in ${place}: the model has ${known}.`);
    }
  }
  for (const input of inputs) {
    if (!Object.hasOwn(feeds, input.name)) {
      throw feedError(
        input.name,
        `Expected ${describeInput(input)} for input '${input.name}' in ${place} but it is missing.`,
      );
    }
    checkFeed(input, feeds[input.name], place, isOther);
  }
}

/** What tensors of every kind have. */
export interface Described {
  readonly type: DataType;
  readonly dims: readonly number[];
}

function isNothing(_feed: unknown): _feed is never {
  return false;
}

function checkFeed(
  input: ValueInfo,
  feed: unknown,
  place: string,
  isOther: (feed: unknown) => feed is Described,
): void {
  const fail = (received: string) =>
    feedError(
      input.name,
      `Expected ${describeInput(input)} for input '${input.name}' in ${place} but received ${received}.`,
    );

  if (isTensorShaped(feed)) {
    try {
      tensor(feed.type, feed.dims, feed.data);
    } catch (error) {
      throw fail(`a malformed tensor: ${(error as Error).message}`);
    }
  } else if (!isOther(feed)) {
    throw fail('a value that is no { type, dims, data }');
  }
  const { type = feed.type, dims = feed.dims } = input;
  const fits =
    feed.type === type &&
    feed.dims.length === dims.length &&
    dims.every((dim, axis) => typeof dim !== 'number' || dim === feed.dims[axis]);
  if (!fits) throw fail(`${feed.type} [${feed.dims.join(', ')}]`);
}

/** Arrays of numbers, which `tensor()` would convert, are no tensor data yet. */
function isTensorShaped(value: unknown): value is Tensor {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'dims' in value &&
    'data' in value &&
    ArrayBuffer.isView(value.data)
  );
}

function describeInput({ type, dims }: ValueInfo): string {
  const shape = dims && `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
  return [type ?? 'a tensor', shape ?? 'of any shape'].join(' ');
}

function feedError(name: string, message: string): TensorRTError {
  return new TensorRTError('ERR_FEED', message, { tensor: name });
}
