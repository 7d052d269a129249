"""The demo company: a mid-size insurer with a few AI systems, made by the same services as real data."""
