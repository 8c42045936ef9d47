"""Starting the service: one process, one port, and it stops when it is told to, after its last answer."""

import ipaddress
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from features.errors import ConfigurationError
from serving.scoring.own_segments import check_with_model
from serving.settings import load_service_settings

DRAIN_SECONDS = 10


def serve(config_path: Path, host: str, port: int, allow_remote: bool) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is under way and return.

    BentoML's own `bentoml serve` also opens a control socket without a password on a random local port;
    this opens the HTTP port alone. Raises ConfigurationError where settings, host or port cannot be used, or a
    segment of the shop's own does not fit the model on disk.
    """
    if not (allow_remote or _is_loopback(host)):
        raise ConfigurationError(
            f"--host {host} would let others on the network read every score: the service has no keys. "
            "Keep 127.0.0.1 behind a proxy that asks who is there, or add --allow-remote if one does."
        )
    settings = load_service_settings(config_path)
    check_with_model(settings.segments, settings.model_folder)
    listener = _listen(host, port)
    # Read when bentoml is imported; also what the worker of a container sets.
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    from serving.service import create_service

    _log_to_stderr()
    config = uvicorn.Config(
        create_service(lambda: settings).to_asgi(),
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Uvicorn's server, which returns once it has drained; its own kills the process with the same signal."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, bound before anything is loaded, so that a taken port is known at once."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=2048)
    except OSError as reason:
        raise ConfigurationError(
            f"Cannot listen on {host}:{port}: {reason.strerror}. Choose another --port."
        ) from None


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
