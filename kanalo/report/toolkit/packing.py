"""Long data of a page, packed: deflated and written as text that its scripts unpack when needed."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

PACKED = "~"
"""First character of packed text: neither JSON nor base64 starts with it."""

SHORTEST = 300
"""Length from which a text or an array is packed: what is shorter would not shrink."""


def pack_text(text: str) -> str:
    """Deflate a text (RFC 1951) and write it in base64 after `PACKED`; short ones stay as they are.

    Examples
    --------
    >>> pack_text("short"), len(pack_text("long " * 1000)) < 100
    ('short', True)
    """
    return text if len(text) < SHORTEST else PACKED + _deflate(text.encode())


def round_floats(values: Any, bits: int) -> npt.NDArray[np.float32]:
    """Round to 32-bit floats of which only the first bits of the fraction are used.

    The rest are zeros, which deflate to nothing.

    Parameters
    ----------
    values : array_like of shape (n,)
        The numbers; what is not finite stays as it is.
    bits : int
        Bits of the fraction that are kept, 1 to 22; the largest relative error is 2^-(bits + 1).

    Returns
    -------
    float32 array of shape (n,)

    Examples
    --------
    >>> round_floats([1.0, 1 / 3, float("nan")], 4).tolist()
    [1.0, 0.328125, nan]
    """
    array = np.array(values, dtype=np.float32)
    dropped = 23 - bits
    raw = array.view(np.uint32)
    finite = np.isfinite(array)
    half = np.uint32(1 << (dropped - 1))
    raw[finite] = (raw[finite] + half) & ~np.uint32((1 << dropped) - 1)
    return array


def pack_array(values: Any, dtype: Any = np.float32) -> str:
    """Write an array in base64, little end first; a long one deflated after `PACKED`.

    Before it is deflated all first bytes of its elements stand together, then all second ones, and
    so on: neighbours differ in their last bytes only, so this halves what is left.

    Parameters
    ----------
    values : array_like of shape (n,)
        The numbers.
    dtype : dtype
        In which they are written.

    Returns
    -------
    str
        ASCII.
    """
    array = np.asarray(values, dtype=dtype)
    raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
    if len(raw) < SHORTEST:
        return base64.b64encode(raw).decode("ascii")
    planes = np.frombuffer(raw, dtype=np.uint8).reshape(-1, array.dtype.itemsize).T
    return PACKED + _deflate(planes.tobytes())


def to_policy(scripts: Iterable[str]) -> str:
    """Return the ``script-src`` of a policy that lets these scripts run and no other.

    Parameters
    ----------
    scripts : iterable of str
        The texts between ``<script>`` and ``</script>``, to the character.

    Returns
    -------
    str
        ``script-src`` and the sha256 of each.
    """
    digests = (hashlib.sha256(each.encode()).digest() for each in scripts)
    sources = (f"'sha256-{base64.b64encode(each).decode('ascii')}'" for each in digests)
    return " ".join(("script-src", *sources))


def _deflate(raw: bytes) -> str:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = compressor.compress(raw) + compressor.flush()
    return base64.b64encode(packed).decode("ascii")
