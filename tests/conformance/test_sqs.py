"""What the lanes rely on of SQS."""

import pytest
from botocore.exceptions import ClientError
from implementations import Aws, Difference, refused, rule

DELETED_TWICE = Difference("a message cannot be deleted again", "SQS API Reference, DeleteMessage")
HANDLE_OF_NONE = Difference(
    "the handle of a deleted message is no handle at all, where SQS says InvalidParameterValue",
    "SQS API Reference, ChangeMessageVisibility",
)
NEGATIVE = Difference("a message can be hidden for less than no time", "SQS API Reference, ChangeMessageVisibility")
TWELVE_HOURS = Difference(
    "a message can be hidden for more than 12 hours", "SQS API Reference, ChangeMessageVisibility"
)
VISIBLE = Difference("a visible message can be hidden by an old receive", "SQS API Reference, ChangeMessageVisibility")


def send(aws: Aws, queue: str, body: str = "one", **more) -> str:
    return aws.sqs.send_message(QueueUrl=queue, MessageBody=body, **more)["MessageId"]


def receive(aws: Aws, queue: str, **more):
    asked = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"], **more}
    return aws.sqs.receive_message(QueueUrl=queue, **asked).get("Messages", [])


def delete(aws: Aws, queue: str, message):
    aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def hide(aws: Aws, queue: str, message, seconds: int):
    aws.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds)


def receives(message) -> int:
    return int(message["Attributes"]["ApproximateReceiveCount"])


@rule()
def test_a_message_comes_as_it_was_sent(aws):
    queue, body = aws.queue(), '{"key": "é <b> \\u001b[31m"}'
    message_id = send(aws, queue, body)
    (message,) = receive(aws, queue)
    assert (message["MessageId"], message["Body"], receives(message)) == (message_id, body, 1)


@rule()
def test_an_empty_queue_names_no_messages(aws):
    assert "Messages" not in aws.sqs.receive_message(QueueUrl=aws.queue())


@rule()
def test_no_more_messages_come_than_are_asked_for(aws):
    queue = aws.queue()
    for _ in range(3):
        send(aws, queue)
    assert len(receive(aws, queue, MaxNumberOfMessages=2)) == 2


@rule()
def test_attributes_come_only_where_they_are_asked_for(aws):
    queue = aws.queue()
    send(aws, queue)
    (message,) = receive(aws, queue, MessageSystemAttributeNames=[])
    assert "Attributes" not in message


@rule()
def test_what_stands_beside_a_message_comes_where_it_is_asked_for(aws):
    queue, beside = aws.queue(VisibilityTimeout="0"), {"error_code": {"DataType": "String", "StringValue": "throttled"}}
    send(aws, queue, MessageAttributes=beside)
    (silent,) = receive(aws, queue)
    (message,) = receive(aws, queue, MessageAttributeNames=["All"])
    assert "MessageAttributes" not in silent
    assert message["MessageAttributes"] == beside


@rule()
def test_a_received_message_is_hidden_and_comes_again_with_another_handle(aws):
    queue = aws.queue(VisibilityTimeout="1")
    send(aws, queue)
    (first,) = receive(aws, queue)
    assert receive(aws, queue) == []
    aws.wait(1.2)
    (second,) = receive(aws, queue)
    assert (second["MessageId"], receives(second)) == (first["MessageId"], 2)
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


@rule()
def test_a_receive_can_hide_a_message_for_another_time_than_the_queues(aws):
    queue = aws.queue(VisibilityTimeout="0")
    send(aws, queue)
    receive(aws, queue, VisibilityTimeout=60)
    assert receive(aws, queue) == []


@rule()
def test_a_deleted_message_does_not_come_again(aws):
    queue = aws.queue(VisibilityTimeout="0")
    send(aws, queue)
    (message,) = receive(aws, queue)
    delete(aws, queue, message)
    assert receive(aws, queue) == []


@rule(ministack=DELETED_TWICE)
def test_a_message_can_be_deleted_again(aws):
    queue = aws.queue()
    send(aws, queue)
    (message,) = receive(aws, queue)
    for _ in range(2):
        delete(aws, queue, message)


@rule()
def test_a_message_can_be_deleted_by_its_newest_handle_once_it_is_visible_again(aws):
    queue = aws.queue(VisibilityTimeout="0")
    send(aws, queue)
    (message,) = receive(aws, queue)
    delete(aws, queue, message)
    assert receive(aws, queue) == []


@rule()
def test_a_message_can_be_brought_back_at_once(aws):
    queue = aws.queue()
    send(aws, queue)
    (message,) = receive(aws, queue)
    hide(aws, queue, message, 0)
    assert len(receive(aws, queue)) == 1


@rule()
def test_a_message_can_be_hidden_for_longer(aws):
    queue = aws.queue(VisibilityTimeout="1")
    send(aws, queue)
    (message,) = receive(aws, queue)
    hide(aws, queue, message, 60)
    aws.wait(1.2)
    assert receive(aws, queue) == []


@rule()
def test_a_message_is_hidden_from_now_on_and_not_from_when_it_was_received(aws):
    queue = aws.queue(VisibilityTimeout="60")
    send(aws, queue)
    (message,) = receive(aws, queue)
    hide(aws, queue, message, 1)
    assert receive(aws, queue) == []
    aws.wait(1.2)
    assert len(receive(aws, queue)) == 1


@rule(ministack=VISIBLE, moto=VISIBLE)
def test_a_message_that_is_visible_cannot_be_hidden(aws):
    queue = aws.queue(VisibilityTimeout="0")
    send(aws, queue)
    (message,) = receive(aws, queue)
    with pytest.raises(ClientError):
        hide(aws, queue, message, 30)


@rule(moto=HANDLE_OF_NONE, ministack=HANDLE_OF_NONE)
def test_a_deleted_message_cannot_be_hidden(aws):
    queue = aws.queue()
    send(aws, queue)
    (message,) = receive(aws, queue)
    delete(aws, queue, message)
    with refused("InvalidParameterValue"):
        hide(aws, queue, message, 30)


@rule(ministack=TWELVE_HOURS)
def test_no_message_is_hidden_for_more_than_twelve_hours(aws):
    queue = aws.queue()
    send(aws, queue)
    (message,) = receive(aws, queue)
    with refused("InvalidParameterValue", 400):
        hide(aws, queue, message, 43_201)


@rule(moto=NEGATIVE, ministack=NEGATIVE)
def test_no_message_is_hidden_for_less_than_no_time(aws):
    queue = aws.queue()
    send(aws, queue)
    (message,) = receive(aws, queue)
    with pytest.raises(ClientError):
        hide(aws, queue, message, -1)
    assert receive(aws, queue) == []


@rule()
def test_a_handle_that_sqs_never_gave_is_refused(aws):
    queue = aws.queue()
    send(aws, queue)
    with refused("ReceiptHandleIsInvalid"):
        delete(aws, queue, {"ReceiptHandle": "not a handle"})


@rule()
def test_a_message_that_was_received_too_often_moves_to_the_dead_letters(aws):
    queue, dead = aws.queue_with_dead_letters(2, VisibilityTimeout="0")
    send(aws, queue, "poison")
    assert [receives(message) for _ in range(2) for message in receive(aws, queue)] == [1, 2]
    assert receive(aws, queue) == []
    (message,) = receive(aws, dead)
    assert message["Body"] == "poison"


@rule()
def test_a_message_stays_hidden_after_its_last_receive_before_it_moves(aws):
    queue, dead = aws.queue_with_dead_letters(1, VisibilityTimeout="1")
    send(aws, queue)
    receive(aws, queue)
    assert receive(aws, queue) == []
    assert receive(aws, dead) == []


@rule()
def test_a_message_that_is_delayed_comes_later(aws):
    queue = aws.queue()
    send(aws, queue, DelaySeconds=1)
    assert receive(aws, queue) == []
    aws.wait(1.2)
    assert len(receive(aws, queue)) == 1


@rule()
def test_hidden_messages_are_counted_apart(aws):
    queue = aws.queue()
    send(aws, queue)
    send(aws, queue)
    receive(aws, queue, MaxNumberOfMessages=1)
    told = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert told["ApproximateNumberOfMessages"] == told["ApproximateNumberOfMessagesNotVisible"] == "1"


@rule()
def test_a_queue_that_is_not_there_is_told_as_such(aws):
    with refused("AWS.SimpleQueueService.NonExistentQueue", 400):
        send(aws, aws.queue() + "-gone")
