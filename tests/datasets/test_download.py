import gzip
import hashlib
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from autograd_np.datasets import DataError, read_idx
from autograd_np.datasets.download import Archive, fetch, find, user_cache

ARRAY = np.arange(24).reshape(2, 3, 4)


class Handler(BaseHTTPRequestHandler):
    """Serves ``server.pages``: path → (status, body, the length to declare)."""

    def do_GET(self):
        self.server.asked.append(self.path)
        status, body, length = self.server.pages.get(self.path, (404, b"", 0))
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.pages, server.asked = {}, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "mnist"


@pytest.fixture
def mirrors(server):
    return [f"http://127.0.0.1:{server.server_port}/{name}/" for name in "ab"]


@pytest.fixture
def content(idx):
    return idx(ARRAY)


@pytest.fixture
def body(content):
    return gzip.compress(content, mtime=0)


@pytest.fixture
def archive(content, body):
    return Archive("images", 3, content=hashlib.sha256(content).hexdigest(), packed=hashlib.sha256(body).hexdigest())


@pytest.fixture
def faults(content, body):
    """Name of a fault → the page that has it, and what the error says of it."""
    other = gzip.compress(content[:-1] + b"x", mtime=0)
    return {
        "not found": ((404, b"", 0), "404"),
        "server error": ((500, body, len(body)), "500"),
        "wrong checksum": ((200, other, len(other)), "SHA-256"),
        "cut connection": ((200, body[:-5], len(body)), "IncompleteRead|SHA-256"),
        "nothing": ((200, b"", 0), "SHA-256"),
        "a page of HTML": ((200, b"<html>", 6), "SHA-256"),
    }


FAULTS = ["not found", "server error", "wrong checksum", "cut connection", "nothing", "a page of HTML"]


def listing(cache):
    return [path.name for path in cache.iterdir()]


def serve(server, mirror, page):
    server.pages[f"/{mirror}/images.gz"] = page


def test_the_right_file_is_fetched_once(server, cache, mirrors, archive, body):
    serve(server, "a", (200, body, len(body)))
    for _ in range(2):
        assert fetch(archive, mirrors, cache) == cache / "images.gz"
    assert server.asked == ["/a/images.gz"]
    assert listing(cache) == ["images.gz"]
    np.testing.assert_array_equal(read_idx(cache / "images.gz"), ARRAY)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_second_mirror_helps_out(server, cache, mirrors, archive, body, faults, fault):
    serve(server, "a", faults[fault][0])
    serve(server, "b", (200, body, len(body)))
    fetch(archive, mirrors, cache)
    assert server.asked == ["/a/images.gz", "/b/images.gz"]
    assert listing(cache) == ["images.gz"]


@pytest.mark.parametrize("fault", FAULTS)
def test_all_mirrors_fail(server, cache, mirrors, archive, faults, fault):
    page, reason = faults[fault]
    serve(server, "a", page)
    with pytest.raises(DataError, match=reason) as caught:
        fetch(archive, mirrors, cache)
    for wanted in (*(f"{mirror}images.gz: " for mirror in mirrors), "404", "AUTOGRAD_NP_DATA", "DATA/mnist"):
        assert wanted in str(caught.value)
    assert listing(cache) == []


def test_no_server(cache, archive):
    with socket.socket() as silent:  # bound but not listening: the port is ours, and refuses
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(DataError, match="could not be downloaded"):
            fetch(archive, [f"http://127.0.0.1:{silent.getsockname()[1]}/"], cache)
    assert listing(cache) == []


def test_where_only_the_content_is_known_it_decides(server, cache, mirrors, archive, content, faults):
    again = gzip.compress(content, compresslevel=1, mtime=7)
    serve(server, "a", faults["wrong checksum"][0])
    serve(server, "b", (200, again, len(again)))
    fetch(archive._replace(packed=None), mirrors, cache)
    assert (cache / "images.gz").read_bytes() == again


def test_the_content_is_checked_even_where_the_archive_is_right(server, cache, mirrors, archive, body):
    serve(server, "a", (200, body, len(body)))
    with pytest.raises(DataError, match="the content's SHA-256"):
        fetch(archive._replace(content="0" * 64), mirrors, cache)
    assert listing(cache) == []


@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_a_right_file_in_the_cache_is_taken(server, cache, mirrors, archive, content, name):
    cache.mkdir(parents=True)
    (cache / name).write_bytes(content)
    assert fetch(archive, mirrors, cache) == cache / name
    assert server.asked == []


def test_a_broken_file_in_the_cache_is_replaced(server, cache, mirrors, archive, body):
    cache.mkdir(parents=True)
    (cache / "images.gz").write_bytes(body[:-3])
    with pytest.raises(DataError, match="truncated") as caught:
        fetch(archive, mirrors, cache)
    assert str(cache / "images.gz") in str(caught.value)
    serve(server, "b", (200, body, len(body)))
    fetch(archive, mirrors, cache)
    assert (cache / "images.gz").read_bytes() == body


def test_a_cache_that_cannot_be_made(tmp_path, mirrors, archive):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="could not be downloaded"):
        fetch(archive, mirrors, tmp_path / "file" / "mnist")


def test_without_pooch_the_extra_is_named(monkeypatch, cache, mirrors, archive):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"autograd_np\[models\]"):
        fetch(archive, mirrors, cache)


def test_find_prefers_the_archive(tmp_path):
    assert find(tmp_path, "images") is None
    (tmp_path / "images").touch()
    assert find(tmp_path, "images") == tmp_path / "images"
    (tmp_path / "images.gz").touch()
    assert find(tmp_path, "images") == tmp_path / "images.gz"


def test_the_users_cache_is_this_projects():
    assert "autograd_np" in str(user_cache())
