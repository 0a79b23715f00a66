"""The lab's certificates against OpenSSL and Node: whom they vouch for, under the strictest checks, and whom they cannot."""

import datetime
import ipaddress
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from program import lab

NAMES = ["localhost", "127.0.0.1", "::1", "login.microsoftonline.com"]


class Trust(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab()
        cls.port = int(cls.lab.https.rsplit(":", 1)[1])
        cls.strict = ssl.create_default_context(cafile=cls.lab.ca)
        cls.strict.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does unasked

    def shake_hands(self, name, port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            with self.strict.wrap_socket(plain, server_hostname=name) as encrypted:
                return encrypted.version()

    def test_openssl_takes_each_name_of_the_lab_and_no_other(self):
        for name in NAMES:
            self.assertEqual(self.shake_hands(name, self.port), "TLSv1.3", name)
        for name in ["evil.example", "127.0.0.2", "graph.microsoft.com"]:
            with self.assertRaises(ssl.SSLCertVerificationError, msg=name):
                self.shake_hands(name, self.port)

    def test_node_takes_it_beside_its_own_roots(self):
        script = """
            const ask = (host) => fetch(`https://${host}:${process.argv[1]}/common/v2.0/.well-known/openid-configuration`);
            const answers = await Promise.all(['localhost', '127.0.0.1', '[::1]'].map(ask));
            if (answers.some((answer) => answer.status !== 200)) throw new Error(answers.map((answer) => answer.status));
        """
        command = ["node", "--input-type=module", "--eval", script, str(self.port)]
        done = subprocess.run(command, env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": self.lab.ca},
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def forged(self, name):
        """A certificate for that name, made with the lab's own key."""
        pem = pathlib.Path(self.lab.ca).with_name("lab-ca-key.pem").read_bytes()
        authority = serialization.load_pem_private_key(pem, None)
        issuer = x509.load_pem_x509_certificate(pathlib.Path(self.lab.ca).read_bytes())
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.timezone.utc)
        try:
            own = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            own = x509.DNSName(name)
        extensions = [
            (x509.SubjectAlternativeName([own]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value), False),
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Forged")]))
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        made = builder.sign(authority, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def served_with(self, pem, name):
        """Shakes hands with a server that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(file.name)

        def answer(listener):
            try:
                context.wrap_socket(listener.accept()[0], server_side=True).close()
            except OSError:
                pass  # the client broke off

        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = threading.Thread(target=answer, args=(listener,), daemon=True)
            server.start()
            try:
                return self.shake_hands(name, listener.getsockname()[1])
            finally:
                server.join(timeout=10)

    def test_a_stolen_key_is_worth_nothing_elsewhere(self):
        self.assertEqual(self.served_with(self.forged("localhost"), "localhost"), "TLSv1.3")
        for name in ["evil.example", "graph.microsoft.com", "10.0.0.1"]:
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, "permitted subtree", msg=name):
                self.served_with(self.forged(name), name)


if __name__ == "__main__":
    unittest.main()
