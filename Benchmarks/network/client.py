"""Clients for network.sh.

client.py out HOST SECONDS            receives a file again and again on one connection; prints Mbit/s
client.py in HOST SECONDS             sends contents of 1 MiB on one connection; prints Mbit/s
client.py hold HOST COUNT PROCESS     opens connections, asks once on each, prints the resident memory of PROCESS in kB,
                                      asks again on each, and prints how many answered both times
"""

import selectors
import socket
import sys
import time

MEBIBYTE = 1 << 20


def connect(host):
    connection = socket.create_connection((host, 80), timeout=10)
    return connection


def receive_file(host, seconds):
    connection = connect(host)
    request = b"GET /file HTTP/1.1\r\nHost: bench\r\n\r\n"
    buffer = memoryview(bytearray(MEBIBYTE))
    connection.sendall(request * 4)
    start, received, due = time.monotonic(), 0, MEBIBYTE
    while time.monotonic() - start < seconds:
        count = connection.recv_into(buffer)
        if not count:
            sys.exit("the connection ended")
        received += count
        # The file has 1 MiB; four requests are always under way.
        while received >= due:
            connection.sendall(request)
            due += MEBIBYTE
    return received / (time.monotonic() - start)


def send_contents(host, seconds):
    content = memoryview(bytes(MEBIBYTE))
    head = b"POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n\r\n" % MEBIBYTE
    connection = connect(host)
    start, sent = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        connection.sendall(head)
        connection.sendall(content)
        sent += MEBIBYTE
        if b"405" not in connection.recv(65536):
            sys.exit("an unexpected answer")
    return sent / (time.monotonic() - start)


def ask(connections, deadline):
    """Asks on every connection at once, and returns those that were answered."""
    selector = selectors.DefaultSelector()
    for connection in connections:
        connection.send(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
        selector.register(connection, selectors.EVENT_READ)
    waiting, answered = len(connections), []
    end = time.monotonic() + deadline
    while waiting and time.monotonic() < end:
        for key, _ in selector.select(1):
            try:
                if b"200 OK" in key.fileobj.recv(65536):
                    answered.append(key.fileobj)
            except OSError:
                pass
            selector.unregister(key.fileobj)
            waiting -= 1
    return answered


def resident(process):
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def hold(host, count, process):
    connections = []
    for _ in range(count):
        try:
            connections.append(connect(host))
        except OSError:
            break
    answered = ask(connections, 60)
    memory = resident(process)
    time.sleep(2)
    print(memory, len(ask(answered, 60)))


kind, host, number = sys.argv[1:4]
if kind == "hold":
    hold(host, int(number), sys.argv[4])
else:
    transfer = receive_file if kind == "out" else send_contents
    print(round(transfer(host, float(number)) * 8 / 1e6))
