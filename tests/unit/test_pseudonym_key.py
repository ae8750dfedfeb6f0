"""The pseudonym key of an environment is made once, replaced by nothing, and never read where it is made."""

import boto3
import pytest
from cli_stack import deployed

from scandrop.pseudonyms import key_of
from scandrop_cli.errors import OperatorError
from tools import pseudonym_key


@pytest.fixture
def world(tmp_path):
    with deployed(tmp_path) as made:
        yield made


@pytest.fixture
def secret(world):  # noqa: ARG001  # the secret is made in its stack
    """An environment whose secret has no value yet, as Terraform leaves it, and a look at what it holds."""
    client = boto3.client("secretsmanager", region_name="us-east-1")
    client.create_secret(Name="scandrop-test-pseudonym-key")
    return lambda: client.get_secret_value(SecretId="scandrop-test-pseudonym-key")["SecretString"]


def test_a_key_is_made_once_and_is_long_enough(world, secret):
    assert pseudonym_key.ensure(world.environment)
    first = secret()
    assert len(first) == 64
    assert key_of(first)
    assert not pseudonym_key.ensure(world.environment)
    assert secret() == first


def test_a_key_that_an_operator_brought_stays(world, secret):
    brought = "brought from the hospital's vault: 7d0f"
    boto3.client("secretsmanager").put_secret_value(SecretId="scandrop-test-pseudonym-key", SecretString=brought)
    assert not pseudonym_key.ensure(world.environment)
    assert secret() == brought


def test_a_secret_that_is_marked_for_deletion_is_said_to_be_with_what_restores_it(world, secret):
    pseudonym_key.ensure(world.environment)
    boto3.client("secretsmanager").delete_secret(SecretId="scandrop-test-pseudonym-key")
    with pytest.raises(OperatorError, match="of test is marked for deletion") as trouble:
        pseudonym_key.ensure(world.environment)
    where = "--region us-east-1 --secret-id scandrop-test-pseudonym-key"
    assert trouble.value.mend == f"aws secretsmanager restore-secret {where}"
    boto3.client("secretsmanager").restore_secret(SecretId="scandrop-test-pseudonym-key")
    assert len(secret()) == 64


@pytest.mark.parametrize("value", [{"SecretString": "short"}, {"SecretBinary": b"k" * 64}])
def test_a_value_that_can_be_no_key_stays_and_nobody_claims_that_it_is_one(world, secret, monkeypatch, capsys, value):
    boto3.client("secretsmanager").put_secret_value(SecretId="scandrop-test-pseudonym-key", **value)
    monkeypatch.chdir(world.root)
    monkeypatch.setattr("sys.argv", ["pseudonym_key", "test"])
    pseudonym_key.main()
    assert capsys.readouterr().out.startswith("test has a value in its secret already, and it stays. It was not read")
    assert "SecretBinary" in value or secret() == "short"


def test_of_two_that_make_it_at_once_the_first_wins(world, secret, monkeypatch):
    real, rivals = pseudonym_key.secrets.token_urlsafe, []

    def with_a_rival(count):
        if not rivals:
            rivals.append(True)
            assert pseudonym_key.ensure(world.environment)
            rivals.append(secret())
        return real(count)

    monkeypatch.setattr(pseudonym_key.secrets, "token_urlsafe", with_a_rival)
    assert not pseudonym_key.ensure(world.environment)
    assert secret() == rivals[1]


def test_who_makes_the_key_never_reads_one(world, secret, monkeypatch):
    called, client = [], boto3.client

    def watched(*arguments, **named):
        made = client(*arguments, **named)
        made.meta.events.register("before-call", lambda model, **_: called.append(model.name))
        return made

    environment = world.environment
    monkeypatch.setattr(boto3, "client", watched)
    for _ in range(2):
        pseudonym_key.ensure(environment)
    assert called == ["DescribeSecret", "PutSecretValue", "DescribeSecret"]
    assert secret()


def test_the_key_is_shown_to_nobody(world, secret, monkeypatch, capsys):
    monkeypatch.chdir(world.root)
    monkeypatch.setattr("sys.argv", ["pseudonym_key", "test"])
    pseudonym_key.main()
    shown = capsys.readouterr()
    assert shown.out == "test has a new pseudonym key.\n"
    assert secret() not in shown.out + shown.err
