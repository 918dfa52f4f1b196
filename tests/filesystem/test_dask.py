"""A Dask bag and pandas over lists of tftp URLs, in the processes of Dask's own scheduler.

The workers know nothing of the test: they find `tftp://` by the entry point of the installed
package.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.peers import Server as PeerServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the newest Python deprecates is not ours to mend there
    pytest.importorskip("fsspec", reason="fsspec is not installed: pip install fsspec")
    pandas: Any = pytest.importorskip("pandas", reason="pandas is missing: pip install pandas")
    distributed: Any = pytest.importorskip(
        "distributed", reason="Dask is not installed: pip install 'dask[distributed]'"
    )
    bag: Any = pytest.importorskip("dask.bag", reason="Dask is not installed")
    pytest.importorskip("pyarrow", reason="dask.dataframe needs pyarrow: pip install pyarrow")
    dataframe: Any = pytest.importorskip("dask.dataframe", reason="pip install 'dask[dataframe]'")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

FILES, LINES = 8, 500
Url = Callable[[str], str]


def table(number: int) -> bytes:
    lines = "".join(f"switch{number},{line}\n" for line in range(LINES))
    return f"name,octets\n{lines}".encode()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two worker processes, and this process as their client."""
    if "tftp" not in {point.name for point in entry_points(group="fsspec.specs")}:
        pytest.skip("tftp-fsm is not installed, so the workers do not know tftp://")
    folder = str(tmp_path_factory.mktemp("dask"))
    options: Any = {"host": "127.0.0.1", "dashboard_address": None, "local_directory": folder}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=2, processes=True, **options) as c,
        distributed.Client(c) as client,
    ):
        yield client


@pytest.fixture(params=["tftp-fsm", "tftpd-hpa"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Url]:
    """The URL of a file of a server that has `table0.csv` and so on."""
    if request.param == "tftpd-hpa":
        peer: PeerServer = request.getfixturevalue("tftpd_hpa")
        for number in range(FILES):
            (Path(peer.root) / f"table{number}.csv").write_bytes(table(number))
        yield lambda name: f"tftp://127.0.0.1:{peer.port}/{name}"
        return
    for number in range(FILES):
        (tmp_path / f"table{number}.csv").write_bytes(table(number))
    with tftp_fsm.Server(tmp_path) as server:
        yield server.url


def urls(url: Url) -> list[str]:
    return [url(f"table{number}.csv") for number in range(FILES)]


def test_a_bag_over_urls_is_read_by_the_workers(cluster: Any, url: Url) -> None:
    lines = bag.read_text(urls(url))
    assert lines.npartitions == FILES
    octets = lines.filter(lambda line: not line.startswith("name")).map(
        lambda line: int(line.rstrip().partition(",")[2])
    )
    assert octets.sum().compute(scheduler=cluster) == FILES * sum(range(LINES))


def test_pandas_reads_urls_in_the_workers(cluster: Any, url: Url) -> None:
    tables = cluster.gather(cluster.map(pandas.read_csv, urls(url)))
    whole = pandas.concat(tables)
    assert len(whole) == FILES * LINES
    assert set(whole.name) == {f"switch{number}" for number in range(FILES)}


def test_a_data_frame_over_urls_is_computed_by_the_workers(cluster: Any, url: Url) -> None:
    frame = dataframe.read_csv(urls(url), blocksize=None)
    assert frame.npartitions == FILES
    by_name = cluster.compute(frame.groupby("name").octets.sum()).result()
    assert by_name.to_dict() == {f"switch{number}": sum(range(LINES)) for number in range(FILES)}


def test_a_data_frame_takes_parts_of_a_file_whose_size_the_server_tells(
    cluster: Any, url: Url
) -> None:
    """Dask asks for the size first. TFTP has no parts, so each of them fetches the whole file."""
    frame = dataframe.read_csv(urls(url), blocksize=1000)
    assert frame.npartitions > FILES
    assert cluster.compute(frame.octets.sum()).result() == FILES * sum(range(LINES))


def test_the_error_of_a_worker_comes_back(cluster: Any, url: Url) -> None:
    with pytest.raises(FileNotFoundError, match="nofile"):
        bag.read_text([url("nofile")]).count().compute(scheduler=cluster)
