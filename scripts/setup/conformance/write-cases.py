"""Writes the backend tests of the onnx package as plain files: models, and the tensors in and out.

    python3 write-cases.py FOLDER

FOLDER gets cases.json, and for each case <kind>/<name>.onnx and, where all values are tensors,
<kind>/<name>.values: a GraphProto whose initializers are the first data set, first what is fed and
then what is expected, under the names that the model gives them.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnx.backend.test.loader import DATA_DIR


def node_cases():
    for case in collect_testcases(None):
        inputs, outputs = case.data_sets[0]
        yield "node", case.name, case.model.SerializeToString(), inputs, outputs


def stored_cases(kind):
    for folder in sorted(Path(DATA_DIR, kind).iterdir()):
        path = folder / "model.onnx"
        if not path.exists():
            continue
        inputs, outputs = (stored_tensors(folder, part) for part in ("input", "output"))
        yield kind, folder.name, path.read_bytes(), inputs, outputs


def stored_tensors(folder, part):
    files = sorted(folder.glob(f"test_data_set_0/{part}_*.pb"), key=position)
    return [onnx.TensorProto.FromString(file.read_bytes()) for file in files]


def position(file):
    return int(file.stem.rsplit("_", 1)[1])


def light_cases():
    """Networks without weights. Their tests feed them numbers from 0 to 1, in order."""
    for path in sorted(Path(DATA_DIR, "light").glob("*.onnx")):
        data = path.read_bytes()
        (name, dims), = ((value.name, dims_of(value)) for value in fed(onnx.ModelProto.FromString(data)))
        count = np.prod(dims)
        values = (np.arange(count).reshape(dims) / count).astype(np.float32)
        expected = Path(f"{path.with_suffix('')}_output_0.pb").read_bytes()
        yield "light", path.stem, data, [values], [onnx.TensorProto.FromString(expected)]


def dims_of(value):
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]


def fed(model):
    initializers = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in initializers]


def values_of(model, inputs, outputs):
    """None where the model takes or gives anything but tensors."""
    names = [value.name for value in [*fed(model), *model.graph.output]]
    values = [*inputs, *outputs]
    if len(names) != len(values) or not all(map(is_tensor, values)):
        return None
    return onnx.GraphProto(initializer=map(named_tensor, names, values))


def is_tensor(value):
    return isinstance(value, (onnx.TensorProto, np.ndarray, np.generic))


def named_tensor(name, value):
    if not isinstance(value, onnx.TensorProto):
        return numpy_helper.from_array(np.asarray(value), name)
    tensor = onnx.TensorProto()
    tensor.CopyFrom(value)
    tensor.name = name
    return tensor


def all_cases():
    yield from node_cases()
    for kind in ("simple", "pytorch-converted", "pytorch-operator"):
        yield from stored_cases(kind)
    yield from light_cases()


def main(folder):
    # The cases divide by zero on purpose.
    warnings.simplefilter("ignore")
    listed = []
    for kind, name, data, inputs, outputs in all_cases():
        model = onnx.ModelProto.FromString(data)
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.onnx").write_bytes(data)
        values = values_of(model, inputs, outputs)
        if values is not None:
            (place / f"{name}.values").write_bytes(values.SerializeToString())
        listed.append({"kind": kind, "name": name, "hasValues": values is not None})
    (folder / "cases.json").write_text(json.dumps(listed))


main(Path(sys.argv[1]))
