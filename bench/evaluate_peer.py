"""Makes and runs the models of evaluate-table.mjs with the tools that others use.

python3 bench/evaluate_peer.py make <tool> <method> <model> <samples> <output>
python3 bench/evaluate_peer.py answers <model> <samples>
python3 bench/evaluate_peer.py versions

`tool` is onnxruntime (minmax, percentile, entropy) or modelopt (max, entropy).
"""

import json
import logging
import sys

from peer_quantizers import feeds, quantize_by_modelopt, quantize_by_onnxruntime, samples, versions


def make(tool, method, model, path, output):
    by = {"onnxruntime": quantize_by_onnxruntime, "modelopt": quantize_by_modelopt}[tool]
    by(method, model, path, output)
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


logging.disable()
action, *arguments = sys.argv[1:]
print("\n" + json.dumps({"make": make, "answers": answers, "versions": versions}[action](*arguments)))
