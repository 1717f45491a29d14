/** `tensorrt-node/evaluate`: how right a model is, on labelled data and beside another. */
export type { Score, Scorer, Task } from './task.js';
