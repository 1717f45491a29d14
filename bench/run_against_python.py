"""The peer of run-against-python.mjs: a plain loop around ONNX Runtime's Python API.

python3 bench/run_against_python.py <model> <samples> <rows> <tokens> <threads> <warm-up ms> <ms>

Prints JSON: median and mean in milliseconds, runs a second, and the version of ONNX Runtime.
"""

import json
import sys
import time

import numpy as np
import onnxruntime


def main(model, path, rows, tokens, threads, warm_up, duration):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    ids, mask = np.fromfile(path, dtype="<i8").reshape(-1, 2, rows, tokens)[0]
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    run_for(session, feeds, warm_up)
    times = run_for(session, feeds, duration)
    print(
        json.dumps(
            {
                "median": float(np.median(times)),
                "mean": float(np.mean(times)),
                "throughput": 1000 / float(np.mean(times)),
                "onnxruntime": onnxruntime.__version__,
            }
        )
    )


def run_for(session, feeds, milliseconds):
    """The time of each run, at least ten."""
    times = []
    begin = time.perf_counter()
    while len(times) < 10 or (time.perf_counter() - begin) * 1000 < milliseconds:
        start = time.perf_counter()
        session.run(None, feeds)
        times.append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))
