"""Writes 16 MiB, more than any pipe holds, and ends."""

import sys

for number in range(256 * 1024):
    sys.stdout.write(f"line {number:58}\n")
