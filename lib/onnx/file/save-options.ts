import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import type { ExternalFiles } from './external-plan.js';
import type { ExternalDataChoice } from './save.js';

export interface SaveOptions {
  /**
   * `'never'` keeps all weights in the one file; `'always'` puts initializers into external files;
   * `'auto'`, the default, does that only when the model is too large for one file (2 GiB).
   */
  externalData?: ExternalDataChoice;
  /**
   * `'one'`, the default: all in `<path>.data`. `'perTensor'`: each in `<path>.<tensor>.data`, with
   * what file names may not have replaced. `{ maxBytes }`: `<path>.data`, `<path>.data.1` and so
   * on, each of at most so many bytes unless a single tensor has more.
   */
  externalFiles?: ExternalFiles;
  /** Initializers of fewer bytes stay in the model. Default: 1024. */
  externalThreshold?: number;
  signal?: AbortSignal | undefined;
}

export const defaultThreshold = 1024;

export function checkSaveOptions(options: SaveOptions): void {
  checkOptions('options', options, [
    'externalData',
    'externalFiles',
    'externalThreshold',
    'signal',
  ]);
  const { externalData, externalFiles, externalThreshold } = options;
  if (externalData !== undefined) {
    checkOneOf('options.externalData', externalData, ['auto', 'always', 'never']);
  }
  if (externalFiles !== undefined) checkExternalFiles(externalFiles);
  if (externalThreshold !== undefined) {
    checkInteger('options.externalThreshold', externalThreshold, 0);
  }
}

function checkExternalFiles(files: ExternalFiles): void {
  if (typeof files === 'object' && files !== null) {
    checkOptions('options.externalFiles', files, ['maxBytes']);
    checkInteger('options.externalFiles.maxBytes', files.maxBytes, 1);
  } else if (files !== 'one' && files !== 'perTensor') {
    throw invalidArgument('options.externalFiles', "'one', 'perTensor' or { maxBytes }", files);
  }
}
