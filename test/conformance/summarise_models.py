"""Reads a list of model files; prints of each what anyone who reads it must find."""

import json
import sys
from collections import Counter

import onnx


def graphs_in(nodes):
    for node in nodes:
        for attribute in node.attribute:
            inner = [attribute.g] if attribute.HasField("g") else []
            for graph in [*inner, *attribute.graphs]:
                yield graph
                yield from graphs_in(graph.node)


def summary(path):
    model = onnx.load(path)
    bodies = [model.graph.node, *(function.node for function in model.functions)]
    inner = [graph for body in bodies for graph in graphs_in(body)]
    nodes = [node for body in [*bodies, *(graph.node for graph in inner)] for node in body]
    initializers = {tensor.name for tensor in model.graph.initializer}
    domains = (node.domain if node.domain != "ai.onnx" else "" for node in nodes)
    return {
        "irVersion": model.ir_version,
        "inputs": [value.name for value in model.graph.input if value.name not in initializers],
        "outputs": [value.name for value in model.graph.output],
        "nodes": len(nodes),
        "subgraphs": len(inner),
        "operators": Counter(f"{domain} {node.op_type}" for domain, node in zip(domains, nodes)),
    }


print(json.dumps([summary(path) for path in json.load(sys.stdin)]))
