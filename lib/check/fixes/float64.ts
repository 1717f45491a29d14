import { doublesToFloats } from '../../onnx/passes/doubles-to-floats.js';
import { mend } from './fix-kind.js';

const float64 = mend({
  code: 'float64',
  title: 'makes FP32 of every FLOAT64 tensor, inputs and outputs too, as the parser does',
  onlyByName: true,
  async *apply(context, signal) {
    const [bits] = context.ofType('BitCast');
    if (bits) {
      yield { node: bits.reference, left: 'BitCast depends on how many bits a number has.' };
      return;
    }
    const changed = await doublesToFloats(context.model, false, signal);
    if (changed > 0) yield { done: `${changed} places with FLOAT64 are FP32 now.` };
  },
});

export const float64Mends = [float64] as const;
