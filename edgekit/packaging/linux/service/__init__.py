"""A bundle as an HTTP service on a device: a front that holds connections, and a worker that holds the model.

The front (`http_server.py`) is one process with one thread and never loads a model: it reads requests within limits of
size and time (`connection.py`, with h11), puts them in a bounded line (`model.py`), and answers. The worker
(`worker.py`) is a process of its own that the front starts, that proves the golden cases before its first answer, and
that may die at any time. What differs by task is in `text_classification.py` and `text_generation.py`. It
needs the standard library, the agent and what that needs, h11, prometheus_client, and Python 3.9 or newer.

h11 and not a server: the parsing of HTTP is where a service of one's own goes wrong, and h11 does that and nothing
else, without dependencies. waitress and uvicorn bring no limit on how long a client may take for its headers, so one
that sends a byte now and then keeps its place for ever; the standard library's `http.server` knows no chunked bodies,
and its own documentation advises against it.

h11 alone takes what a proxy may read otherwise (bare line ends, a length beside chunks), and is busy for seconds with
some heads and with bodies in chunks of a byte. So `request_head.py` and `chunked_body.py` read both first, within
limits, and h11 is given a head that is well formed and a body that is whole.
"""
