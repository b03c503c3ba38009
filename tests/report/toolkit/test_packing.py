"""What is packed comes back to the bit, and only the page's own scripts may run."""

import base64
import hashlib
import re
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kanalo.report.toolkit.canvas import _LINES, _to_relative
from kanalo.report.toolkit.packing import PACKED, pack_array, pack_text, to_policy

DTYPES = st.sampled_from([np.float32, np.float64, np.uint16, np.uint32])


def inflate(text):
    return zlib.decompress(base64.b64decode(text[1:]), -zlib.MAX_WBITS)


def unpack_array(text, dtype):
    """Read an array as the page's scripts do."""
    dtype = np.dtype(dtype)
    if not text.startswith(PACKED):
        return np.frombuffer(base64.b64decode(text), dtype)
    planes = np.frombuffer(inflate(text), np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(planes.T).view(dtype).ravel()


@given(DTYPES.flatmap(lambda each: arrays.arrays(each, st.integers(0, 500))))
def test_arrays_come_back_to_the_bit(values):
    stored = pack_array(values, values.dtype)
    assert unpack_array(stored, values.dtype).tobytes() == values.tobytes()


@given(st.text(max_size=900).filter(lambda text: not text.startswith(PACKED)))
def test_texts_come_back(text):
    stored = pack_text(text)
    assert (inflate(stored).decode() if stored.startswith(PACKED) else stored) == text
    assert "<" not in stored or stored == text


def test_flat_series_take_no_room():
    assert len(pack_array(np.ones(5_000))) < 100


def test_the_policy_names_the_digest_of_each_script():
    digest = base64.b64encode(hashlib.sha256("let x = 'é';".encode()).digest()).decode()
    assert to_policy(["let x = 'é';", "2"]).startswith(f"script-src 'sha256-{digest}' 'sha256-")


# -- paths of figures ------------------------------------------------------------------------------


def read_absolute(path):
    return [
        (round(float(x) * 10), round(float(y) * 10))
        for _, x, y in re.findall(r"([ML]) ?(-?[0-9.]+) (-?[0-9.]+)", path)
    ]


def read_relative(path):
    points = []
    for part in path.split("M")[1:]:
        start, _, steps = part.replace("z", "").partition("l")
        x, y = (round(float(each) * 10) for each in start.split())
        points.append((x, y))
        numbers = [round(float(each) * 10) for each in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", steps)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            points.append((x, y))
    return points


POINTS = st.lists(
    st.tuples(*[st.integers(-9_999, 9_999).map(lambda each: each / 10)] * 2), min_size=2, max_size=9
)


@given(st.lists(POINTS, min_size=1, max_size=3))
def test_relative_paths_pass_the_same_points(lines):
    path = "".join(
        f"M {points[0][0]} {points[0][1]} " + "".join(f"L {x} {y} " for x, y in points[1:])
        for points in lines
    )
    short = _LINES.sub(_to_relative, f' d="{path}"')
    wanted = [
        point
        for points in lines
        for i, point in enumerate(read_absolute(path_of(points)))
        if i < 2 or point != read_absolute(path_of(points))[i - 1]
    ]
    assert read_relative(short[4:-1]) == wanted
    assert len(short) <= len(path) + 6


def path_of(points):
    return " ".join(f"{'L' if i else 'M'} {x} {y}" for i, (x, y) in enumerate(points))
