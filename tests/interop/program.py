"""Starting the program under test, and reading what it prints."""

import json
import os
import subprocess

PROGRAM = os.environ["AUTHWRIGHT"]


def run(*arguments, environment=None, expect=0):
    """Runs `authwright run … --json --with-secrets` and returns the object it prints."""
    done = subprocess.run(
        [PROGRAM, "run", *arguments, "--json", "--with-secrets"],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def tenant():
    """What the lab tenant is stocked with."""
    return json.loads(subprocess.check_output([PROGRAM, "tenant", "show", "--json"], text=True))


class Server:
    """A process that prints one line of JSON when it is ready and serves until it is ended."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line, f"{command[0]} ended before it was ready"
        self.ready = json.loads(line)

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdout.close()
