"""Networks of real nodes under faults: what tools/network-faults is made of."""
