"""The benchmarks measure what they say: on tiny runs, and never with engines that the tests do not install."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_np.kernels.shapes import conv_output_sizes
from benchmarks import data, runner
from benchmarks.__main__ import main
from benchmarks.cases import CASES, GROUPS, Case, draw
from benchmarks.cases.images import Conv
from benchmarks.engines import ENGINES, NoSuchCase, autograd_np
from benchmarks.engines import numpy as by_hand
from benchmarks.fresh import first, memory
from benchmarks.plots import _apart
from benchmarks.processes import Gone, Process, _is_running, environment, fresh
from benchmarks.report import markdown, quantity
from benchmarks.results import ABSENT, FAILED, MISMATCH, NO_CASE, Measured, find_mismatches, ratio
from benchmarks.targets import verdicts
from benchmarks.worker import Worker, calibrate

TINY = Case("overhead", "tiny", "op_gradient", {"op": "tanh", "shapes": ((8,),)})


@pytest.fixture
def in_here(monkeypatch):
    """Engines run in this process; gives the dict to put them into."""
    modules = {"autograd_np": autograd_np, "numpy": by_hand}

    class Process:
        def __init__(self, engine, threads):
            self.worker = Worker(modules[engine])

        def ask(self, command, seconds):
            return json.loads(json.dumps(self.worker.answer(json.loads(json.dumps(command)))))

        def settle(self):
            return True

        def close(self):
            pass

    monkeypatch.setattr(runner, "Process", Process)
    monkeypatch.setattr(runner, "installed", modules.__contains__)
    return modules


def measure(engines, *cases, **settings):
    options = {"rounds": 2, "threads": 1, "seconds": 1e-4, "limits": False} | settings
    run = runner.Run(runner.Settings(engines, **options))
    run.measure(cases)
    return run


def results(run):
    machine = {"processor": "", "processors": 1, "system": "", "date": "", "load": 0, "python": "", "versions": {}}
    settings = {"threads": 1, "rounds": 2, "seconds": 1e-4, "processes": 1}
    limits = {name: {"median": value} for name, value in run.best_limits().items()}
    return {"machine": machine, "settings": settings, "limits": limits, "absent": run.absent, "restless": 0,
            "rows": run.rows}  # fmt: skip


def planted(kinds):
    return SimpleNamespace(KINDS=kinds, arrays=by_hand.arrays)


@pytest.mark.parametrize("cases", [CASES, draw(0), draw(1)])
def test_cases_are_well_formed(cases):
    assert len({(case.group, case.name) for case in cases}) == len(cases)
    assert {case.group for case in cases} <= {*GROUPS}
    known = {*autograd_np.KINDS, "import", "first_step", "memory"}
    for case in cases:
        assert case.kind in known
        assert case.flop >= 0
        assert case.bytes >= 0
        json.dumps(case.params)
    assert all(len({case.unit for case in cases if case.group == group}) <= 1 for group in GROUPS)


def test_drawn_cases_are_those_of_their_seed(capsys):
    assert draw(3) == draw(3)
    assert {case.name for case in draw(3)}.isdisjoint(case.name for case in CASES)
    assert {case.name for case in draw(3)} != {case.name for case in draw(4)}
    assert main(["conv", "pool", "--draw", "3", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed == [f"{case.group}: {case.name}" for case in draw(3) if case.group in ("conv", "pool")]


CONVOLUTIONS = [case for case in (*CASES, *draw(0), *draw(1)) if case.kind.startswith("conv")]


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda case: case.name)
def test_convolutions_have_the_shapes_that_they_say(case):
    x, w, g = (np.broadcast_to(np.float32(0), case.params[name]) for name in "xwg")
    geometry = {name: (case.params[name],) * 2 for name in ("stride", "dilation")}
    padding = ((case.params["padding"],) * 2,) * 2
    sizes = conv_output_sizes(x.shape[2:], w.shape[2:], geometry["stride"], padding, geometry["dilation"])
    assert sizes == g.shape[2:]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("op_gradient", {"op": op, "shapes": shapes})
        for op, shapes in [("tanh", [[9]]), ("multiply", [[9], [9]]), ("sum", [[9]]), ("max", [[9]]),
                           ("matmul", [[3, 4], [4, 2]])]
    ]
    + [("chain", {"size": 8, "links": 20}), ("cross_entropy", {"rows": 6, "classes": 5})]
    + [("optimizer", {"which": which, "size": 80}) for which in ("sgd", "momentum", "adam")]
    + [("mlp", {"sizes": [12, 7, 5, 10], "batch": 6, "optimizer": which}) for which in ("momentum", "adam")],
)  # fmt: skip
def test_numpy_by_hand_computes_what_we_do(kind, params):
    found = []
    for engine in (autograd_np, by_hand):
        step = engine.KINDS[kind](**params)
        for _ in range(3):
            result = step()
        found.append(data.fingerprint(engine.arrays(result)))
    assert data.agree(*found, rtol=1e-5)


def test_a_run_from_the_command_line(tmp_path, capsys):
    arguments = ["overhead", "--match", "tanh, r", "--engines", "autograd_np,numpy", "--out", str(tmp_path)]
    assert main([*arguments, "--rounds", "2", "--seconds", "0.001", "--threads", "1"]) == 0
    found = json.loads((tmp_path / "results.json").read_text())
    (row,) = found["rows"]
    ours, theirs = (row["engines"][name]["samples"] for name in ("autograd_np", "numpy"))
    assert len(ours) == len(theirs) == 2
    assert row["ratios"]["numpy"] == pytest.approx(np.median(np.divide(ours, theirs)))
    text = (tmp_path / "results.md").read_text()
    assert "| tanh, recorded |" in text
    assert f"({row['ratios']['numpy']:.2f})" in text  # which is above 0.1
    assert str(tmp_path / "results.md") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["speed"], "no group 'speed'; choose from overhead, chain"),
        (["--engines", "numpy,theano"], "no engine 'theano'; choose from autograd_np, numpy"),
        (["--match", "nothing has this"], "no case"),
        (["--rounds", "0"], "1 or more"),
        (["--threads", "100000"], "processors"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(arguments, said, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_list_names_the_cases(capsys):
    assert main(["matmul", "--list"]) == 0
    assert "matmul: 64x64 @ 64x64, gradient\n" in capsys.readouterr().out


def test_who_does_less_is_reported(in_here):
    in_here["numpy"] = planted({"op_gradient": lambda op, shapes: lambda: np.zeros(8)})
    run = measure(["autograd_np", "numpy"], TINY)
    assert run.rows[0]["engines"]["numpy"]["status"] == MISMATCH
    assert run.rows[0]["ratios"] == {}
    text = markdown(results(run))
    assert "## Failures and mismatches" in text
    assert "tiny: numpy: mismatch: its result is not that of autograd_np" in text


def test_most_are_right(in_here):
    right, wrong = [[1.0, 0.5]], [[1.1, 0.5]]
    measured = {"autograd_np": Measured(fingerprint=wrong), **{n: Measured(fingerprint=right) for n in ("a", "b")}}
    find_mismatches(measured)
    assert [m.status for m in measured.values()] == [MISMATCH, "ok", "ok"]


def test_nan_is_no_result():
    assert not data.agree([[math.nan, 0.0]], [[math.nan, 0.0]])


def test_what_is_missing_or_fails_is_reported(in_here):
    def broken(**_):
        raise RuntimeError("out of order")

    in_here["numpy"] = planted({"op_gradient": broken})
    in_here["python"] = planted({})
    run = measure(["autograd_np", "numpy", "python", "jax"], TINY)
    found = run.rows[0]["engines"]
    assert [found[name]["status"] for name in ("numpy", "python", "jax")] == [FAILED, NO_CASE, ABSENT]
    text = markdown(results(run))
    assert "tiny: numpy: failed: RuntimeError: out of order" in text
    assert "not measured: jax" in text
    assert run.absent == ["jax"]


@pytest.mark.parametrize(("error", "status"), [(NoSuchCase, NO_CASE), (NotImplementedError, FAILED)])
def test_only_an_engine_itself_says_that_it_has_no_such_case(error, status, in_here):
    def lacking(**_):
        raise error("no groups")

    in_here["numpy"] = planted({"op_gradient": lacking})
    found = measure(["autograd_np", "numpy"], TINY).rows[0]["engines"]["numpy"]
    assert found["status"] == status
    assert "no groups" in found["reason"]


def test_a_target_is_not_met_by_failing(in_here):
    in_here["autograd_np"] = planted({})
    in_here["torch"] = by_hand
    chain = Case("chain", "links", "chain", {"size": 8, "links": 2})
    met = {v.target: v for v in verdicts(measure(["autograd_np", "torch"], chain).rows)}
    assert met["chain of 1000 small operations, against torch"].met is None
    in_here["autograd_np"] = planted({"chain": lambda **_: 1 / 0})
    met = {v.target: v for v in verdicts(measure(["autograd_np", "torch"], chain).rows)}
    assert met["chain of 1000 small operations, against torch"].met is False


def test_the_limits_are_measured_in_between(in_here, monkeypatch):
    small = {"flops": ("limit_flops", {"size": 32}, 2 * 32**3), "bandwidth": ("limit_bandwidth", {"size": 999}, 11988)}
    monkeypatch.setattr(runner, "LIMITS", small)
    case = Case("matmul", "small", "op_recorded", {"op": "matmul", "shapes": ((8, 8), (8, 8))}, 1024, 768)
    run = measure(["autograd_np", "numpy"], case, limits=True, processes=2)
    assert [len(samples) for samples in run.limits.values()] == [2, 2]
    best = run.best_limits()
    assert run.rows[0]["least"] == max(1024 / best["flops"], 768 / best["bandwidth"])
    assert "of the limit" in markdown(results(run))


def test_cases_that_differ_in_threads_are_measured_in_turn(monkeypatch):
    asked = []

    class Process:
        def __init__(self, engine, threads):
            self.threads = threads

        def ask(self, command, seconds):
            if "prepare" in command:
                return {"first_call": 0.1, "fingerprint": [[1.0, 1.0]], "repetitions": 1}
            asked.append(self.threads)
            return {"seconds": 0.1 * self.threads}

        def settle(self):
            return True

        def close(self):
            pass

    monkeypatch.setattr(runner, "Process", Process)
    cases = [Case("scaling", f"threads {n}", "chain", {"size": 8, "links": 2}, threads=n) for n in (1, 2)]
    run = measure(["autograd_np"], *cases, TINY, rounds=4, threads=5)
    assert asked == [1, 2, 2, 1, 2, 1, 1, 2] + [5] * 4
    assert [row["engines"]["autograd_np"]["samples"] for row in run.rows] == [[0.1] * 4, [0.2] * 4, [0.5] * 4]


def test_every_engine_goes_first_and_last():
    orders = [runner.order("abc", turn) for turn in range(6)]
    assert {order[0] for order in orders} == {order[-1] for order in orders} == set("abc")
    assert all(sorted(order) == list("abc") for order in orders)


def test_repetitions_fill_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def lasting(seconds):
        def step():
            now[0] += seconds

        return step

    assert calibrate(lasting(1e-6), 1e-3) == 1000
    assert calibrate(lasting(3e-3), 1e-2) == 3
    assert calibrate(lasting(1.0), 1e-6) == 1

    waits = iter([2.0])  # once, as where code is loaded

    def interrupted():
        now[0] += 1e-6 + next(waits, 0.0)

    assert calibrate(interrupted, 1e-3) == 1000


def test_ratios_are_of_rounds_and_quantities_readable():
    ours, theirs = Measured(samples=[1, 20, 3], rounds=[0, 1, 2]), Measured(samples=[2, 6, 9], rounds=[0, 2, 3])
    assert ratio(ours, theirs) == 0.5
    numbers = [(1.234e-7, "s"), (4.5e-3, "s"), (12.0, "s"), (0.5e-9, "s"), (3 * 2**20, "B")]
    assert [quantity(*n) for n in numbers] == ["123 ns", "4.5 ms", "12 s", "0.5 ns", "3 MiB"]


def test_names_in_plots_do_not_meet():
    assert _apart([0.0, 5.0], 1) == [0, 5]
    assert _apart([0.0, 0.0, 0.0, 1.2], 1) == pytest.approx([-1.2, -0.2, 0.8, 1.8])


def test_engines_name_their_packages():
    assert {engine.package for engine in ENGINES.values()} >= {"autograd_np", "torch", "jax", "numpy"}


def test_a_process_that_dies_says_so():
    process = Process("python", 1)
    process._process.kill()
    with pytest.raises(Gone, match="ended with code -9"):
        process.ask({"run": {"turn": 1}}, 60)
    process.close()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells what threads do")
def test_a_thread_that_spins_is_seen_at_once():
    """BLAS's threads wait like this for more work, in the way of whoever is measured next."""
    reading, writing = os.pipe()
    script = f"import os; os.write({writing}, b'1')\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", script], pass_fds=[writing]) as spinning:
        os.read(reading, 1)
        assert _is_running(spinning.pid)
        spinning.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        assert not _is_running(spinning.pid)
        spinning.kill()
    os.close(reading)
    os.close(writing)


def test_an_engine_that_cannot_be_loaded_says_so():
    process = Process("none", 1)
    with pytest.raises(Gone, match="KeyError: 'none'"):
        process.ask({"run": {"turn": 1}}, 60)
    process.close()


def test_a_process_that_does_not_answer_is_given_up():
    process = Process("python", 1)
    prepare = {"kind": "conv_forward", "params": Conv("", 1, 8, 16, 14).params(), "seconds": 30.0}
    with pytest.raises(Gone, match="no answer in 0 s"):
        process.ask({"prepare": prepare}, 0.01)


def test_fresh_processes_measure_imports():
    assert 0 < fresh("numpy", 1, "import", {}, 0, 60)["value"] < 60
    assert "missing" in fresh("numpy", 1, "first_gradient", {"cache": "warm"}, 1, 60)


def test_imports_are_measured_with_bytecode_wherever_it_is_switched_off(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    told = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"],
        env=environment(1),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "False\n"


def test_first_steps_are_timed_without_what_they_are_built_of(monkeypatch):
    def cnn(batch):
        time.sleep(0.5)
        return lambda: float(batch)

    monkeypatch.setattr("benchmarks.fresh.load", lambda engine, threads: planted({"cnn": cnn}))
    found = first("numpy", 1, "cnn", {"batch": 8})
    assert 0 < found["value"] < 0.5
    assert found["fingerprint"]
    assert "missing" in first("numpy", 1, "first_gradient", {})


def test_memory_is_that_of_the_step(monkeypatch):
    size = 64 * 2**20

    def cnn(batch):
        return lambda: float(np.ones(size // 8 if batch > 4 else 1).sum())

    monkeypatch.setattr("benchmarks.fresh.load", lambda engine, threads: planted({"cnn": cnn}))
    found = memory("numpy", 1, {"batch": 64})
    assert size * 0.9 < found["value"] < size * 1.5
