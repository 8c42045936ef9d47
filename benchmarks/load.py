"""Load on a service of this machine: clients in a process of their own, each with one connection, for some seconds."""

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np


@dataclass(frozen=True)
class Load:
    """What so many clients got: seconds of each answer, over the seconds that it took. All answers were 2xx."""

    latencies: "np.typing.NDArray[np.float64]"
    seconds: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, level: float) -> float:
        """Seconds within which `level` percent of the answers came."""
        return float(np.percentile(self.latencies, level))


def get(path: str) -> bytes:
    """A request for `path`."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, body: object) -> bytes:
    """A request that sends `body` as JSON."""
    sent = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}"
    return f"{head}\r\n\r\n".encode() + sent


def press(address: str, requests: Sequence[bytes], clients: int, seconds: float, status: int = 200) -> Load:
    """Let `clients` ask one of `requests` after the other, from different places of the list, for `seconds`.

    Raises SystemExit where an answer has another status than the one expected.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_press, args=(theirs, address, list(requests), clients, seconds, status))
    process.start()
    theirs.close()
    try:
        latencies, took, wrong = ours.recv()
    finally:
        process.join()
    if wrong:
        raise SystemExit(f"{requests[0][:80]!r}: {wrong}")
    return Load(np.array(latencies), took)


def _press(
    pipe: "multiprocessing.connection.Connection",
    address: str,
    requests: list[bytes],
    clients: int,
    seconds: float,
    status: int,
) -> None:
    latencies: list[float] = []
    wrong: list[str] = []
    start = time.perf_counter()

    def client(number: int) -> None:
        own: list[float] = []
        place = number * len(requests) // clients
        url = urlsplit(address)
        try:
            with socket.create_connection((url.hostname, url.port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while time.perf_counter() < start + seconds:
                    asked = time.perf_counter()
                    connection.sendall(requests[place % len(requests)])
                    head = _answer(connection)
                    own.append(time.perf_counter() - asked)
                    place += 1
                    if int(head[9:12]) != status:
                        raise ValueError(head.split(b"\r\n")[0].decode())
        except (OSError, ValueError) as error:
            wrong.append(str(error))
        latencies.extend(own)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send((latencies, time.perf_counter() - start, "; ".join(sorted(set(wrong)))))


def _answer(connection: socket.socket) -> bytes:
    """The head of an answer, once all of its body has come too."""
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError("the service closed the connection")
        received += part
    head = received[:end]
    name = head.lower().find(b"content-length:")
    length = int(head[name + 15 :].split(b"\r\n", 1)[0]) if name >= 0 else 0
    missing = end + 4 + length - len(received)
    while missing > 0:
        part = connection.recv(min(missing, 1 << 20))
        if not part:
            raise ConnectionError("the service closed the connection")
        missing -= len(part)
    return head
