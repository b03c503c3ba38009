"""A dask cluster: addresses, versions, and a sweep that loses a worker."""

import hashlib
import os
import signal
import socket
import subprocess
import sys

import pytest

from kanalo.cluster import open_pool, remote
from kanalo.errors import ClusterError, ParameterError
from kanalo.market.synthetic import random_walk_market
from kanalo.sweep import run_sweep

FILES = ("sweep.parquet", "daily_returns.npy", "days.npy", "sweep.json")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("far:8786", "must be tls://host:port; received 'far:8786'"),
        ("http://far:8786", "must be tls://host:port"),
        ("tls://far:99999", "must be tls://host:port"),
        ("tls://far", "must be tls://host:port"),
        ("tcp://far:8786", "is not encrypted, and whoever reaches its scheduler runs code"),
    ],
)
def test_a_wrong_address_is_refused(address, message):
    with pytest.raises(ParameterError, match=message), open_pool(cluster=address):
        pass


def test_a_trusted_plain_address_is_accepted():
    remote.check_address("tcp://127.0.0.1:8786", trust=True)
    remote.check_address("tls://[::1]:8786", trust=False)


@pytest.mark.slow
@pytest.mark.parametrize("listens", [False, True])
def test_an_address_that_does_not_answer_is_one_line_and_nothing_follows(listens):
    """Whether it is refused, or taken by something that never says a word; also at the end."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if listens:
            taken.listen()
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        code = (
            "from kanalo.cluster import open_pool, remote\n"
            "remote.SECONDS = 1\n"
            f"open_pool(cluster={address!r}, trust=True).__enter__()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
        )
    *_, last = done.stderr.splitlines()
    assert last == f"kanalo.errors.ClusterError: No scheduler answers at {address} within 1 s."
    assert done.stderr.count("Exception ignored") == 0


def test_a_worker_without_kanalo_and_one_of_other_versions_are_named():
    class Client:
        def __init__(self, answer):
            self.answer = answer

        def run(self, function, on_error):
            return {"tls://one:1": self.answer}

    with pytest.raises(ClusterError, match="The worker tls://one:1 cannot run kanalo: "):
        remote._check_workers(Client(ModuleNotFoundError("No module named 'kanalo'")))
    with pytest.raises(ClusterError, match="The worker tls://one:1 runs numpy 0 instead of"):
        remote._check_workers(Client({**remote.find_versions(), "numpy": "0"}))


def digest(folder):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_sweep_that_loses_a_worker_in_the_middle_leaves_the_same_files(tmp_path):
    from distributed import LocalCluster

    market = random_walk_market(3_000, 4)
    grid = {"entry": range(5, 25, 5), "leave": range(2, 22)}
    run_sweep("donchian_breakout", market, grid, folder=tmp_path / "here")
    killed = []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        open_pool(cluster=cluster.scheduler_address, trust=True) as pool,
    ):

        def kill(label, done, total):
            if not killed and 0 < done < total:
                pids = pool._client.run(os.getpid)
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL)

        run_sweep(
            "donchian_breakout", market, grid, folder=tmp_path / "there", progress=kill, pool=pool
        )
    assert killed
    assert digest(tmp_path / "there") == digest(tmp_path / "here")
