"""Writes lib/precision/half-types.ts: what the operators of ONNX accept in place of float32.

    pip install onnx==1.23.2
    python scripts/half-types.py > lib/precision/half-types.ts && npx biome check --write lib/precision/half-types.ts
"""
import json
import onnx
from onnx import defs

FLOAT, HALF, BFLOAT = 'tensor(float)', 'tensor(float16)', 'tensor(bfloat16)'


def row(schema):
    allowed = {c.type_param_str: set(c.allowed_type_strs) for c in schema.type_constraints}
    with_float = {name for name, types in allowed.items() if FLOAT in types}

    def slots(params):
        names = []
        for p in params:
            name = p.type_str
            name = name if name in with_float else 'float' if name == FLOAT else '-'
            names.append(name + ('*' if p.option == defs.OpSchema.FormalParameterOption.Variadic else ''))
        return ' '.join(names)

    def takes(kind):
        return ' '.join(sorted(name for name in with_float if kind in allowed[name]))

    return [slots(schema.inputs), slots(schema.outputs), takes(HALF), takes(BFLOAT)]


operators = {}
for schema in defs.get_all_schemas_with_history():
    if schema.domain not in ('', 'ai.onnx') or schema.deprecated:
        continue
    operators.setdefault(schema.name, []).append((schema.since_version, row(schema)))

lines = []
for name in sorted(operators):
    versions = []
    for since, entry in sorted(operators[name]):
        if not versions or versions[-1][1:] != entry:
            versions.append([since, *entry])
    text = [slot for v in versions for slot in v[1] .split() + v[2].split()]
    if all(slot.rstrip('*') == '-' for slot in text):
        versions = []
    lines.append(f'  {json.dumps(name)}: {json.dumps(versions)},')

print(f'''/**
 * What each operator of ONNX accepts where it accepts float32, by the schemas of onnx {onnx.__version__}
 * (opset {defs.onnx_opset_version()}). Written by scripts/half-types.py.
 *
 * A version is its first opset, its inputs and its outputs: a type variable of the schema that may be
 * float32, `float` where the type is fixed, `-` where it is never float32, and `*` after the one that
 * repeats. Then the variables that also take float16, and those that take bfloat16. Operators that
 * never touch float32 have no version.
 */
export type HalfTypes = readonly [
  since: number,
  inputs: string,
  outputs: string,
  float16: string,
  bfloat16: string,
];

export const halfTypes: Readonly<Record<string, readonly HalfTypes[]>> = {{''')
print('\n'.join(lines))
print('};')
