import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { broadcast } from '../dims.js';
import { fact } from '../fact.js';
import type { Rule, Rules } from '../node-view.js';

/** Stop words leave the last dimension. */
const normalize: Rule = (n) => {
  const dims = n.dims(0);
  const drops = (n.strings('stopwords') ?? []).length > 0;
  return [fact(ElementType.STRING, drops ? dims && [...dims.slice(0, -1), n.fresh()] : dims)];
};

const splitText: Rule = (n) => {
  const dims = n.dims(0);
  return [fact(ElementType.STRING, dims && [...dims, n.fresh()]), fact(ElementType.INT64, dims)];
};

/** One column per n-gram that is counted. */
const countGrams: Rule = (n) => {
  const columns = Math.max(-1, ...(n.ints('ngram_indexes') ?? [])) + 1;
  const dims = n.dims(0);
  return [fact(ElementType.FLOAT, dims && [...dims.slice(0, -1), columns])];
};

export const texts: Rules = {
  RegexFullMatch: (n) => [fact(ElementType.BOOL, n.dims(0))],
  StringConcat: (n) => [fact(ElementType.STRING, broadcast(n, n.dims(0), n.dims(1)))],
  StringNormalizer: normalize,
  StringSplit: splitText,
  TfIdfVectorizer: countGrams,
};
