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
from peer_quantizers import quantize_by_modelopt, quantize_by_onnxruntime, versions

# What TensorRT takes: biases in float, outputs left out.
FOR_TENSORRT = {
    "QuantizeBias": False,
    "OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"],
}


def by_onnxruntime(model, path, method, output):
    start = time.perf_counter()
    quantize_by_onnxruntime(method, model, path, output, **FOR_TENSORRT)
    return {"seconds": time.perf_counter() - start}


def by_modelopt(model, path, method, output):
    start = time.perf_counter()
    quantize_by_modelopt(method, model, path, output)
    return {"seconds": time.perf_counter() - start}


def search(path):
    """One entropy search over a histogram of 2048 bins, which the defaults do not make."""
    from onnxruntime.quantization.calibrate import HistogramCollector

    collector = HistogramCollector("entropy", True, 2048, 128, 99.99, None)
    collector.collect({"x": np.fromfile(path, dtype="<f4")})
    start = time.perf_counter()
    _, threshold = collector.get_entropy_threshold(collector.histogram_dict["x"], 128)
    return {"milliseconds": (time.perf_counter() - start) * 1000, "amax": float(threshold)}


logging.disable()
action, *arguments = sys.argv[1:]
actions = {
    "onnxruntime": by_onnxruntime,
    "modelopt": by_modelopt,
    "search": search,
    "versions": versions,
}
print("\n" + json.dumps(actions[action](*arguments)))
