"""The process that a model on this machine runs in: llama.cpp with OpenAI's routes, on loopback only.

    python -m answer.generating.llama MODEL --port N --threads N --window N

The first line of its input is the key that it asks for; it ends when its input does, so with whoever started it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys

import xllamacpp


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--window", type=int, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever started this ends it
    key = sys.stdin.readline().strip()

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.model_alias = {os.path.basename(arguments.model)}
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.api_keys = [key]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.offline = True
    params.n_ctx = arguments.window
    params.n_parallel = 1
    params.cpuparams.n_threads = arguments.threads
    params.cpuparams_batch.n_threads = arguments.threads
    params.cpuparams.poll = params.cpuparams_batch.poll = 0  # waiting threads leave the processor to others
    params.default_template_kwargs = {"enable_thinking": "false"}
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    sys.stdout.flush()
    os._exit(0)  # its threads do not end by themselves


if __name__ == "__main__":
    main()
