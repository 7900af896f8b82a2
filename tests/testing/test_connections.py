"""What goes on below the requests: bodies, chunks, connections."""

from __future__ import annotations

import json
import threading

from gloo_openai.testing import LocalGloo

from .bare_client import DIRECT, V2, connected, send, send_over


def test_answers_without_a_body(local_gloo: LocalGloo) -> None:
    """Leave the connection in order."""
    local_gloo.fault(V2, status=204)
    with connected(local_gloo) as connection:
        for method, status in (("POST", 204), ("HEAD", 405), ("POST", 422)):
            got = send_over(connection, V2, {}, method=method)
            assert (got.status, got.headers["transfer-encoding"]) == (status, None)
    assert local_gloo.connections == 1


def test_connections_are_kept_open_and_counted(local_gloo: LocalGloo) -> None:
    """One client, one connection; streams and refusals leave it usable."""
    with connected(local_gloo) as connection:
        for body in (DIRECT, {**DIRECT, "stream": True}, {}, DIRECT):
            send_over(connection, V2, body)
    assert local_gloo.connections == 1
    assert len({request.peer for request in local_gloo.requests}) == 1
    send(local_gloo, V2, DIRECT)
    assert local_gloo.connections == 2


def test_chunked_request(local_gloo: LocalGloo) -> None:
    """A body of unknown length is read to its end, and no further."""
    headers = {"Authorization": "Bearer sk_local", "Content-Type": "application/json"}
    data = json.dumps(DIRECT).encode()
    with connected(local_gloo) as connection:
        for _ in range(2):
            connection.request("POST", V2, iter([data[:9], data[9:]]), headers, encode_chunked=True)
            response = connection.getresponse()
            assert (response.status, bool(response.read())) == (200, True)
    assert local_gloo.connections == 1


def test_old_clients_get_no_chunks(local_gloo: LocalGloo) -> None:
    """HTTP/1.0 reads a stream until the connection ends."""
    with connected(local_gloo) as connection:
        connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]  # an older protocol, which it cannot be asked for
        got = send_over(connection, V2, {**DIRECT, "stream": True})
    assert got.headers["transfer-encoding"] is None
    assert got.events[-1] == "[DONE]"


def test_two_hundred_at_once(local_gloo: LocalGloo) -> None:
    """All of them are in the server at the same moment, and all are answered."""
    go_on = threading.Event()
    fault = local_gloo.fault(V2, hold=go_on, times=None)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(send(local_gloo, V2, DIRECT).status))
        for _ in range(200)
    ]
    for thread in threads:
        thread.start()
    together = fault.wait(hits=200, timeout=60)
    go_on.set()
    for thread in threads:
        thread.join()
    assert together
    assert statuses == [200] * 200
