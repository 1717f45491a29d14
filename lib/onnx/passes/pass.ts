import type { NodeProto } from 'onnx-buf';
import { checkOptions } from '../../arguments.js';
import type { Model } from '../model.js';

/** One thing that a pass did. */
export interface Change {
  /** The pass, such as `'foldConstants'`. */
  readonly pass: string;
  /** The node, or its first output where it has no name, or the tensor. */
  readonly subject: string;
  /** What happened to it, in a few words. */
  readonly what: string;
}

/** What a pass returns: a new model, which shares all weights with the old one, and what was done. */
export interface PassResult {
  readonly model: Model;
  readonly changes: readonly Change[];
}

/** Notes a change. */
export type Report = (subject: NodeProto | string, what: string) => void;

/** What a pass does, to a model that is its own. */
export type Edit = (model: Model, report: Report) => void | Promise<void>;

/** Lets a pass work on a copy. */
export async function runPass(pass: string, model: Model, edit: Edit): Promise<PassResult> {
  const copy = model.clone();
  const changes: Change[] = [];
  await edit(copy, reporter(pass, changes));
  return { model: copy, changes };
}

export function reporter(pass: string, changes: Change[]): Report {
  return (subject, what) => {
    const name = typeof subject === 'string' ? subject : subject.name || (subject.output[0] ?? '');
    changes.push({ pass, subject: name, what });
  };
}

/** Checks the options of a pass that can only be aborted. */
export function checkSignal(options: { signal?: AbortSignal | undefined }): void {
  checkOptions('options', options, ['signal']);
  options.signal?.throwIfAborted();
}
