"""ONNX files that loop without end, or whose functions call each other twice at every level."""

from onnx import TensorProto, helper, save

IDS = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])


def saved(path, nodes, constants=(), functions=()):
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [IDS], [out], list(constants))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=list(functions)), path)
    return path


def endless(path):
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["co"]), helper.make_node("Add", ["x", "x"], ["xo"])],
        "body",
        [info("i", TensorProto.INT64, []), info("c", TensorProto.BOOL, []), info("x", TensorProto.FLOAT, None)],
        [info("co", TensorProto.BOOL, []), info("xo", TensorProto.FLOAT, None)],
    )
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["x0"], to=TensorProto.FLOAT),
        helper.make_node("Loop", ["times", "true", "x0"], ["y"], body=body),
    ]
    times = helper.make_tensor("times", TensorProto.INT64, [], [2**62])
    return saved(path, nodes, [times, helper.make_tensor("true", TensorProto.BOOL, [], [True])])


def doubling(path, levels):
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    functions = []
    for level in range(levels):
        kind, domain = ("Neg", "") if level == 0 else (f"f{level - 1}", "own")
        nodes = [
            helper.make_node(kind, ["a"], ["b"], domain=domain),
            helper.make_node(kind, ["b"], ["c"], domain=domain),
        ]
        functions.append(helper.make_function("own", f"f{level}", ["a"], ["c"], nodes, opsets))
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["x"], to=TensorProto.FLOAT),
        helper.make_node(f"f{levels - 1}", ["x"], ["y"], domain="own"),
    ]
    return saved(path, nodes, functions=functions)
