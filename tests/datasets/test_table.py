import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.datasets import DataError, read_table


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.csv"


def table(path, text, columns=("a", "b"), **wanted):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, columns, **wanted).tolist()


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a,b\n1,2\n3,4",
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4\r",
        "\ufeffa,b\n1,2\n3,4\n",
        "\ufeffa,b\r\n1,2\r\n3,4\r\n",
        "\ufeff1,2\n3,4\n",
        "1,2\n3,4\n",
        "b,a\n2,1\n4,3\n",
        "x,b,y,a\nfoo,2,,1\nbar,4,,3\n",
        "a,2024,b\n1,9,2\n3,9,4\n",
        '"a","b"\n"1","2"\n"3","4"\n',
        'a,b,"note, with\na newline"\n1,2,"x, ""y"""\n3,4,\n',
        " a , b \n 1 , 2 \n3.0,4e0\n",
        "\n\na,b\n\n1,2\n\n3,4\n\n",
    ],
)
def test_forms_of_the_same_table(path, text):
    assert table(path, text) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a,b\n1,2\n3,x\n", "row 3, column 'b': 'x' is not a finite number"),
        ("b,a\n1,2\n3,x\n", "row 3, column 'a': 'x' is not a finite number"),
        ("a,b\n1,\n", "row 2, column 'b': '' is not a finite number"),
        ("a,b\nnan,1\n", "row 2, column 'a': 'nan' is not a finite number"),
        ("a,b\n1,-inf\n", "row 2, column 'b': '-inf' is not a finite number"),
        ("a,b\n1,1e999\n", "row 2, column 'b': '1e999' is not a finite number"),
        ("a,b\n1_0,1\n", "row 2, column 'a': '1_0' is not a finite number"),
        ("a,b\n\n1,2\n\n3,x\n", "row 5, column 'b'"),
        ("1,x\n", "row 1, column 'b': 'x' is not a finite number"),
        ("a,b\n1\n", "row 2 has 1 cells, not 2"),
        ("a,b\n1,2\n1,2,3\n", "row 3 has 3 cells, not 2"),
        ("1,2,3\n", "row 1 has 3 cells, not 2"),
        ("a,c\n1,2\n", r"no column 'b' in the header \['a', 'c'\]"),
        ("c,d\n1,2\n", "no column 'a' in the header"),
        ("a,b,a\n1,2,3\n", "twice column 'a' in the header"),
        ("A,B\n1,2\n", "no column 'a' in the header"),
        ("", "has no rows"),
        ("\ufeff", "has no rows"),
        ("\n\r\n", "has no rows"),
        ("a,b\n", "has no rows"),
        ('a,b\n1,"2\n', "not a CSV file"),
        ('a,b\n1,"2"x\n', "not a CSV file"),
        ("a,b\n1,2\n".encode("utf-16"), "not a CSV file in UTF-8"),
        (b"a,b\n1,\xff\n", "not a CSV file in UTF-8"),
        (b"a,b\n1,\x002\n", "row 2, column 'b'"),
    ],
)
def test_faults_are_named(path, text, fault):
    with pytest.raises(DataError, match=fault) as caught:
        table(path, text)
    assert str(caught.value).startswith(f"{path}: ")


def test_choices(path):
    assert table(path, "a,b\n5,0\n6,1.0\n", choices={"b": (0, 1)}) == [[5, 0], [6, 1]]
    for cell in ("2", "-1", "0.5"):
        with pytest.raises(DataError, match=f"row 3, column 'b': '{cell}' is none of 0, 1"):
            table(path, f"a,b\n5,0\n6,{cell}\n", choices={"b": (0, 1)})


def test_no_file(path):
    with pytest.raises(DataError, match=r"table\.csv: cannot be read"):
        read_table(path, ["a"])


def test_the_array(path):
    path.write_text("a\n1\n")
    found = read_table(path, ["a"])
    assert found.dtype == np.float64
    assert found.shape == (1, 1)


@given(
    st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_float_comes_back(tmp_path_factory, rows, header, newline):
    lines = ["a,b,c"] * header + [",".join(map(repr, row)) for row in rows]
    path = tmp_path_factory.getbasetemp() / "floats.csv"
    path.write_bytes(newline.join(lines).encode())
    np.testing.assert_array_equal(read_table(path, ("a", "b", "c")), rows)


@given(st.binary(max_size=60) | st.text('ab1,."\n\r e-_', max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_a_data_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(text)
    try:
        found = read_table(path, ("a", "b"))
    except DataError:
        return
    assert found.shape[1] == 2
    assert np.isfinite(found).all()
