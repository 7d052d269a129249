"""All measurements, as one JSON document on standard output: `make bench`."""

import json

from bench import pages, validate

print(json.dumps({"validate": validate.measure(), "pages": pages.main()}, indent=1))
