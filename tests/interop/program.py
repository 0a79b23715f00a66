"""Starting the program under test, and reading what it prints."""

import atexit
import functools
import json
import os
import pathlib
import subprocess
import tempfile
from unittest import mock

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


@functools.cache
def tenant():
    """What the lab tenant is stocked with."""
    return json.loads(subprocess.check_output([PROGRAM, "tenant", "show", "--json"], text=True))


def application(key):
    return next(one for one in tenant()["applications"] if one["key"] == key)


def client_id(key):
    return application(key)["client_id"]


def person(key):
    return next(one for one in tenant()["users"] if one["key"] == key)


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


class Lab(Server):
    """`authwright serve` on free ports, with its files and a key pair in a folder of its own. The certificate is
    registered with the applications that prove themselves by one."""

    CERTIFIED = ["price-feed", "catalog-api"]

    def __init__(self, *more):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        subprocess.run(
            [PROGRAM, "certificate", "new", "--name", "Interop", "--out-dir", str(folder)],
            check=True, capture_output=True, timeout=60,
        )
        self.key = (folder / "interop.key.pem").read_text()
        self.certificate = (folder / "interop.cert.pem").read_text()
        self.pem_file = str(folder / "both.pem")
        pathlib.Path(self.pem_file).write_text(self.key + self.certificate)
        certified = [f"--certificate={app}={folder / 'interop.cert.pem'}" for app in self.CERTIFIED]
        super().__init__(
            [PROGRAM, "serve", "--json", "--http-port", "0", "--https-port", "0", "--state-dir", str(folder), *certified,
             *more]
        )
        self.http = self.ready["http"].rstrip("/")
        self.https = self.ready["https"].rstrip("/")
        self.host = self.https.removeprefix("https://")
        self.ca = self.ready["ca"]
        self.thumbprint = self.ready["certificates"][0]["thumbprint"]
        self.tenant = tenant()["tenants"][0]["id"]
        self.authority = f"{self.https}/{self.tenant}"

    def trust(self):
        """The environment in which each client trusts the lab's CA, and goes to it directly."""
        names = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]
        return {**dict.fromkeys(names, self.ca), **direct()}

    def close(self):
        super().close()
        self._folder.cleanup()


def direct():
    """Environment without proxies, whatever the machine has."""
    kinds = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
    return dict.fromkeys([*kinds, *map(str.upper, kinds)], "")


def environment(values):
    """These variables for a while; an empty value stands for none."""
    kept = {name: value for name, value in os.environ.items() if name not in values}
    return mock.patch.dict(os.environ, {**kept, **{name: value for name, value in values.items() if value}}, clear=True)


@functools.cache
def lab():
    """The one that all tests share."""
    shared = Lab()
    atexit.register(shared.close)
    return shared
