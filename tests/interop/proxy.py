"""A proxy that leads the names of the lab to its https port, whatever port is asked for: what a hosts file and a forwarded
port 443 do on a person's machine. It passes bytes on and decrypts nothing."""

import select
import socket
import socketserver
import threading


class Proxy(socketserver.ThreadingTCPServer):
    NAMES = {"localhost", "login.microsoftonline.com"}
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), Connect)
        self.port, self.asked = port, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def environment(self):
        """Clients take this proxy for https and nothing else."""
        address = f"http://127.0.0.1:{self.server_address[1]}"
        return {"HTTPS_PROXY": address, "https_proxy": address}


class Connect(socketserver.StreamRequestHandler):
    def handle(self):
        method, target, _ = self.rfile.readline().decode("ascii").split(" ", 2)
        while self.rfile.readline().strip():
            pass
        self.server.asked.append(target)
        if method != "CONNECT" or target.rsplit(":", 1)[0] not in self.server.NAMES:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.server.port)) as lab:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            ends = {self.connection: lab, lab: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)
