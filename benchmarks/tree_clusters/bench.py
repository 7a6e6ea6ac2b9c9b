"""A server with production's regions, as they are and upgraded, for the cases to copy."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.tree_clusters import world
from benchmarks.tree_clusters.runs import run
from engines.databases import create_database, drop_database, with_database
from engines.postgres import Cluster
from engines.progress import Stages

REGIONS, PRISTINE, OURS, THEIRS = (f"bench_{name}" for name in ("regions", "pristine", "ours", "original"))
SERVER = {
    "shared_buffers": "2GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "maintenance_work_mem": "512MB",
    "work_mem": "64MB",
    "autovacuum": "off",  # cases are vacuumed by hand in between
}


@dataclass(frozen=True)
class Bench:
    """A server that has the databases REGIONS and PRISTINE: the regions alone, as they are and upgraded."""

    server_url: str
    stages: Stages

    def make(self, name: str, template: str) -> str:
        """Give a database of this name, a copy of another."""
        drop_database(self.server_url, name)
        return create_database(self.server_url, name, template=template)

    def drop(self, *names: str) -> None:
        """Drop databases."""
        for name in names:
            drop_database(self.server_url, name)


def prepare(stack: ExitStack, grid: str, regions_url: str | None, stages: Stages) -> tuple[Bench, str]:
    """Make the databases with the regions; say how many there are."""
    began = time.monotonic()
    if regions_url is None:
        logs = Path(stack.enter_context(TemporaryDirectory()))
        server_url = stack.enter_context(Cluster(logs, options=SERVER)).url()
        regions = create_database(server_url, REGIONS)
        number = world.build_regions(regions, grid)
        remark = f"{number:,} regions, built in {time.monotonic() - began:.0f} s."
    else:
        server_url = with_database(regions_url, "postgres")
        source = regions_url.rpartition("/")[2].partition("?")[0]
        drop_database(server_url, REGIONS)
        regions = create_database(server_url, REGIONS, template=source)
        remark = f"{world.count_regions(regions):,} regions, built before."
    bench = Bench(server_url, stages)
    stack.callback(bench.drop, REGIONS, PRISTINE, OURS, THEIRS)
    world.upgrade(bench.make(PRISTINE, REGIONS))
    run(with_database(server_url, PRISTINE))  # settles what the upgrade has left to do
    return bench, remark
