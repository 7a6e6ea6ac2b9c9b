"""DockerOperator: a container, whose last line of output is the result."""

from __future__ import annotations

from typing import Any

from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(
    image: str,
    command: Any = None,
    url: str | None = None,
    pull: bool = False,
    remove: str = "never",
    **options: Any,
) -> str:
    """Run a container; give the last line of what it prints. `remove`: never, success or force."""
    client = docker.DockerClient(base_url=url) if url else docker.from_env()
    if pull:
        client.images.pull(image)
    container = client.containers.run(image, command, detach=True, **options)
    last, good = "", False
    try:
        for line in container.logs(stream=True, follow=True):
            last = line.decode(errors="replace").rstrip()
            print(last)
        status = container.wait()["StatusCode"]
        good = status == 0
    finally:
        if remove == "force" or (good and remove == "success"):
            container.remove(force=True)
    if not good:
        raise RuntimeError(f"{image} ended with {status}")
    return last
'''
SAME = (
    "environment", "volumes", "mounts", "network_mode", "user", "working_dir", "entrypoint", "mem_limit",
    "shm_size", "hostname", "privileged", "cap_add", "dns", "dns_search", "extra_hosts", "tty", "labels",
)  # fmt: skip
"""Arguments that Docker's own client takes by the same name."""
NOTHING: dict[str, tuple[Any, ...]] = {
    "api_version": (None, "auto"), "xcom_all": (None, False), "docker_conn_id": (None,),
    "retrieve_output": (None, False), "host_tmp_dir": (None,), "tmp_dir": (None, "/tmp/airflow"),  # noqa: S108
    "skip_on_exit_code": (None,), "skip_exit_code": (None,),
    "auto_remove": (None, False, True, "never", "success", "force"),
}  # fmt: skip
"""Values that ask for nothing, or that are dealt with below."""
DEFAULT_URLS = ("unix://var/run/docker.sock", "unix:///var/run/docker.sock", None)


@construct("DockerOperator", runs_here=False)
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None:
        raise RefusedError("a mapped container", "expand")
    for name, allowed in NOTHING.items():
        if task.has(name) and task.get(name) not in allowed:
            raise RefusedError(f"the argument {name}", name)
    options, tracked = {}, False
    for name in SAME:
        if task.get(name) is not None:
            options[name], is_template = site.templated(task.get(name), task)
            tracked = tracked or is_template
    if task.get("container_name") is not None:
        options["name"] = task.get("container_name")
    if task.get("cpus") is not None:
        options["nano_cpus"] = int(float(task.get("cpus")) * 1e9)
    if task.get("docker_url") not in DEFAULT_URLS:
        options["url"] = task.get("docker_url")
    if task.get("force_pull"):
        options["pull"] = True
    remove = {True: "success", "success": "success", "force": "force"}.get(task.get("auto_remove"))
    if remove:
        options["remove"] = remove
    image, in_image = site.templated(task.get("image"), task)
    command, in_command = site.templated(task.get("command"), task)
    args = (image, command) if command is not None else (image,)
    work = Work("docker", "run_container", CODE, imports=("import docker", "from typing import Any"))
    names = (*SAME, *NOTHING, "image", "command", "container_name", "cpus", "docker_url", "force_pull")
    claims = {name: Claim() for name in names if task.has(name)}
    claims["image"] = equivalent("by Docker's own client, without a temporary folder of Airflow's", "docker")
    if task.has("mount_tmp_dir"):
        claims["mount_tmp_dir"] = equivalent("no temporary folder is mounted", "docker")
    return Written(work, args, options, claims=claims, tracked=tracked or in_image or in_command)
