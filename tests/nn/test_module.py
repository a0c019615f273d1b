import copy
import pickle

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import nn


def leaf(*shape):
    return ag.Tensor(np.zeros(shape), requires_grad=True)


class Scale(nn.Module):
    def __init__(self, size=3):
        self.gain = ag.Tensor(np.ones(size), requires_grad=True, name="gain")

    def forward(self, x):
        return x * self.gain


class Everything(nn.Module):
    """A parameter in each place where one may be, and much that is none."""

    def __init__(self):
        self.size = 7
        self.late = None
        self.first = leaf(1)
        self.blocks = [Scale(), (leaf(2), Scale())]
        self.heads = {"b": Scale(), "a": leaf(3), 5: [leaf(4)]}
        self.mean = ag.Tensor(np.zeros(2))
        self.weights = np.ones(3)
        self.again = self.first
        self.activation = ag.relu
        self.late = leaf(5)
        self.kept = self.first * 2  # computed


def test_names_are_where_things_are_in_the_order_of_definition():
    model = Everything()
    assert [(name, p.shape) for name, p in model.named_parameters()] == [
        ("late", (5,)),
        ("first", (1,)),
        ("blocks.0.gain", (3,)),
        ("blocks.1.0", (2,)),
        ("blocks.1.1.gain", (3,)),
        ("heads.b.gain", (3,)),
        ("heads.a", (3,)),
        ("heads.5.0", (4,)),
    ]
    assert [name for name, _ in model.named_modules()] == ["", "blocks.0", "blocks.1.1", "heads.b"]
    assert [id(p) for _, p in model.named_parameters()] == [id(p) for p in model.parameters()]
    assert model.modules()[0] is model
    assert "mean" in model.state_dict()
    assert not {"again", "weights", "kept"} & model.state_dict().keys()


def test_what_is_shared_comes_once_under_its_first_name():
    shared = nn.Dense(3, 3)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    model.tied = shared.weight
    assert [name for name, _ in model.named_parameters()] == ["layers.0.weight", "layers.0.bias"]
    assert [name for name, _ in model.named_modules()] == ["", "layers.0", "layers.1"]


def test_circles_end():
    a, b = Scale(), Scale()
    a.child, b.parent, b.me = b, a, b
    ring = [leaf(2)]
    ring.append(ring)
    a.ring = ring
    assert [name for name, _ in a.named_parameters()] == ["gain", "child.gain", "ring.0"]
    assert [name for name, _ in b.named_parameters()] == ["gain", "parent.gain", "parent.ring.0"]
    a.eval()
    assert not a.training
    assert not b.training
    assert repr(a).splitlines() == [
        "Scale(gain (3,))  [8 parameters]",
        "  child: Scale(gain (3,))  [8 parameters]",
    ]


def test_deep_nesting_needs_no_recursion():
    model = Scale()
    for _ in range(3000):
        outer = nn.Module()
        outer.inner = model
        model = outer
    (name,) = (name for name, _ in model.named_parameters())
    assert name.count("inner") == 3000
    assert len(model.modules()) == 3001


def test_names_that_collide_are_refused():
    model = nn.Module()
    model.parts = {"a.b": leaf(1), "a": {"b": leaf(1)}}
    with pytest.raises(ValueError, match=r"two Tensors are called 'parts\.a\.b'"):
        model.state_dict()


def test_generators_are_found():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Dropout(0.5, rng=rng), nn.Dropout(0.2, rng=rng), nn.Dropout(0.2, rng=1))
    assert [name for name, _ in model.named_generators()] == ["layers.0.rng", "layers.2.rng"]
    assert next(model.named_generators())[1] is rng


# -- modes and gradients -------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    model = Everything()
    assert all(m.training for m in model.modules())
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    assert model.train() is model
    assert all(m.training for m in model.modules())
    assert nn.Module.training  # the class keeps its default


def test_zero_grad():
    model = nn.Sequential(nn.Dense(2, 2), Scale(2))
    model(np.ones((1, 2))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no forward"):
        Empty()(1)


def test_an_exception_tells_its_way():
    model = nn.Sequential(nn.Flatten(), nn.Sequential(Scale(3)))
    with pytest.raises(ValueError, match="multiply") as caught:
        model(np.ones((2, 4)))
    assert caught.value.__notes__ == ["in Scale(gain (3,))", "in Sequential()", "in Sequential()"]


# -- state ---------------------------------------------------------------------------------------------------


def make(seed):
    return nn.Sequential(nn.Dense(3, 4, rng=seed), nn.ReLU(), nn.Dense(4, 2, rng=seed, bias=False))


def test_state_goes_round():
    one, two = make(1), make(2)
    memory = [p.data for p in two.parameters()]
    state = one.state_dict()
    two.load_state_dict(state)
    x = np.ones((5, 3), np.float32)
    assert one(x).data.tobytes() == two(x).data.tobytes()
    assert all(p.data is array for p, array in zip(two.parameters(), memory, strict=True))
    state["layers.0.weight"][...] = 0  # copies both ways
    assert one[0].weight.data.any()
    assert two[0].weight.data.any()


def test_frozen_parameters_stay_in_the_state():
    model = make(1)
    names = list(model.state_dict())
    model[0].weight.requires_grad = False
    assert list(model.state_dict()) == names
    assert len(model.parameters()) == 2


def test_values_are_brought_to_the_parameters_dtype():
    model = make(1)
    given = {name: ag.Tensor(np.full(a.shape, 0.1)) for name, a in model.state_dict().items()}
    given["layers.0.bias"] = [1, 2, 3, 4]
    model.load_state_dict(given)
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert np.all(model[2].weight.data == np.float32(0.1))
    assert model[0].bias.tolist() == [1, 2, 3, 4]


def test_loading_is_all_or_nothing_and_lists_every_fault():
    model = make(1)
    before = model.state_dict()
    state = {
        "layers.0.weight": np.zeros((4, 3)),
        "layers.0.bias": np.zeros(4, complex),
        "layers.1.weight": np.zeros(2),
    }
    with pytest.raises(ValueError, match=r"Sequential\.load_state_dict: nothing was loaded") as caught:
        model.load_state_dict(state)
    assert str(caught.value).splitlines()[1:] == [
        "  layers.0.bias is complex128 (4,), not float32 (4,)",
        "  layers.0.weight is float64 (4, 3), not float32 (3, 4)",
        "  layers.1.weight is unexpected",
        "  layers.2.weight is missing",
    ]
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_values_that_overflow_change_nothing():
    model = make(1)
    before = model.state_dict()
    state = {name: np.full(a.shape, 1e300) for name, a in before.items()}
    with pytest.raises(RuntimeWarning, match="overflow"):  # an error here, as everywhere in the tests
        model.load_state_dict(state)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_values_may_be_views_of_the_parameters():
    model = nn.Module()
    model.a, model.b = leaf(2), leaf(2)
    model.a.data[...], model.b.data[...] = 1, 2
    model.load_state_dict({"a": model.b.data, "b": model.a.data})
    assert model.a.tolist() == [2, 2]
    assert model.b.tolist() == [1, 1]


def test_a_graph_from_before_loading_refuses_backward():
    model = make(1)
    loss = (model(np.ones((1, 3))) ** 2).sum()
    model.load_state_dict(make(2).state_dict())
    with pytest.raises(RuntimeError, match="written in place"):
        loss.backward()
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_equal_and_apart(way):
    model = nn.Sequential(nn.Dense(3, 4, rng=0), nn.Dropout(0.5, rng=0))
    model.tied = model[0].weight
    twin = way(model)
    assert repr(twin) == repr(model)
    assert twin.tied is twin[0].weight
    assert twin[0].weight is not model[0].weight
    x = np.ones((2, 3), np.float32)
    assert model(x).data.tobytes() == twin(x).data.tobytes()


# -- how it looks --------------------------------------------------------------------------------------------


def test_repr_is_a_tree():
    class Classifier(nn.Module):
        def __init__(self):
            self.body = nn.Sequential(nn.Conv2D(1, 8, 3, padding="same"), nn.ReLU(), nn.MaxPool2D(2), nn.Flatten())
            self.heads = {"a": nn.Dense(1568, 10, bias=False), "ab": Scale(1)}
            self.last = nn.Softmax()

    assert repr(Classifier()).splitlines() == [
        "Classifier()  [15,761 parameters]",
        "  body: Sequential()  [80 parameters]",
        "    layers.0: Conv2D(1, 8, 3, padding='same')  [80 parameters]",
        "    layers.1: ReLU()",
        "    layers.2: MaxPool2D(2)",
        "    layers.3: Flatten()",
        "  heads.a: Dense(1568, 10, bias=False)  [15,680 parameters]",
        "  heads.ab: Scale(gain (1,))  [1 parameter]",
        "  last: Softmax(axis=-1)",
    ]
