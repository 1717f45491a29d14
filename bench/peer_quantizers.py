"""What the Python peers share: the quantizers of other tools, on the samples that they are given.

Samples are batches of ids and masks as bench/lib/quantization-samples.mjs writes them.
"""

import numpy as np

BATCH, SEQUENCE = 8, 64


def samples(path):
    """[batches, ids and mask, rows, tokens]"""
    return np.fromfile(path, dtype="<i8").reshape(-1, 2, BATCH, SEQUENCE)


def feeds(batches):
    """Of [..., ids and mask, rows, tokens]; all tokens are of the first type."""
    ids, mask = (batches[..., part, :, :].reshape(-1, SEQUENCE) for part in (0, 1))
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def quantize_by_onnxruntime(method, model, path, output, **options):
    """Symmetric INT8, weights per channel. Without options, outputs and biases are as by default."""
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
            **options,
        },
    )


def quantize_by_modelopt(method, model, path, output):
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


def versions():
    """Of what is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("onnxruntime", "onnx", "nvidia-modelopt", "torch"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            pass
    return found
