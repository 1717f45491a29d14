"""Makes and runs the models of evaluate-table.mjs with the tools that others use.

python3 bench/evaluate_peer.py make <tool> <method> <model> <samples> <output>
python3 bench/evaluate_peer.py answers <model> <samples>
python3 bench/evaluate_peer.py versions

`tool` is onnxruntime (minmax, percentile, entropy) or modelopt (max, entropy). Samples are batches of
ids and masks as bench/lib/quantization-samples.mjs writes them.
"""

import json
import logging
import sys

import numpy as np

BATCH, SEQUENCE = 8, 64


def feeds(batches):
    """Of [..., ids and mask, rows, tokens]; all tokens are of the first type."""
    ids, mask = (batches[..., part, :, :].reshape(-1, SEQUENCE) for part in (0, 1))
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def samples(path):
    return np.fromfile(path, dtype="<i8").reshape(-1, 2, BATCH, SEQUENCE)


def by_onnxruntime(method, model, path, output):
    """Symmetric INT8, weights per channel, both inputs and the output of each product; all else as it is by default."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.batches = iter(samples(path))

        def get_next(self):
            batch = next(self.batches, None)
            return None if batch is None else feeds(batch)

    quantize_static(
        model,
        output,
        Reader(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        calibrate_method={
            "minmax": CalibrationMethod.MinMax,
            "percentile": CalibrationMethod.Percentile,
            "entropy": CalibrationMethod.Entropy,
        }[method],
        extra_options={
            "ActivationSymmetric": True,
            "WeightSymmetric": True,
            "CalibPercentile": 99.99,
        },
    )


def by_modelopt(method, model, path, output):
    from modelopt.onnx.quantization import quantize

    calibration_data = feeds(samples(path))
    shape = f"{BATCH}x{SEQUENCE}"
    quantize(
        onnx_path=model,
        quantize_mode="int8",
        calibration_data=calibration_data,
        calibration_method=method,
        calibration_eps=["cpu"],
        calibration_shapes=",".join(f"{name}:{shape}" for name in calibration_data),
        high_precision_dtype="fp32",
        output_path=output,
        log_level="ERROR",
    )


def make(tool, method, model, path, output):
    {"onnxruntime": by_onnxruntime, "modelopt": by_modelopt}[tool](method, model, path, output)
    return {}


def answers(model, path):
    """The larger of two logits, text by text, by ONNX Runtime's CPU with its defaults."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = {feed.name for feed in session.get_inputs()}
    found = []
    for batch in samples(path):
        fed = {name: feed for name, feed in feeds(batch).items() if name in names}
        found += session.run(None, fed)[0].argmax(1).tolist()
    return {"answers": found}


def versions():
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("onnxruntime", "onnx", "nvidia-modelopt"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            pass
    return found


logging.disable()
action, *arguments = sys.argv[1:]
print("\n" + json.dumps({"make": make, "answers": answers, "versions": versions}[action](*arguments)))
