"""Work shared by several processes, this one among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")


def in_processes(tasks: Sequence[Callable[[], Result]], jobs: int) -> Iterator[Result]:
    """Do tasks in several processes, and give their results as they come.

    While the others start and import what they need, which takes longer than a task, this process works
    already. Give the longest tasks first: then no process is left with a long one at the end. The processes
    are fresh ones, for a forked one would hang in OpenCV's pool of threads.

    Args:
        tasks: functions without arguments; what they hold and give is pickled.
        jobs: how many processes, >= 1.

    Raises:
        Exception: what a task raises; those that have not begun are given up.
    """
    waiting, others = deque(tasks), min(jobs, len(tasks)) - 1
    if others < 1:
        yield from (task() for task in tasks)
        return
    from loky import ProcessPoolExecutor

    given: SimpleQueue[Future[Result]] = SimpleQueue()

    def give_next(_: Future[Result] | None = None) -> None:
        with suppress(IndexError):
            future = pool.submit(waiting.popleft())
            given.put(future)
            future.add_done_callback(give_next)

    pool, done = ProcessPoolExecutor(others), 0
    try:
        for _ in range(others):
            give_next()
        while waiting:
            try:
                task = waiting.popleft()
            except IndexError:  # another process took the last one in the meantime
                break
            yield task()
            done += 1
        for _ in range(len(tasks) - done):
            yield given.get().result()
        pool.shutdown()
    except BaseException:
        waiting.clear()
        pool.shutdown(wait=False, kill_workers=True)
        raise
