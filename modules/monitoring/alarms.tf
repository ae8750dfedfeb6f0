# Each alarm's text says what it means, the command to type, and its runbook: the page of docs/runbooks that is called like
# the last part of the alarm's name. A line each, so that a command can be copied from a mail.

locals {
  to_see_logs = { for lane in keys(var.lanes) : lane => "scandrop logs --lane ${lane} --since 1h --env ${var.environment}" }

  lane_alarms = merge([
    for lane, it in var.lanes : {
      "${lane}-dead-letters" = {
        metric     = "AWS/SQS ApproximateNumberOfMessagesVisible"
        dimensions = { QueueName = it.dead_letter_queue.name }
        statistic  = "Maximum"
        above      = 0
        minutes    = 1
        times      = 1
        text       = "The ${lane} lane gave up on an object.\nSee why: scandrop failures --lane ${lane} --env ${var.environment}\nTry again, once the cause is mended: scandrop failures redrive --lane ${lane} --env ${var.environment}"
      }
      "${lane}-missed-events" = {
        metric     = "AWS/Events InvocationsFailedToBeSentToDlq"
        dimensions = { RuleName = "${var.name}-${lane}" }
        statistic  = "Sum"
        above      = 0
        minutes    = 5
        times      = 1
        text       = "EventBridge got an event of the ${lane} lane into neither its queue nor its dead-letter queue, so that nothing but the bucket knows of that object.\nSee which: scandrop reconcile --env ${var.environment}\nHave them processed, once the cause is mended: scandrop reconcile --heal --env ${var.environment}"
      }
      "${lane}-oldest-message" = {
        metric     = "AWS/SQS ApproximateAgeOfOldestMessage"
        dimensions = { QueueName = it.queue_name }
        statistic  = "Maximum"
        above      = it.objective_s
        minutes    = 1
        times      = 5
        text       = "An object has waited longer for the ${lane} lane than its objective of ${it.objective_s} seconds.\nSee whether it works: scandrop status --lane ${lane} --since 1h --env ${var.environment}"
      }
      "${lane}-errors" = {
        metric     = "AWS/Lambda Errors"
        dimensions = { FunctionName = local.functions[lane] }
        statistic  = "Sum"
        above      = 0
        minutes    = ceil(it.retry_s / 60)
        times      = 3
        bad        = 2 # the next try mends one; a bad input is rejected, not an error
        text       = "The ${lane} lane's function crashed, timed out or ran out of memory, and did so again when the queue tried once more, ${ceil(it.retry_s / 60)} minutes later.\nSee why: scandrop logs --lane ${lane} --since ${ceil(3 * it.retry_s / 3600)}h --env ${var.environment}"
      }
      "${lane}-throttles" = {
        metric     = "AWS/Lambda Throttles"
        dimensions = { FunctionName = local.functions[lane] }
        statistic  = "Sum"
        above      = 0
        minutes    = 5
        times      = 3
        text       = "The ${lane} lane's function has been throttled for 15 minutes: the account's concurrency is used up.\nSee the limit: aws lambda get-account-settings --region ${local.region}"
      }
    }
  ]...)

  # A share needs enough to be one of: a single failed try or rejected file is no reason to wake anyone. The lane that takes
  # what no other does rejects for a living.
  share_alarms = merge(
    { for lane in keys(var.lanes) : "${lane}-failing" => {
      metric     = "Scandrop FailedTry"
      dimensions = { lane = lane, service = var.name }
      above      = 25
      text       = "More than a quarter of the ${lane} lane's tries have failed for 15 minutes; the queue tries each object five times.\nSee why: ${local.to_see_logs[lane]}"
    } },
    { for lane, it in var.lanes : "${lane}-rejected" => {
      metric     = "Scandrop Rejected"
      dimensions = { lane = lane, service = var.name }
      above      = 50
      text       = "More than half of what the ${lane} lane took in 15 minutes was rejected: somebody sends the wrong files, or a setting is wrong.\nSee the reasons: scandrop status --status rejected --lane ${lane} --since 1h --env ${var.environment}"
    } if it.has_suffixes },
    { "door-unavailable" = {
      metric     = "AWS/ApiGateway 5XXError"
      dimensions = { ApiName = "${var.name}-door" }
      above      = 5
      text       = "The upload door has answered more than one of twenty requests with an error of its own for 15 minutes.\nSee why: scandrop logs --lane door --since 1h --env ${var.environment}"
    } },
  )
  enough_for_a_share = 20

  # Of what stands beside the lanes, where it does.
  further_alarms = merge([for further, alarms in {
    door = {
      "door-throttles" = {
        metric     = "AWS/Lambda Throttles"
        dimensions = { FunctionName = "${var.name}-door" }
        statistic  = "Sum"
        above      = 0
        minutes    = 5
        times      = 3
        text       = "The upload door's function has been throttled for 15 minutes: the account's concurrency is used up.\nSee the limit: aws lambda get-account-settings --region ${local.region}"
      }
    }
    herald = {
      "herald-lost-events" = {
        metric     = "AWS/SQS ApproximateNumberOfMessagesVisible"
        dimensions = { QueueName = "${var.name}-herald-dead" }
        statistic  = "Maximum"
        above      = 0
        minutes    = 1
        times      = 1
        text       = "Settled objects were not told of as events, and are not going to be.\nSee why: scandrop logs --lane herald --since 1d --env ${var.environment}"
      }
      "herald-late-events" = {
        metric     = "AWS/Lambda IteratorAge"
        dimensions = { FunctionName = "${var.name}-herald" }
        statistic  = "Maximum"
        above      = 15 * 60 * 1000
        minutes    = 5
        times      = 3
        text       = "Events of settled objects are more than 15 minutes late; after a day they are lost.\nSee why: scandrop logs --lane herald --since 1h --env ${var.environment}"
      }
    }
    notices = {
      "notices-untold-batches" = {
        metric     = "AWS/Lambda Errors"
        dimensions = { FunctionName = "${var.name}-notices" }
        statistic  = "Sum"
        above      = 0
        minutes    = 5
        times      = 3
        text       = "Nobody is told when a batch is through.\nSee why: scandrop logs --lane notices --since 1h --env ${var.environment}"
      }
    }
  } : alarms if contains(keys(local.functions), further)]...)

  single_alarms = merge(local.lane_alarms, local.further_alarms)
}

resource "aws_cloudwatch_metric_alarm" "single" {
  for_each = local.single_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.text}\nRunbook: docs/runbooks/${replace(each.key, "/^[a-z]+-/", "")}.md"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanThreshold"
  datapoints_to_alarm = try(each.value.bad, null)
  dimensions          = each.value.dimensions
  evaluation_periods  = each.value.times
  metric_name         = split(" ", each.value.metric)[1]
  namespace           = split(" ", each.value.metric)[0]
  ok_actions          = [aws_sns_topic.alarms.arn]
  period              = 60 * each.value.minutes
  statistic           = each.value.statistic
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "share" {
  for_each = local.share_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.text}\nRunbook: docs/runbooks/${replace(each.key, "/^[a-z]+-/", "")}.md"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  ok_actions          = [aws_sns_topic.alarms.arn]
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"

  # The metric is 1 or 0 for each try or object, so that its average is the share and its samples are all of them.
  metric_query {
    id          = "percent"
    expression  = "IF(samples >= ${local.enough_for_a_share}, 100 * average, 0)"
    label       = "percent"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { average = "Average", samples = "SampleCount" }

    content {
      id = metric_query.key

      metric {
        dimensions  = each.value.dimensions
        metric_name = split(" ", each.value.metric)[1]
        namespace   = split(" ", each.value.metric)[0]
        period      = 900
        stat        = metric_query.value
      }
    }
  }
}

moved {
  from = aws_cloudwatch_metric_alarm.lane
  to   = aws_cloudwatch_metric_alarm.single
}
