"""Reads a list of model files; prints what onnx.checker says of each, null where it accepts it."""

import json
import sys

import onnx


def problem(path):
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


print(json.dumps([problem(path) for path in json.load(sys.stdin)]))
