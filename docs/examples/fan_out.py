"""Share one piece of work among twenty instances, and put the results together.

    python fan_out.py --instances 20

It counts the primes below a million: each instance looks at a stretch of its own.
"""

import argparse
import asyncio

from asgwarm import AsyncPool

BELOW = 1_000_000
COUNT = """
import sys
first, last = map(int, sys.argv[1:])
odd = (n for n in range(first | 1, last, 2) if n > 2)
primes = sum(all(n % d for d in range(3, int(n**0.5) + 1, 2)) for n in odd)
print(primes + (first <= 2 < last))
"""


async def count(pool: AsyncPool, first: int, last: int) -> int:
    """How many primes there are from *first* to just below *last*."""
    async with pool.get(wait="5m") as instance:
        done = await instance.run(["python3", "-c", COUNT, str(first), str(last)])
    return int(done.stdout)


async def count_all(instances: int) -> int:
    """Count on all instances at once."""
    pool = AsyncPool()
    step = -(-BELOW // instances)
    stretches = [(at, min(at + step, BELOW)) for at in range(0, BELOW, step)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(count(pool, *stretch)) for stretch in stretches]
    return sum(task.result() for task in tasks)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--instances", type=int, default=20)
    print(asyncio.run(count_all(options.parse_args().instances)))
