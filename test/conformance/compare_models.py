"""Reads a list of pairs of model files; says for each pair what differs, null where nothing does."""

import json
import sys

import onnx
from onnx.external_data_helper import _get_all_tensors


def load(path):
    model = onnx.load(path)
    for tensor in _get_all_tensors(model):
        # Reading external data leaves the default value behind, where before there was none.
        if tensor.data_location == onnx.TensorProto.DEFAULT:
            tensor.ClearField("data_location")
    return model


def difference(a, b, path="model"):
    if a == b:
        return None
    for field in a.DESCRIPTOR.fields:
        one, other = getattr(a, field.name), getattr(b, field.name)
        place = f"{path}.{field.name}"
        if not field.is_repeated and field.has_presence:
            if a.HasField(field.name) != b.HasField(field.name):
                return f"{place} is there in one only"
        if one == other:
            continue
        if field.message_type is None:
            return place
        if not field.is_repeated:
            return difference(one, other, place)
        if len(one) != len(other):
            return f"{place} has {len(one)} and {len(other)} entries"
        for index, (left, right) in enumerate(zip(one, other)):
            if left != right:
                return difference(left, right, f"{place}[{index}]")
    return f"{path}, in fields that onnx does not know or in NaN"


def compare(one, other):
    a, b = load(one), load(other)
    # Messages that hold NaN are never equal, although their bytes are.
    if a.SerializeToString(deterministic=True) == b.SerializeToString(deterministic=True):
        return None
    return difference(a, b)


print(json.dumps([compare(*pair) for pair in json.load(sys.stdin)]))
