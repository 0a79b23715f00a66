"""The lab tenant against MSAL Node: starts the `.mjs` files that hold the tests, under Node's own test runner."""

import json
import os
import pathlib
import subprocess
import unittest

from program import Lab, lab, tenant

MODULES = pathlib.Path(os.environ["NODE_TESTS"])


class MsalNode(unittest.TestCase):
    def passes(self, file, at_least, environment=None, running=None):
        running = running or lab()
        described = {
            "authority": running.authority,
            "https": running.https,
            "host": running.host,
            "tenant": running.tenant,
            "key": running.key,
            "certificate": running.certificate,
            "thumbprint": running.thumbprint,
            "control": running.ready["control"],
            "controlToken": running.ready["control_token"],
            "stock": tenant(),
        }
        done = subprocess.run(
            ["node", "--test", "--test-reporter=tap", str(MODULES / file)],
            env={**os.environ, **running.trust(), **(environment or {}), "LAB": json.dumps(described)},
            capture_output=True, text=True, timeout=240, check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout[-20000:] + done.stderr[-4000:])
        # A runner that finds nothing is content, too.
        passed = next(int(line.split()[-1]) for line in done.stdout.splitlines() if line.startswith("# pass "))
        self.assertGreaterEqual(passed, at_least, done.stdout)

    def test_every_flow_and_its_errors(self):
        self.passes("msal_node.mjs", 35)

    def test_the_identity_of_each_kind_of_machine(self):
        for host, source in [("app_service", "AppService"), ("virtual_machine", "DefaultToImds")]:
            with self.subTest(host):
                names = lab().ready["managed_identity"][host]
                self.passes("msal_node_machine.mjs", 5, {**names, "SOURCE": source})

    def test_a_tenant_in_trouble(self):
        running = Lab()
        self.addCleanup(running.close)
        self.passes("msal_node_trouble.mjs", 5, running=running)


if __name__ == "__main__":
    unittest.main()
