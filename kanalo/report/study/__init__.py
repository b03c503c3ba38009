"""Reports of event studies and of calibrated measured moves."""
