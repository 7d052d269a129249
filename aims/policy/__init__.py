"""The policy engine behind one small interface: a document goes in, a verdict comes out."""
