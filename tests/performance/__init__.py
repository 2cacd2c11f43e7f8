"""Guards of what benchmarks/ measures: they count work, which is the same on every machine, busy or not."""
