"""Health check of a container: does this address answer with 200? `answers.py URL`."""

import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1], timeout=8) as answer:  # noqa: S310 (the compose file's own)
    sys.exit(answer.status != 200)
