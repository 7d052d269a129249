"""The demo company: a mid-size insurer with twelve AI systems, made by the same services as real data.

`stories/` says who does what on which day, `records/` and `assessments/` hold what they write, and `telling`
carries it out at those moments, so that months of history are there on the first day.
"""
