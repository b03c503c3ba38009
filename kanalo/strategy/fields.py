"""How a field of `Decisions` is declared, once; everything that handles decisions reads it here.

A field says what kind it is, its dtype, its value where none is given, what values it takes, and
whether it is a price. Selecting, shifting, flipping, comparing and handing decisions to the kernels
follow from that, so that a new field is declared in `kanalo.strategy.decisions` and nowhere else.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.typing import BoolArray

_KEY = "kanalo decision field"
Test = Callable[[Any], BoolArray]
"""Takes the values of a field and tells which are wrong."""


class Kind(Enum):
    """What the values of a field stand for."""

    ENTRY = "one value for each entry"
    EXIT = "bars at whose close a position is to be left"
    LINE = "one price for each bar, or None"


@dataclasses.dataclass(frozen=True)
class DecisionField:
    """The declaration of one field.

    Attributes
    ----------
    name : str
        Name of the attribute of `Decisions`.
    kind : Kind
        What its values stand for.
    dtype : type or None
        numpy type of the values; None for text.
    default : object
        Value of an entry where none is given.
    is_price : bool
        Whether the values are prices, which scale with the close and mirror around it.
    opposite : str
        The field of the other side, for decisions with buying and selling exchanged; its own name
        where both sides share the field.
    is_wrong : callable or None
        Tells which values are wrong.
    accepted : str
        What is accepted, in words.
    is_extra : bool
        Whether most rules leave the field out; what is left out costs no memory.
    """

    name: str
    kind: Kind
    dtype: type[np.generic] | None
    default: Any = None
    is_price: bool = False
    opposite: str = ""
    is_wrong: Test | None = None
    accepted: str = ""
    is_extra: bool = False

    def fill(self, n: int) -> Any:
        """Return ``n`` default values, in the form in which decisions hold them."""
        if self.dtype is None:
            return (self.default,) * n
        if self.is_extra:
            return _constant(self.dtype, self.default, n)
        return np.full(n, self.default, dtype=self.dtype)

    def fill_with(self, value: Any, n: int) -> Any:
        """Return one value of the field's own type many times, in that form.

        Parameters
        ----------
        value : float, int or str
            The value.
        n : int
            How many times.

        Returns
        -------
        array or tuple of length n
            As decisions hold it.
        """
        if self.dtype is None:
            return (value,) * n
        values = np.empty(n, dtype=self.dtype)
        values.fill(value)
        return values

    def is_default(self, values: Any) -> bool:
        """Tell whether all values are those of an entry that says nothing about the field."""
        if isinstance(self.default, float) and np.isnan(self.default):
            return bool(np.isnan(values).all())
        return bool((np.asarray(values) == self.default).all())

    def take(self, values: Any, chosen: npt.NDArray[Any]) -> Any:
        """Return the values of some entries.

        Parameters
        ----------
        values : array or tuple of shape (n,)
            Of all entries.
        chosen : bool array of shape (n,), or int64 array of shape (n_chosen,)
            Which entries to take, as a mask or by index.

        Returns
        -------
        array
            The chosen values, in the order of the positions.
        """
        if self.dtype is not None:
            return values[chosen]
        return tuple(np.asarray(values, dtype=object)[chosen].tolist())


@functools.cache
def _constants(dtype: type[np.generic], default: Any, size: int) -> npt.NDArray[Any]:
    values = np.full(size, default, dtype=dtype)
    values.flags.writeable = False
    return values


def _constant(dtype: type[np.generic], default: Any, n: int) -> npt.NDArray[Any]:
    """Return a read-only array of one value, a part of one that all decisions share."""
    key: Any = dtype  # types are hashable, whatever the checker thinks of numpy's
    return _constants(key, default, max(1_024, 1 << (n - 1).bit_length()))[:n]


def per_entry(
    dtype: type[np.generic] | None,
    *,
    default: Any = dataclasses.MISSING,
    is_price: bool = False,
    is_wrong: Test | None = None,
    accepted: str = "",
    is_extra: bool = False,
) -> Any:
    """Declare a field with one value for each entry.

    Parameters
    ----------
    dtype : type or None
        numpy type of the values; None for text.
    default : object, optional
        Value of an entry where none is given; without it the field must be given.
    is_price, is_wrong, accepted, is_extra
        See `DecisionField`.

    Returns
    -------
    dataclasses.Field
        With the declaration as its metadata.
    """
    about = {
        "kind": Kind.ENTRY,
        "dtype": dtype,
        "is_price": is_price,
        "is_wrong": is_wrong,
        "accepted": accepted,
        "is_extra": is_extra,
    }
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata={_KEY: about})
    return dataclasses.field(default=None, metadata={_KEY: {**about, "default": default}})


def exit_bars(*, opposite: str) -> Any:
    """Declare a field of bars at whose close one side is left; none by default."""
    about = {"kind": Kind.EXIT, "dtype": np.int64, "opposite": opposite}
    return dataclasses.field(default=None, metadata={_KEY: about})


def price_line(*, opposite: str) -> Any:
    """Declare a field with one price for each bar, for one side; None by default."""
    about = {"kind": Kind.LINE, "dtype": np.float64, "is_price": True, "opposite": opposite}
    return dataclasses.field(default=None, metadata={_KEY: about})


def list_fields(cls: type, kind: Kind) -> tuple[DecisionField, ...]:
    """Return the declared fields of one kind.

    Parameters
    ----------
    cls : type
        A dataclass.
    kind : Kind
        The kind to list.

    Returns
    -------
    tuple of DecisionField
        In the order of their declaration.
    """
    declared = (
        DecisionField(**{"name": each.name, "opposite": each.name, **each.metadata[_KEY]})
        for each in dataclasses.fields(cls)
        if _KEY in each.metadata
    )
    return tuple(each for each in declared if each.kind is kind)


# -- what values are wrong -------------------------------------------------------------------------


def is_no_price(values: Any) -> BoolArray:
    """Tell which values are neither a positive finite price nor NaN."""
    return np.asarray(~np.isnan(values) & ~((values > 0) & np.isfinite(values)))


def is_no_fraction(values: Any) -> BoolArray:
    """Tell which values are neither in (0, 1) nor NaN."""
    return np.asarray(~np.isnan(values) & ~((values > 0) & (values < 1)))


def is_not_positive(values: Any) -> BoolArray:
    """Tell which values are not positive and finite."""
    return np.asarray(~((values > 0) & np.isfinite(values)))


def is_no_side(values: Any) -> BoolArray:
    """Tell which values are neither +1 nor -1."""
    return np.asarray(np.abs(values) != 1)


def is_negative(values: Any) -> BoolArray:
    """Tell which values are below 0."""
    return np.asarray(values < 0)


def is_no_part(values: Any) -> BoolArray:
    """Tell which values are not in (0, 1)."""
    return np.asarray(~((values > 0) & (values < 1)))


def is_no_order(values: Any) -> BoolArray:
    """Tell which values are no number of an `OrderType`: 0, 1 or 2."""
    return np.asarray((values < 0) | (values > 2))
