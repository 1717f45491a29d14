"""The peer of onnx-child.mjs: the same edit by Python's onnx package.

python3 bench/onnx_peer.py <model> <copy> <always | never>
"""

import json
import os
import re
import sys
import time

import onnx

path, copy, external = sys.argv[1:4]
start = time.perf_counter()
model = onnx.load(path)
nodes = model.graph.node
place = next(i for i, node in enumerate(nodes) if node.op_type == "MatMul")
tensor = nodes[place].output[0]
for node in nodes:
    for index, name in enumerate(node.input):
        if name == tensor:
            node.input[index] = "inserted"
nodes.insert(place + 1, onnx.helper.make_node("Identity", [tensor], ["inserted"]))
if external == "always":
    location = os.path.basename(copy) + ".data"
    onnx.save(model, copy, save_as_external_data=True, location=location)
else:
    onnx.save(model, copy)
seconds = time.perf_counter() - start
peak = re.search(r"^VmHWM:\s+(\d+)", open("/proc/self/status").read(), re.M)
print(json.dumps({"seconds": seconds, "peakKiB": int(peak[1]), "nodes": len(nodes)}))
