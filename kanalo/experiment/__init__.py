"""A spec, its runs, their verdicts, and how a recorded run is done again."""
