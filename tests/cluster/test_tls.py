"""A sweep over ``--cluster tls://``: a real scheduler and worker with certificates of their own."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

FILES = ("sweep.parquet", "daily_returns.npy", "days.npy", "sweep.json")
SECONDS = 120


def write_certificate(folder):
    """Write a certificate that is its own authority, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    if shutil.which("openssl"):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        command += ["-keyout", str(key), "-out", str(cert)]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    else:
        write_certificate_in_python(cert, key)
    return cert, key


def write_certificate_in_python(cert, key):
    """Do what ``openssl req -x509`` does."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    encoding, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    form = serialization.PrivateFormat.TraditionalOpenSSL
    cert.write_bytes(made.public_bytes(encoding))
    key.write_bytes(private.private_bytes(encoding, form, no_password))


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler and a worker that speak TLS alone; yield address and certificate."""
    pytest.importorskip("distributed")
    cert, key = write_certificate(tmp_path)
    secured = ["--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key]
    found = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    common = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    listen = ["--protocol", "tls", "--host", "127.0.0.1", "--port", "0"]
    started = []
    try:
        command = [*dask, "scheduler", *listen, "--no-dashboard", "--scheduler-file", found]
        started.append(subprocess.Popen([*command, *secured], **common))
        address = wait_for_address(found, started[0])
        command = [*dask, "worker", "--scheduler-file", found, "--nthreads", "1", "--no-dashboard"]
        started.append(subprocess.Popen([*command, *secured], **common))
        wait_for_worker(address, cert, key)
        yield address, cert, key
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=SECONDS)


def wait_for_address(path, process):
    """Return the address that the scheduler writes once it listens."""
    deadline = time.monotonic() + SECONDS
    while True:
        assert process.poll() is None, "the scheduler ended"
        assert time.monotonic() < deadline, "the scheduler wrote no file"
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):  # not written whole yet
            return json.loads(path.read_text())["address"]
        time.sleep(0.1)


def wait_for_worker(address, cert, key):
    distributed = pytest.importorskip("distributed")
    files = {"tls_ca_file": cert, "tls_client_cert": cert, "tls_client_key": key}
    security = distributed.Security(**{name: str(file) for name, file in files.items()})
    with distributed.Client(address, security=security, timeout=SECONDS) as client:
        client.wait_for_workers(1, timeout=SECONDS)


def sweep(folder, *options, **environment):
    """Run ``kanalo sweep`` as a user does."""
    grid = ["--grid", "fast=10,20", "--grid", "slow=50:90:10", "--market", "xmr_1d"]
    return subprocess.run(
        [sys.executable, "-m", "kanalo", "-q", "sweep", "sma_cross", *grid, "-o", folder, *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def digest(folder):
    return {each: hashlib.sha256((Path(folder) / each).read_bytes()).hexdigest() for each in FILES}


@pytest.mark.slow
def test_a_sweep_over_tls_writes_the_same_files_and_needs_its_certificates(cluster, tmp_path):
    address, cert, key = cluster
    assert address.startswith("tls://")
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    certificates = {
        f"{tls}CA_FILE": str(cert),
        f"{tls}CLIENT__CERT": str(cert),
        f"{tls}CLIENT__KEY": str(key),
    }
    there = sweep(tmp_path / "there", "--cluster", address, **certificates)
    assert there.returncode == 0, there.stderr
    here = sweep(tmp_path / "here")
    assert here.returncode == 0, here.stderr
    assert digest(tmp_path / "there") == digest(tmp_path / "here")
    check_that_certificates_are_needed(address, tmp_path, **certificates)


def check_that_certificates_are_needed(address, tmp_path, **certificates):
    """Ask without certificates, and with a file that is none: one line each, and no folder."""
    stranger = sweep(tmp_path / "stranger", "--cluster", address)
    assert stranger.returncode == 1
    assert len(stranger.stderr.splitlines()) == 1
    assert "no certificates are configured. They are set in dask's configuration" in stranger.stderr
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    certificates = dict.fromkeys(certificates, str(broken))
    unread = sweep(tmp_path / "stranger", "--cluster", address, **certificates)
    assert unread.returncode == 1
    assert len(unread.stderr.splitlines()) == 1
    assert "the certificates cannot be read" in unread.stderr
    assert not (tmp_path / "stranger").exists()
