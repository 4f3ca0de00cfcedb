"""Bare boto3: `post_to_connection` to a server that does nothing, one call after another.

It speaks TLS, as functions do with the names that AWS has for them.

Prints JSON: the rate, the median call, and the CPU that a call takes here.
"""

import json
import sys
import time

import boto3

port, seconds, authority = sys.argv[1], float(sys.argv[2]), sys.argv[3]
client = boto3.client(
    "apigatewaymanagementapi",
    endpoint_url=f"https://localhost:{port}/bench",
    verify=authority,
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
    aws_session_token="local",
)


def call() -> float:
    began = time.perf_counter()
    client.post_to_connection(ConnectionId="gbgZmm6Q1QAYKEjmMA==", Data=b"x" * 100)
    return time.perf_counter() - began


for _ in range(50):  # until connections, caches and branch predictors are warm
    call()
times, until, cpu = [], time.perf_counter() + seconds, time.process_time()
while time.perf_counter() < until:
    times.append(call())
cpu = time.process_time() - cpu
times.sort()
figures = {
    "rate": len(times) / sum(times),
    "p50_us": times[len(times) // 2] * 1e6,
    "cpu_us": cpu / len(times) * 1e6,
}
print(json.dumps(figures))
