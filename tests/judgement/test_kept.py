"""Kept parts of the evidence are those that would be computed, to the last digit."""

from dataclasses import asdict, replace

import pytest

import kanalo
from kanalo.checks.findings import Findings
from kanalo.judgement import kept, parts
from kanalo.judgement.candidates import Candidate, Options
from kanalo.workspace import find_workspace

OPTIONS = Options(n_placebos=20, shifts=(1,), n_moves=1)


@pytest.fixture(scope="module")
def candidate():
    market = find_workspace().load_market("xmr_1d").between("2024-01-01")
    rule = find_workspace().load_strategy("donchian_breakout")()
    result = kanalo.run(rule, market)
    return Candidate("donchian", "xmr_1d", "standard", result, rule, market)


@pytest.mark.parametrize("name", ["find_placebo", "find_intrabar", "find_tornado"])
def test_kept_and_computed_are_equal(candidate, tmp_path, name):
    compute = getattr(parts, name)
    plain = compute(candidate, OPTIONS)
    for n_kept in (0, 1):
        findings = Findings(tmp_path)
        found = getattr(kept, name)(candidate, replace(OPTIONS, findings=findings), compute)
        assert type(found) is type(plain)
        assert repr(asdict(found)) == repr(asdict(plain))
        assert findings.n_kept == n_kept


def test_other_draws_are_computed_anew(candidate, tmp_path):
    findings = Findings(tmp_path)
    for seed in (0, 1):
        options = replace(OPTIONS, findings=findings, seed=seed)
        kept.find_placebo(candidate, options, parts.find_placebo)
    assert findings.n_kept == 0


def test_without_a_folder_nothing_is_kept(candidate):
    assert kept.find_placebo(candidate, OPTIONS, parts.find_placebo).n_draws == 20
