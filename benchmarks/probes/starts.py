"""Starts: of the program, and of a function's process."""

import subprocess
import sys
import time

from websockets.sync.client import connect

from benchmarks.gateway import PATH, start_gateway
from benchmarks.machine import ENVIRONMENT
from benchmarks.probes import Effort
from benchmarks.results import Figures

_FRESH = (
    "import boto3; boto3.client('apigatewaymanagementapi', region_name='us-east-1', "
    "endpoint_url='http://127.0.0.1:1', aws_access_key_id='a', aws_secret_access_key='b')"
)


def fresh(_effort: Effort) -> Figures:
    """Measure a Python that imports boto3, and one that makes a client too."""
    return {"import_ms": _time("import boto3"), "client_ms": _time(_FRESH)}


def gateway(_effort: Effort) -> Figures:
    """Measure from the start of the program to the first message that a function answered."""
    began = time.perf_counter()
    with start_gateway() as server, connect(f"ws://127.0.0.1:{server.port}{PATH}") as client:
        client.send('{"action": "reply"}')
        client.recv(timeout=30)
        served = time.perf_counter()
        client.send('{"action": "post", "client": true}')
        client.recv(timeout=30)
        # The second function starts a process, has boto3 and makes a client in this time.
        cold = time.perf_counter() - served
    return {"start_ms": (served - began) * 1e3, "cold_ms": cold * 1e3}


def _time(program: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, env=ENVIRONMENT)
    return (time.perf_counter() - began) * 1e3
