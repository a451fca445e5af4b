"""An emulated region for as long as a program needs it."""

from contextlib import contextmanager

from tests.integration.conftest import _running

running_region = contextmanager(_running)
