"""Importing records: `uploads` takes files in, `mapping` reads columns, `preview` says what would change,
`applying` carries it out, `undo` takes it back."""
