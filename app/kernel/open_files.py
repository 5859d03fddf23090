"""The limit of open files and sockets of this process: most systems set it low, but let us raise it."""

import logging
import resource

logger = logging.getLogger(__name__)


def allow_open_files(wanted: int, *, needed_by: str, instead: str) -> None:
    """Raise the limit of this process to `wanted`, as far as the system allows; log if that is not enough.

    :param needed_by: what may need so many, as in "QUAESTOR_CONNECTIONS_MAX needs".
    :param instead: what to do instead of raising the limit, or what happens without it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        logger.warning(
            "the system allows this process %d open files, and %s %d: raise the limit (`ulimit -n`)%s",
            allowed,
            needed_by,
            wanted,
            instead,
        )
