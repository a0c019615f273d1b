"""What a diagram shows."""

import re

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.viz import diagram


def leaf(*shape: int, name: str | None = None) -> ag.Tensor:
    return ag.Tensor(np.ones(shape, np.float32), requires_grad=True, name=name)


def drawn(read, *args, **kwargs):
    return read(diagram(*args, **kwargs).source)


def test_parameters_inputs_operations_and_output_are_told_apart(read):
    x, w = np.ones((4, 3), np.float32), leaf(3, 2, name="w")
    picture = drawn(read, ag.tanh(x @ w), names={"x": x})
    assert picture.boxes["n1"][:2] == ("parameter", ["w", "(3, 2) float32"])
    assert picture.boxes["c1"][:2] == ("input", ["x", "(4, 3) float32"])
    assert picture.boxes["n2"][:2] == ("operation", ["matmul", "(4, 2) float32"])
    assert picture.boxes["n3"][:2] == ("operation", ["tanh"])
    assert picture.boxes["out1"][:2] == ("output", ["output", "(4, 2) float32"])
    assert picture.edges == [("c1", "n2:a0"), ("n1", "n2:a1"), ("n2", "n3"), ("n3", "out1")]
    assert picture.caption == "parameter input operation result output"


def test_frames_differ_so_that_print_without_colour_will_do():
    x, w = np.ones(3, np.float32), leaf(3)
    source = re.sub("#[0-9a-f]{6}", "", diagram(x / w, legend=False).source)
    frames = dict(re.findall(r"(\w+) \[label=<(.*?<TD)", source))
    assert sorted(frames) == ["c1", "n1", "n2", "out1"]
    assert len(set(frames.values())) == 4


def test_the_legend_names_only_what_is_there_and_can_be_left_out(read):
    y = leaf(2) + leaf(2)
    assert drawn(read, y).caption == "parameter operation result output"
    assert drawn(read, y, legend=False).caption == ""


def test_results_carry_the_name_that_was_given(read):
    w = leaf(3)
    hidden = ag.exp(w)
    loss = ag.sum(hidden)
    picture = drawn(read, loss, names={"weight": w, "hidden": hidden, "loss": loss})
    assert picture.boxes["n1"].lines == ["weight", "(3,) float32"]
    assert picture.boxes["n2"].lines == ["exp", "hidden", "(3,) float32"]
    assert picture.boxes["out1"].lines == ["loss", "() float32"]


def test_a_given_name_wins_and_two_given_names_are_both_shown(read):
    w = leaf(3, name="own")
    assert drawn(read, w * 2, names={"a": w, "b": w}).boxes["n1"].lines[0] == "a, b"
    assert drawn(read, w * 2).boxes["n1"].lines[0] == "own"


@pytest.mark.parametrize("same", [lambda x: x, lambda x: x[:], lambda x: ag.Tensor(x, copy=False), lambda x: x.T.T])
def test_constants_are_named_by_their_memory(read, same):
    x = np.ones((3, 2))
    picture = drawn(read, x * leaf(3, 2), names={"x": same(x), "other": np.ones((3, 2)), "part": x[:2]})
    assert [box.lines[0] for box in picture.of("input")] == ["x"]


def test_detached_parameters_keep_their_name(read):
    w = leaf(2, name="w")
    picture = drawn(read, w * w.detach(), names={"w": w})
    assert [box.lines[0] for box in picture.of("input") + picture.of("parameter")] == ["w", "w"]


def test_empty_constants_are_not_mixed_up(read):
    x, y = np.ones((0, 3)), np.ones((0, 3))
    picture = drawn(read, x * leaf(1, 3) * y, names={"y": y})
    assert [box.lines[0] for box in picture.of("input")] == ["input", "y"]


def test_one_box_a_constant_array_one_a_number(read):
    x, w = np.ones(3), leaf(3)
    picture = drawn(read, (x * w) / x * 2.0 + w**2.0)
    assert sorted(box.lines for box in picture.of("input")) == [["2.0"], ["2.0"], ["input", "(3,) float64"]]


def test_constants_that_no_rule_reads_have_shape_and_dtype(read):
    x, w = np.ones((5, 3)), leaf(3)
    (box,) = drawn(read, x + w, names={"x": x}).of("input")
    assert box.lines == ["input", "(5, 3) float64"]


def test_no_dimensional_constants_show_their_value(read):
    (box,) = drawn(read, leaf(3) * np.array(0.1)).of("input")
    assert box.lines == ["0.1", "() float64"]


def test_shared_expressions_are_drawn_once_and_double_use_has_two_edges(read):
    x = leaf(2)
    square = x * x
    picture = drawn(read, square + ag.exp(square))
    assert len(picture.boxes) == 5
    assert picture.edges.count(("n1", "n2")) == 2
    assert [target for source, target in picture.edges if source == "n2"] == ["n3", "n4"]


def test_order_of_arguments_is_shown_where_it_matters(read):
    a, b = leaf(2), leaf(2)
    picture = drawn(read, b - a, names={"a": a, "b": b})
    assert picture.boxes["n3"].ports == {"a0": "a", "a1": "b"}
    assert picture.edges[:2] == [("n2", "n3:a0"), ("n1", "n3:a1")]
    assert drawn(read, a * b).boxes["n3"].ports == {}
    assert drawn(read, ag.stack([b, a])).boxes["n3"].ports == {"a0": "0", "a1": "1"}


def test_absent_arguments_have_no_box(read):
    picture = drawn(read, ag.clip(leaf(3), None, 1.0))
    assert [box.lines for box in picture.of("input")] == [["1.0"]]
    first, _ = picture.boxes["n2"].ports.values()
    assert first == "x"


def test_short_settings_are_shown_arrays_and_defaults_are_not(read):
    x = leaf(4, 3)
    picture = drawn(read, ag.sum(x, axis=0, keepdims=False))
    assert picture.boxes["n2"].lines == ["sum", "axis=0"]
    assert drawn(read, ag.astype(x, np.float64)).boxes["n2"].lines == ["astype", "dtype=float64"]
    index = drawn(read, x[1:, ..., None, np.array([0, 1])])
    assert index.boxes["n2"].lines == ["getitem", "[1:, ..., None, (2,) int64]"]
    assert drawn(read, x[0]).boxes["n2"].lines == ["getitem", "[0]"]
    assert drawn(read, x[::2]).boxes["n2"].lines == ["getitem", "[::2]"]
    assert drawn(read, x[(1,)]).boxes["n2"].lines == ["getitem", "[1]"]
    images, filters = leaf(1, 2, 5, 5), leaf(3, 2, 3, 3)
    explicit = ag.conv2d(images, filters, stride=(1, 2), padding=0, dilation=1, groups=1)
    assert drawn(read, explicit).boxes["n3"].lines == ["conv2d", "stride=(1, 2)"]
    loss = ag.softmax_cross_entropy(x, np.array([0, 1, 2, 0]), reduction="sum")
    assert drawn(read, loss).boxes["n2"].lines == ["softmax_cross_entropy", "reduction='sum'"]


def test_labels_are_drawn_when_named(read):
    labels = np.array([0, 1])
    loss = ag.softmax_cross_entropy(leaf(2, 3), labels)
    picture = drawn(read, loss, names={"labels": labels})
    assert picture.boxes["c1"].lines == ["labels", "(2,) int64"]
    assert picture.boxes["n2"].ports == {"a0": "x", "a1": "labels"}


def test_formula_is_the_tooltip(read):
    assert drawn(read, ag.exp(leaf(2))).boxes["n2"].tooltip == r'"\\bar x = \\bar y \\odot y"'


def test_after_backward_the_structure_is_still_drawn(read):
    x, w, b = np.ones((4, 3), np.float32), leaf(3, 2, name="w"), leaf(2, name="b")
    loss = ag.sum(ag.tanh(x @ w + b), axis=(0, 1))
    before = drawn(read, loss)
    loss.backward()
    after = drawn(read, loss)
    assert [box.role for box in after.boxes.values()] == [
        box.role for box in before.boxes.values() if box.role != "input"
    ]
    assert after.edges[-4:] == before.edges[-4:]
    assert "released" in after.caption
    assert "released" not in before.caption
    assert after.boxes["n3"].ports == {"a0": "b"}


def test_several_outputs(read):
    x = leaf(3)
    logits = ag.exp(x)
    loss = ag.sum(logits)
    picture = drawn(read, [loss, logits, loss], names={"logits": logits})
    assert [box.lines[0] for box in picture.of("output")] == ["logits", "output"]
    assert picture.edges == [("n1", "n2"), ("n2", "out1"), ("out1", "n3"), ("n3", "out2")]
    assert drawn(read, (loss, logits)).edges == picture.edges


def test_second_order_graph(read):
    x = leaf(3, name="x")
    slope = ag.gradients(ag.sum(ag.tanh(x)), x, create_graph=True)
    picture = drawn(read, slope)
    assert [box.lines[0] for box in picture.of("parameter")] == ["x"]
    assert "tanh" in [box.lines[0] for box in picture.of("operation")]


def test_a_tensor_without_graph_is_one_box(read):
    for tensor, role in [(ag.Tensor(np.ones((2, 3))), "input"), (leaf(2, 3), "parameter")]:
        picture = drawn(read, tensor)
        ((key, box),) = picture.boxes.items()
        assert key in ("c1", "n1")
        assert (box.role, box.framed_twice) == (role, True)
        assert box.lines[1].startswith("(2, 3)")
        assert picture.edges == []
        assert picture.caption == ""


def test_a_constant_output_that_is_also_an_input_is_one_box(read):
    x = ag.Tensor(np.ones(3))
    picture = drawn(read, [x * leaf(3), x])
    (box,) = picture.of("input")
    assert box.framed_twice


def test_nothing_is_changed_by_drawing():
    x = leaf(3)
    y = ag.sum(x * x)
    diagram(y)
    y.backward()
    assert np.array_equal(x.grad.data, [2, 2, 2])


@pytest.mark.parametrize("wrong", [np.ones(3), 1.0, None, "text", {"y": 1}, [np.ones(2)], ["y"]])
def test_wrong_types_are_refused(wrong):
    with pytest.raises(TypeError, match="a Tensor or a sequence of Tensors is wanted"):
        diagram(wrong)


def test_no_tensors_are_refused():
    with pytest.raises(ValueError, match="empty"):
        diagram([])


def test_wrong_names_are_refused():
    with pytest.raises(TypeError, match=r"names\['x'\] must be a Tensor or an ndarray, not float"):
        diagram(leaf(2), names={"x": 1.0})
    with pytest.raises(TypeError, match="names maps"):
        diagram(leaf(2), names=[("x", np.ones(2))])


def test_several_outputs_of_one_operation(read):
    x = leaf(4, name="x")
    first, second = ag.split(x, 2)
    picture = drawn(read, first * second)
    assert [box.lines[0] for box in picture.of("operation")] == ["split", "pick", "pick", "multiply"]
    assert picture.edges[:3] == [("n1", "n2"), ("n2", "n3"), ("n2", "n4")]
