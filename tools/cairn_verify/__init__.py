"""An independent reading of SPEC.md: everything needed to verify Cairn evidence offline."""
