"""Venues on this machine: archives, REST and streams as they are documented, and their faults.

``python -m tests.venues --port 0`` prints the address; ``KANALO_SOURCES_MIRROR=ADDRESS`` lets
every source of kanalo ask there. What is traded is made up from a seed; nothing comes from outside.
"""
