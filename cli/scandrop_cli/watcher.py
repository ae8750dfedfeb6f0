"""Looking at an environment again and again, with few requests: queues, ledger, alarms."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scandrop.queues import DELAYED, IN_WORK, WAITING
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.records import Question, Record, recent
from scandrop_cli.watch import WINDOW_MINUTES, Look, Monitored, Queue, Seen, View, view

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricTypeDef

_OVERLAP = timedelta(seconds=10)  # the ledger's indexes lag behind it, and machines' clocks differ
_MONITORED_EVERY = timedelta(minutes=1)  # CloudWatch knows nothing newer
_LATE = timedelta(minutes=5)  # by so much a queue's age may come late
_QUEUE_KEEPS = timedelta(days=14)  # what is older waits in no queue
_MOST_RECORDS, _MOST_OPEN = 20_000, 1000  # of the ledger in one look


class Watcher:
    """Looks at an environment again and again; a look that AWS refuses is made up for by the next one."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._seen: Seen | None = None

    def look(self) -> View:
        """Ask AWS for what changed since the last look. Raises as botocore does."""
        at, before = datetime.now(UTC), self._seen
        if before is None:
            records = [*self._open(at), *self._changed(at - timedelta(minutes=WINDOW_MINUTES))]
        else:
            records = self._changed(before.look.at - _OVERLAP)
        self._seen = Seen.after(Look(at, self._queues(), records, self._monitored(at)), before)
        return view(self._environment, self._seen)

    def _changed(self, since: datetime) -> list[Record]:
        return recent(self._environment, Question(since, _MOST_RECORDS))

    def _open(self, at: datetime) -> list[Record]:
        since = at - _QUEUE_KEEPS
        questions = [Question(since, _MOST_OPEN, status) for status in ("processing", "failed")]
        return [record for question in questions for record in recent(self._environment, question)]

    def _queues(self) -> dict[str, Queue]:
        environment = self._environment
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            lanes = pool.map(self._attributes, environment.queue_urls.values())
            dead = pool.map(self._attributes, [environment.dead_letter_queue_urls[it] for it in environment.queue_urls])
            return {
                lane: Queue(
                    waiting=int(mine[WAITING]) + int(mine[DELAYED]),
                    in_work=int(mine[IN_WORK]),
                    dead_letters=int(theirs[WAITING]),
                    tries=int(json.loads(mine["RedrivePolicy"])["maxReceiveCount"]),
                )
                for lane, mine, theirs in zip(environment.queue_urls, lanes, dead, strict=True)
            }

    def _attributes(self, url: str) -> Mapping[str, str]:
        answer = self._environment.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=[WAITING, DELAYED, IN_WORK, "RedrivePolicy"]
        )
        return {str(name): value for name, value in answer["Attributes"].items()}

    def _monitored(self, at: datetime) -> Monitored:
        if self._seen and at - self._seen.look.monitored.at < _MONITORED_EVERY:
            return self._seen.look.monitored
        cloudwatch, queue_urls = self._environment.cloudwatch, self._environment.queue_urls
        raised = cloudwatch.describe_alarms(
            AlarmNamePrefix=f"scandrop-{self._environment.name}-", StateValue="ALARM", AlarmTypes=["MetricAlarm"]
        )
        queries = [_age_query(number, url) for number, url in enumerate(queue_urls.values())]
        answer = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=at - _LATE, EndTime=at)
        ages = {entry["Id"]: entry["Values"] for entry in answer["MetricDataResults"]}
        oldest_s = {lane: ages[f"lane{number}"][0] for number, lane in enumerate(queue_urls) if ages[f"lane{number}"]}
        # the embedded AWS heeds one of the two conditions
        alarms = {
            alarm["AlarmName"]: alarm.get("AlarmDescription", "")
            for alarm in raised["MetricAlarms"]
            if alarm["StateValue"] == "ALARM"
        }
        return Monitored(at, alarms, oldest_s)


def _age_query(number: int, url: str) -> "MetricDataQueryTypeDef":
    metric: MetricTypeDef = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
    }
    return {"Id": f"lane{number}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
