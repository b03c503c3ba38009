"""The Optuna study behind a search: the only module that knows Optuna.

A study is the same whether or not it was interrupted: every proposal is drawn by a sampler of its
own, from the sets of earlier batches, with a seed of the search's seed and the proposal's number.
"""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kanalo.errors import ParameterError, StrategyError, WorkspaceError, unknown_name
from kanalo.sweep import Span, find_sign
from kanalo.sweep.grid import Axis

SAMPLERS = ("tpe", "cmaes")
"""Tree-structured Parzen estimator, and covariance matrix adaptation."""

STUDY = "study.db"

_STATISTICS, _FAILURE, _RUN, _ASKED = "statistics", "failure", "run", "asked"


@dataclass(frozen=True)
class Proposal:
    """A set that the sampler proposes.

    Attributes
    ----------
    number : int
        Its place in the study.
    values : tuple
        Of the parameters, in the order of the space.
    """

    number: int
    values: tuple[Any, ...]


class Study:
    """Asks for sets and is told what they came to.

    Parameters
    ----------
    axes : mapping of str to tuple or Span
        The space.
    by : tuple of str
        Statistics to search for.
    sampler : str
        One of `SAMPLERS`.
    seed : int
        Of all proposals.
    path : Path, optional
        SQLite file; in memory by default.
    """

    def __init__(
        self,
        axes: Mapping[str, Axis],
        by: Sequence[str],
        sampler: str,
        seed: int,
        path: Path | None = None,
    ) -> None:
        check_search(axes, by, sampler)
        self._optuna = _import_optuna()
        self._axes, self._by, self._sampler, self._seed = dict(axes), tuple(by), sampler, seed
        distributions = self._optuna.distributions
        self._distributions = {
            name: _to_distribution(distributions, axis) for name, axis in axes.items()
        }
        directions = ["maximize" if find_sign(key) > 0 else "minimize" for key in by]
        with _few_words(), _readable(path):
            self._storage = _open_storage(self._optuna, path)
            self._study = self._optuna.create_study(
                storage=self._storage,
                study_name="kanalo",
                directions=directions,
                load_if_exists=True,
            )

    def resume(self, asked: Mapping[str, Any], path: Path | None) -> None:
        """Note what is asked, or refuse a study that was asked something else.

        Parameters
        ----------
        asked : mapping
            Plain values.
        path : Path or None
            Of the study, for the message.

        Raises
        ------
        WorkspaceError
            Naming what differs.
        """
        now = json.loads(json.dumps(asked))
        then = self._study.user_attrs.get(_ASKED)
        if then is None:
            self._study.set_user_attr(_ASKED, now)
            return
        differing = [key for key in {**now, **then} if now.get(key) != then.get(key)]
        if differing:
            raise WorkspaceError(
                f"{path} holds another search, which differs in {', '.join(differing)}; name "
                "another folder with -o. Nothing was changed."
            )

    @property
    def n_told(self) -> int:
        """Sets that were proposed and done with."""
        return sum(each.state.is_finished() for each in self._trials())

    def ask(self, batch: int, trials: int) -> list[Proposal]:
        """Propose the sets of a batch that are not done yet.

        Parameters
        ----------
        batch : int
            Sets in a batch.
        trials : int
            Sets in all.

        Returns
        -------
        list of Proposal
            Of one batch; empty if all are done.

        Raises
        ------
        WorkspaceError
            If the study ended within a batch, and more sets are asked for.
        """
        numbers = [each.number for each in self._trials() if not each.state.is_finished()]
        start = min(numbers, default=len(self._trials()))
        stop = min(trials, (start // batch + 1) * batch)
        self._check_batch(batch, stop)
        with _few_words():
            for number in range(len(self._trials()), stop):
                self._study.sampler = self._make_sampler(number)
                self._study.ask(self._distributions)
        return list(self._list_pending())

    def _check_batch(self, batch: int, stop: int) -> None:
        """Refuse to add to a batch of which sets were told: it would not be the same batch."""
        trials = self._trials()
        begun = trials[len(trials) // batch * batch :]
        if len(trials) < stop and any(each.state.is_finished() for each in begun):
            raise WorkspaceError(
                f"The search ended with {len(trials):,} sets, within a batch of {batch}, and "
                "cannot go on as a longer one would have gone. Name another folder with -o."
            )

    def _list_pending(self) -> Iterator[Proposal]:
        for each in self._trials():
            if each.state.is_finished():
                continue
            if len(each.params) < len(self._axes):  # killed while it was proposed
                self.tell(each.number, None)
                continue
            yield Proposal(each.number, self._to_values(each.params))

    def tell(self, number: int, statistics: Mapping[str, float] | None, failure: str = "") -> None:
        """Say what a proposal came to.

        Parameters
        ----------
        number : int
            Of the proposal.
        statistics : mapping of str to float, or None
            Figures of the set; None if it was refused and never run.
        failure : str
            Why the rule could not decide.
        """
        trial_id = self._trials()[number]._trial_id
        figures = {} if statistics is None else dict(statistics)
        if statistics is not None:
            texts = {key: None if np.isnan(value) else value for key, value in figures.items()}
            note = {_STATISTICS: texts, _FAILURE: failure}
            self._storage.set_trial_user_attr(trial_id, _RUN, note)
        values = [figures.get(key, np.nan) for key in self._by]
        with _few_words():
            if np.isfinite(values).all():
                self._study.tell(number, values)
            else:
                self._study.tell(number, state=self._optuna.trial.TrialState.FAIL)

    def list_done(self) -> Iterator[tuple[Proposal, dict[str, float], str]]:
        """Yield every set that was run, its statistics and why its rule failed."""
        for each in self._trials():
            note = each.user_attrs.get(_RUN)
            if note is not None:
                texts = note[_STATISTICS]
                figures = {key: np.nan if v is None else float(v) for key, v in texts.items()}
                proposal = Proposal(each.number, self._to_values(each.params))
                yield proposal, figures, note[_FAILURE]

    def find_importance(self) -> dict[str, dict[str, float]]:
        """Return the share of each parameter by objective; none where too few sets tell."""
        complete = [each for each in self._trials() if each.values is not None]
        if len(complete) < 2 or len(self._axes) < 2:
            return {}
        measure = self._optuna.importance
        shares: dict[str, dict[str, float]] = {}
        for i, key in enumerate(self._by):
            sign = find_sign(key)
            if len({each.values[i] for each in complete}) < 2:
                continue
            with _few_words(), contextlib.suppress(ValueError, RuntimeError):
                found = measure.get_param_importances(
                    self._study,
                    evaluator=measure.PedAnovaImportanceEvaluator(),
                    target=lambda trial, i=i, sign=sign: -sign * trial.values[i],
                )
                shares[key] = {name: float(found[name]) for name in sorted(found)}
        return shares

    def close(self) -> None:
        """Let go of the file."""
        engine = getattr(self._storage, "engine", None)
        if engine is not None:
            self._storage.remove_session()
            engine.dispose()

    def _trials(self) -> list[Any]:
        return list(self._study.get_trials(deepcopy=False))

    def _to_values(self, params: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(
            params[name] if isinstance(axis, Span) else axis[params[name]]
            for name, axis in self._axes.items()
        )

    def _make_sampler(self, number: int) -> Any:
        """Make the sampler of one proposal."""
        sequence = np.random.SeedSequence(self._seed, spawn_key=(number,))
        seed = int(sequence.generate_state(1)[0])
        samplers = self._optuna.samplers
        if self._sampler == "cmaes":
            return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        return samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)


def check_search(axes: Mapping[str, Axis], by: Sequence[str], sampler: str) -> None:
    """Refuse a search that cannot be done.

    Parameters
    ----------
    axes : mapping of str to tuple or Span
        The space.
    by : sequence of str
        Objectives.
    sampler : str
        Name of the sampler.

    Raises
    ------
    UnknownNameError
        If there is no such statistic or sampler.
    ParameterError
        If an objective is named twice or has no better direction, or the sampler cannot do it.
    """
    if sampler not in SAMPLERS:
        raise unknown_name("sampler", sampler, SAMPLERS)
    if not by or len(set(by)) < len(by):
        raise ParameterError(
            f"A search needs objectives, each once; received {', '.join(by) or 'none'}."
        )
    for key in by:
        find_sign(key)
    if sampler == "cmaes" and len(by) > 1:
        raise ParameterError(
            f"The sampler cmaes takes one objective; received {len(by)}: use tpe for several."
        )
    if sampler == "cmaes" and len(axes) < 2:
        raise ParameterError("The sampler cmaes needs at least two parameters; use tpe for one.")


def _to_distribution(distributions: Any, axis: Axis) -> Any:
    """Search a span as numbers, and listed values in order by their place."""
    if isinstance(axis, Span):
        return distributions.FloatDistribution(axis.low, axis.high)
    if any(isinstance(value, (bool, str)) for value in axis):
        return distributions.CategoricalDistribution(list(range(len(axis))))
    return distributions.IntDistribution(0, len(axis) - 1)


def _open_storage(optuna: Any, path: Path | None) -> Any:
    if path is None:
        return optuna.storages.InMemoryStorage()
    path.parent.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{path.absolute()}")
    from sqlalchemy import event

    event.listen(storage.engine, "connect", _write_faster)
    storage.remove_session()
    storage.engine.dispose()  # connections from before
    return storage


def _write_faster(connection: Any, _: object) -> None:
    """Do not wait for the disk: a kill loses nothing, and a seed gives the same sets again."""
    connection.execute("PRAGMA synchronous=OFF")


def _import_optuna() -> Any:
    try:
        import cmaes  # noqa: F401 - the sampler cmaes needs it, which says so only when it samples
        import optuna
    except ImportError as error:
        raise StrategyError("A search needs Optuna: pip install 'kanalo[search]'.") from error
    return optuna


@contextlib.contextmanager
def _readable(path: Path | None) -> Iterator[None]:
    """Say of a study that is none, or cannot be written, which file it is."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, OSError, RuntimeError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise WorkspaceError(
            f"{path} cannot be used as the study of a search: {reason}."
        ) from error


@contextlib.contextmanager
def _few_words() -> Iterator[None]:
    """Keep Optuna from telling of every set, and of parts that it calls experimental."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
