"""Processes that run functions of this program: the pool, what runs in a worker, and the process that forks workers."""

from .worker_pool import WorkerEnded, WorkerPool

__all__ = ["WorkerEnded", "WorkerPool"]
