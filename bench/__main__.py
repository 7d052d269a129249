"""All measurements, as one JSON document on standard output: `make bench`."""

import json

from bench import imports, pages, validate

measured = pages.main(lambda: {"pages": pages.measure(), "imports": imports.measure()})
print(json.dumps({"validate": validate.measure(), **measured}, indent=1))
