"""A webhook receiver: writes each request as a line of JSON to a file, and answers what another file says."""
import http.server
import json
import signal
import ssl
import sys

# The threads of tests let no signals through, and what they start inherits that.
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
log, answer, port_file = sys.argv[1:4]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status = int(open(answer).read())
        names = ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type"]
        line = {name: self.headers.get(name, "") for name in names}
        line.update(body=body, status=str(status), path=self.path)
        with open(log, "a") as file:
            file.write(json.dumps(line) + "\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_port))
import os
os.rename(port_file + ".new", port_file)
server.serve_forever()
