"""A program that records calls until it is killed: "<name>/<number>" for each.

Prints the number of each call that it knows to be in the spool.
"""

import itertools
import sys

from stats.client import UsageClient


def main(url: str, key: str, spool: str, name: str) -> None:
    client = UsageClient(url, key, spool, linger=0.01, longest_wait=0.05)
    for number in itertools.count():
        client.record(7, None, f"{name}/{number:06}", None, 1)
        if number % 20 == 0:
            client.flush(0)
            print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
