"""How many messages a queue holds: whoever counts, counts all of them."""

import boto3
import pytest
from cli_stack import deployed

from scandrop.queues import depth
from scandrop_cli.cleanup.holdings import look
from scandrop_cli.failures import letters
from scandrop_cli.settling import dead_letters, messages


@pytest.fixture
def world(tmp_path, monkeypatch):
    """The image lane's queue and the dead letters' hold a message in work, one that waits and one that is put off."""
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        (tmp_path / "env/test.tfvars").write_text(
            'environments = { test = { aws_account_id = "123456789012", deletion_protection = false } }\n'
        )
        for url in urls(made):
            made.stack.sqs.send_message(QueueUrl=url, MessageBody="1")
            made.stack.sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)
            made.stack.sqs.send_message(QueueUrl=url, MessageBody="2")
            made.stack.sqs.send_message(QueueUrl=url, MessageBody="3", DelaySeconds=600)
        yield made


def urls(made):
    return made.environment.queue_urls["image"], made.environment.dead_letter_queue_urls["image"]


def test_what_waits_what_is_put_off_and_what_is_in_work_are_counted_by_all(world):
    assert [depth(boto3.client("sqs"), url) for url in urls(world)] == [3, 3]
    assert messages(world.environment, ["image", "record"]) == {"image": 3, "record": 0}
    assert dead_letters(world.environment, ["image"]) == {"image": 3}
    assert {queue.name: queue.messages for queue in look("test").queues if queue.messages} == {"scandrop-test-image": 3}
    assert letters._count(world.environment, "image") == 3  # noqa: SLF001
