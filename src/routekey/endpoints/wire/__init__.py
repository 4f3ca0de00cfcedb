"""HTTP/1.1 and WebSocket on one port: codecs without I/O, and the sockets around them."""
