"""Worked vectors for SPEC.md: keys from fixed seeds, a small network, logs and evidence."""
