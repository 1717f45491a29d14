import { type NodeReference, TensorRTError, type TensorRTErrorCode } from '../../errors.js';

/*
 * What the process of the user and a child process say to each other. Each request gets one reply,
 * in order.
 */

/** By kind, what a child process can be asked and what it answers. */
export type Protocol<P> = { readonly [K in keyof P]: { request: object; result: unknown } };

export type Request<P extends Protocol<P>> = {
  [K in keyof P]: { readonly kind: K; readonly request: P[K]['request'] };
}[keyof P];

export type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: CarriedError };

/** An error on its way between processes, which keeps no classes. */
export interface CarriedError {
  readonly message: string;
  readonly code?: TensorRTErrorCode;
  readonly details?: {
    readonly remedy: string | undefined;
    readonly node: NodeReference | undefined;
    readonly tensor: string | undefined;
    readonly file: string | undefined;
  };
  readonly cause?: CarriedError;
}

/** How many causes of causes are carried. */
const depth = 4;

export function carry(error: unknown, left = depth): CarriedError {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const carried = {
    message,
    ...(cause !== undefined && left > 0 && { cause: carry(cause, left - 1) }),
  };
  if (!(error instanceof TensorRTError)) return carried;
  const { code, remedy, node, tensor, file } = error;
  return { ...carried, code, details: { remedy, node, tensor, file } };
}

export function uncarry({ message, code, details, cause: carried }: CarriedError): Error {
  const cause = carried && uncarry(carried);
  if (!code) return new Error(message, cause && { cause });
  // The remedy is the end of the message, where the error will put it again.
  const { remedy = '' } = details ?? {};
  const statement = message.endsWith(remedy)
    ? message.slice(0, message.length - remedy.length)
    : message;
  return new TensorRTError(code, statement.trimEnd(), { ...details, cause });
}
