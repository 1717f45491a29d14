"""The peers of quantization-child.mjs: the same classifier, samples and values.

python3 bench/quantization_peer.py onnxruntime <model> <samples> <percentile | entropy> <output>
python3 bench/quantization_peer.py modelopt <model> <samples> <entropy | max> <output>
python3 bench/quantization_peer.py search <values>
python3 bench/quantization_peer.py versions
"""

import json
import logging
import sys
import time

import numpy as np

BATCH, SEQUENCE = 8, 64


def samples(path):
    """[batches, ids and mask, rows, tokens]"""
    return np.fromfile(path, dtype="<i8").reshape(-1, 2, BATCH, SEQUENCE)


def feeds(batches):
    """Of [..., ids and mask, rows, tokens]; all tokens are of the first type."""
    ids, mask = (batches[..., part, :, :].reshape(-1, SEQUENCE) for part in (0, 1))
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def by_onnxruntime(model, path, method, output):
    """What TensorRT takes: symmetric, weights per channel, biases in float, outputs left out."""
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

    start = time.perf_counter()
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
            "percentile": CalibrationMethod.Percentile,
            "entropy": CalibrationMethod.Entropy,
        }[method],
        extra_options={
            "ActivationSymmetric": True,
            "WeightSymmetric": True,
            "QuantizeBias": False,
            "OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"],
            "CalibPercentile": 99.99,
        },
    )
    return {"seconds": time.perf_counter() - start}


def by_modelopt(model, path, method, output):
    from modelopt.onnx.quantization import quantize

    start = time.perf_counter()
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
    return {"seconds": time.perf_counter() - start}


def search(path):
    """One entropy search over a histogram of 2048 bins, which the defaults do not make."""
    from onnxruntime.quantization.calibrate import HistogramCollector

    collector = HistogramCollector("entropy", True, 2048, 128, 99.99, None)
    collector.collect({"x": np.fromfile(path, dtype="<f4")})
    start = time.perf_counter()
    _, threshold = collector.get_entropy_threshold(collector.histogram_dict["x"], 128)
    return {"milliseconds": (time.perf_counter() - start) * 1000, "amax": float(threshold)}


def versions():
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("onnxruntime", "onnx", "nvidia-modelopt", "torch"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            pass
    return found


logging.disable()
action, *arguments = sys.argv[1:]
actions = {
    "onnxruntime": by_onnxruntime,
    "modelopt": by_modelopt,
    "search": search,
    "versions": versions,
}
print("\n" + json.dumps(actions[action](*arguments)))
