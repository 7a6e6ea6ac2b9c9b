"""GKEStartPodOperator: a pod on a cluster of Google's, whose address Google's API tells."""

from __future__ import annotations

from dataclasses import replace

from migration.constructs import construct
from migration.constructs.kubernetes_pod import CODE, IMPORTS, written
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CHOICE = """    cluster: str,
    internal: bool = False,
"""
CLIENT = """    core = kubernetes.client.CoreV1Api(client_of(cluster, internal))
"""
HELPER = '''def client_of(cluster: str, internal: bool) -> kubernetes.client.ApiClient:
    """Give a client of a cluster of Google's, with the credentials that Google's libraries find."""
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    answer = AuthorizedSession(credentials).get(f"https://container.googleapis.com/v1/{cluster}")
    answer.raise_for_status()
    known = answer.json()
    with tempfile.NamedTemporaryFile(delete=False) as certificate:
        certificate.write(base64.b64decode(known["masterAuth"]["clusterCaCertificate"]))
    address = known["privateClusterConfig"]["privateEndpoint"] if internal else known["endpoint"]

    def renew(configuration: Any) -> None:
        if not credentials.valid:
            credentials.refresh(Request())
        configuration.api_key["authorization"] = f"Bearer {credentials.token}"

    configuration = kubernetes.client.Configuration()
    configuration.host, configuration.ssl_ca_cert = f"https://{address}", certificate.name
    configuration.refresh_api_key_hook = renew
    renew(configuration)
    return kubernetes.client.ApiClient(configuration)
'''
CLUSTER = ("project_id", "location", "cluster_name")
CLAIM = equivalent("with the credentials that Google's libraries find", "gke")


@construct("GKEStartPodOperator", "GKEPodOperator", runs_here=False)
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    for name in ("impersonation_chain", "use_dns_endpoint", "cluster_context", "config_file"):
        if task.get(name):
            raise RefusedError(f"the argument {name}", name)
    parts = [task.get(name) for name in CLUSTER]
    if not all(isinstance(part, str) for part in parts):
        raise RefusedError("a cluster that is not named, or only known at run time", CLUSTER[0])
    project, location, cluster = parts
    more = {"cluster": f"projects/{project}/locations/{location}/clusters/{cluster}"}
    imports = (
        *IMPORTS, "import base64", "import google.auth", "import tempfile",
        "from google.auth.transport.requests import AuthorizedSession, Request",
    )  # fmt: skip
    first = "    container: dict[str, Any],\n"
    code = CODE.replace("@CHOICE@", "").replace(first, first + CHOICE).replace("@CLIENT@", CLIENT)
    work = Work("gke pod", "run_pod", code, helpers=(HELPER,), imports=imports)
    made = written(task, site, work, {**more, **({"internal": True} if task.get("use_internal_ip") else {})})
    claims = {name: CLAIM for name in (*CLUSTER, "gcp_conn_id") if task.has(name)}
    off = ("use_internal_ip", "impersonation_chain", "use_dns_endpoint", "regional")
    claims.update({name: Claim() for name in off if task.has(name)})
    return replace(made, claims={**made.claims, **claims})
