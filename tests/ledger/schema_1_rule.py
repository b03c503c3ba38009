"""A rule whose trials stand in schema_1.sqlite, under the sha256 of this file's bytes."""

STOP_ATR = 3  # its code is all that the new digest looks at
