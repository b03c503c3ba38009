"""The statistics of one run as sums over sets of decisions: what a sweep needs."""
