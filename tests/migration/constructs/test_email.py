"""EmailOperator: the mail goes out by the Secret's server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.migration.smtp_server import smtp_server

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any, tmp_path: Any) -> None:
    from prefect.blocks.system import Secret

    (tmp_path / "numbers.csv").write_text("1,2")
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.email import EmailOperator
        with DAG("d", schedule_interval="@daily"):
            EmailOperator(task_id="tell", to="a@example.com; b@example.com", subject="of {{{{ ds }}}}",
                          html_content="<b>done</b>", files=["{tmp_path}/numbers.csv"])
    """)
    assert made.dag.status == "converted" and made.note("tell.to")[0] == "equivalent"
    with smtp_server() as server:
        secret: Any = Secret(value=f"{server.url}?us@example.com")  # type: ignore[arg-type]
        secret.save("smtp-url", overwrite=True)
        ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
        text = server.text()
    assert ran.of("tell") == "success"
    for part in (b"RCPT TO:<b@example.com>", b"Subject: of 2026-03-29", b"<b>done</b>", b"numbers.csv"):
        assert part.lower() in text.lower()


def test_a_mail_without_files_is_sent_by_the_file_alone(converted: Any) -> None:
    from prefect.blocks.system import Secret

    made = converted("""
        from airflow import DAG
        from airflow.operators.email import EmailOperator
        with DAG("d", schedule_interval="@daily"):
            EmailOperator(task_id="tell", to="a@example.com; b@example.com", subject="of {{ ds }}",
                          html_content="<b>done</b>")
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    with smtp_server() as server:
        secret: Any = Secret(value=f"{server.url}?us@example.com")  # type: ignore[arg-type]
        secret.save("smtp-url", overwrite=True)
        ran = made.run()
        text = server.text()
    assert ran.of("tell") == "success"
    for part in (b"RCPT TO:<b@example.com>", b"RCPT TO:<a@example.com>", b"From: us@example.com",
                 b"text/html", b"<b>done</b>"):  # fmt: skip
        assert part.lower() in text.lower()


def test_mail_reaches_a_server(prefect_server: None) -> None:
    from email.message import EmailMessage

    from replant_mail import send  # type: ignore[import-not-found]

    with smtp_server() as server:
        message = EmailMessage()
        message["To"] = "team@example.com"
        message.set_content("work ended as Failed")
        send(f"{server.url}?from@example.com", message)
        text = server.text()
    assert b"rcpt to:<team@example.com>" in text.lower() and b"work ended as Failed" in text
