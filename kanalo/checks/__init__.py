"""Is it leaking? `check_strategy` for a rule's author, the look-ahead certificate for everyone.

Both decide on histories that are cut short and compare: what was known at a bar may not depend on
what came later.
"""

from kanalo.checks.certificate import Certificate, Offence
from kanalo.checks.certify import certify, certify_all, certify_signal
from kanalo.checks.detectors import DetectorCertificate, certify_detector
from kanalo.checks.differences import TOLERANCE
from kanalo.checks.functions import certify_function
from kanalo.checks.strategy import StrategyCheck, check_strategy

__all__ = [
    "TOLERANCE",
    "Certificate",
    "DetectorCertificate",
    "Offence",
    "StrategyCheck",
    "certify",
    "certify_all",
    "certify_detector",
    "certify_function",
    "certify_signal",
    "check_strategy",
]
