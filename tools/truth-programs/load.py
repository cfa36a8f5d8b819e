"""Requests to memcached on the port that is its argument, for ever."""

import random
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    replies = connection.makefile("rb")
    while True:
        key, size = f"key{random.randrange(5000)}", random.randrange(2000)
        connection.sendall(f"set {key} 0 0 {size}\r\n".encode() + b"x" * size + f"\r\nget {key}\r\n".encode())
        while replies.readline() != b"END\r\n":
            pass
