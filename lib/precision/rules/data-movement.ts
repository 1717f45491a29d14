/** Operators that give the elements of their first input in another shape: all of them. */
export const reshaping: ReadonlySet<string> = new Set([
  'DepthToSpace',
  'Expand',
  'Flatten',
  'Identity',
  'Reshape',
  'SpaceToDepth',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);

/** Operators that give some elements of their first input. */
export const selecting: ReadonlySet<string> = new Set([
  'Compress',
  'Gather',
  'GatherElements',
  'GatherND',
  'MaxPool',
  'GlobalMaxPool',
  'ReduceMax',
  'ReduceMin',
  'ReverseSequence',
  'Slice',
  'Split',
  'Trilu',
]);
