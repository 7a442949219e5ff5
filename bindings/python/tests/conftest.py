"""What several tests need."""

import subprocess
import sys

import pytest


@pytest.fixture
def openloop(tmp_path):
    """Runs `python -m openloop` in a folder of its own, and gives what it printed; it must succeed."""

    def run(*arguments, code=0):
        command = [sys.executable, "-m", "openloop", *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run
