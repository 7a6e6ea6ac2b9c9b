"""HTTP operators and the sensor: requests to the service of the connection's Webhook block."""

from __future__ import annotations

from typing import Any

from blocks.names import block_name
from migration.arguments import waiting
from migration.arguments.mapped_arguments import mapped_arguments
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.python_work import python_work
from migration.writing.site import Site

ASK = '''def ask(
    connection: str, endpoint: str | None, method: str, data: Any, headers: Any, **options: Any
) -> requests.Response:
    """Ask the service of a Webhook block."""
    block: Any = Webhook.load(connection)
    url, endpoint = block.url.get_secret_value(), endpoint or ""
    if endpoint and not url.endswith("/") and not endpoint.startswith("/"):
        url += "/"
    body = {"GET": {"params": data}, "HEAD": {}}.get(method, {"data": data})
    options.setdefault("verify", block.verify)
    known = {**block.headers.get_secret_value(), **(headers or {})}
    return requests.request(method, url + endpoint, headers=known, **body, **options)
'''
SEND = '''def @NAME@(
    connection: str, endpoint: str | None = None, data: Any = None, headers: Any = None, **options: Any
) -> Any:
    """Send a request; give what the answer says."""
    answer = ask(connection, endpoint, "{method}", data, headers, **options)
    answer.raise_for_status()
{lines}'''
WAIT = '''def @NAME@(
    connection: str, endpoint: str | None = None, data: Any = None, headers: Any = None, **options: Any
) -> Any:
    """Wait until the service gives the answer."""

    def there() -> Any:
        answer = ask(connection, endpoint, "{method}", data, headers, **options)
        if answer.status_code in {missing}:
            return False
        answer.raise_for_status()
        return {verdict}

    return wait_until(there, {pace})
'''
IMPORTS = ("import requests", "from prefect.blocks.webhook import Webhook", "from typing import Any")
OPTIONS = frozenset({"timeout", "verify", "allow_redirects", "proxies", "cert", "stream"})
WITHOUT_EFFECT = (
    "tcp_keep_alive", "tcp_keep_alive_idle", "tcp_keep_alive_count", "tcp_keep_alive_interval", "method",
)  # fmt: skip
REFUSED = ("auth_type", "pagination_function", "request_kwargs", "retry_args", "xcom_push")
MAPPED = {"endpoint": "endpoint", "data": "data", "headers": "headers"}
CLAIM = equivalent("a Webhook block of the mapped name; requests are made by `requests`", "http")


@construct("HttpOperator", "SimpleHttpOperator")
def write(task: Task, site: Site) -> Written:
    """Write a request.

    Raises RefusedError.
    """
    lines: list[str] = []
    uses: list[str] = []
    runtime: list[str] = []
    if task.get("log_response"):
        lines.append("get_run_logger().info(answer.text)")
    if task.get("response_check"):
        check = _function(task, site, "response_check", uses, runtime)
        lines += [f"if not {check}(answer):", '    raise ValueError("the check of the answer said no")']
    shown = "answer.text"
    if task.get("response_filter"):
        shown = f"{_function(task, site, 'response_filter', uses, runtime)}(answer)"
    body = "".join(f"    {line}\n" for line in (*lines, f"return {shown}"))
    code = SEND.format(method=_method(task, "POST"), lines=body)
    logs = ("from prefect import get_run_logger",) if task.get("log_response") else ()
    key = f"http:{task.task_id}" if uses or runtime or shown != "answer.text" else f"http:{code}"
    work = Work(key, "send_request", code, uses=tuple(uses), helpers=(ASK,), imports=(*IMPORTS, *logs),
                runtime=tuple(runtime))  # fmt: skip
    claims = _claims(task, "data", "log_response", "response_filter")
    return _asked(task, site, work, task.get("data"), claims, bool(runtime), mapped_arguments(task, MAPPED))


@construct("HttpSensor", "HttpSensorAsync")
def write_sensor(task: Task, site: Site) -> Written:
    """Write a sensor.

    Raises RefusedError.
    """
    uses: list[str] = []
    runtime = ["wait_until"]
    verdict = "True"
    if task.get("response_check"):
        verdict = f"{_function(task, site, 'response_check', uses, runtime)}(answer)"
    codes = task.get("response_error_codes_allowlist") or ["404"]
    if not isinstance(codes, list) or not all(str(one).isdigit() for one in codes):
        raise RefusedError("status codes that are only known at run time", "response_error_codes_allowlist")
    missing = "({},)".format(", ".join(str(one) for one in codes))
    code = WAIT.format(method=_method(task, "GET"), missing=missing, verdict=verdict, pace=waiting.pace(task))
    work = Work(f"http sensor:{task.task_id}", "answer_there", code, uses=tuple(uses), helpers=(ASK,),
                imports=IMPORTS, runtime=tuple(runtime))  # fmt: skip
    if task.mapping is not None:
        raise RefusedError("a mapped sensor", "expand")
    claims = waiting.claims_of(task, "request_params", "response_error_codes_allowlist")
    claims.update(_claims(task))
    tracked = len(runtime) > 1 or bool(task.get("soft_fail"))
    return _asked(task, site, work, task.get("request_params"), claims, tracked)


def _asked(
    task: Task,
    site: Site,
    work: Work,
    data: Any,
    claims: dict[str, Claim],
    tracked: bool,
    mapped: tuple[Any, Any] = (None, None),
) -> Written:
    connection = task.get("http_conn_id") or "http_default"
    if not isinstance(connection, str) or "{{" in connection:
        raise RefusedError("a connection that is only known at run time", "http_conn_id")
    options = task.get("extra_options") or {}
    if not isinstance(options, dict) or set(options) - OPTIONS:
        raise RefusedError("an option that a request does not take", "extra_options")
    endpoint, kept = site.templated(task.get("endpoint"), task)
    given = dict(options)
    for name, value in (("data", data), ("headers", task.get("headers"))):
        if value:
            given[name], is_template = site.templated(value, task)
            kept = kept or is_template
    args: tuple[Any, ...] = (block_name(connection), endpoint)
    over, each = mapped
    if task.mapping is not None:  # a mapped call takes its arguments by name
        args, given = (), {"connection": block_name(connection), "endpoint": endpoint, **given}
        given = {name: one for name, one in given.items() if name not in (over or {}) and one is not None}
    return Written(work, args, given, over, each, claims=claims, tracked=tracked or kept)


def _method(task: Task, default: str) -> str:
    method = task.get("method") or default
    if not isinstance(method, str) or not method.isalpha():
        raise RefusedError("a method that is only known at run time", "method")
    return method.upper()


def _claims(task: Task, *names: str) -> dict[str, Claim]:
    for name in REFUSED:
        if task.get(name) is not None:
            raise RefusedError(f"the argument {name}", name)
    known = (*names, *WITHOUT_EFFECT, *REFUSED, "endpoint", "headers", "extra_options", "response_check")
    return {
        "endpoint": CLAIM, **{name: Claim() for name in known if task.has(name)},
        **({"http_conn_id": CLAIM} if task.has("http_conn_id") else {}),
    }  # fmt: skip


def _function(task: Task, site: Site, argument: str, uses: list[str], runtime: list[str]) -> str:
    """Give the author's function as an expression; it may ask for names of the context."""
    signature = site.signature(task.get(argument)) if isinstance(task.get(argument), dict) else None
    first = set(signature.names[:1]) if signature is not None else set()
    work, _ = python_work(site, task.get(argument), first, task)
    uses += [work.function] if work.function else []
    name = work.function or f"({work.code.removeprefix('@VALUE@')})"
    if work.with_context:
        runtime.append("with_context")
        return f"with_context({name})"
    return name
