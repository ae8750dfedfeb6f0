# What a person sees of an environment: logs, alarms that say what to type, and one dashboard.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region = data.aws_region.current.name
  lanes  = toset(var.lanes)

  # By name, because each function waits for its log group.
  functions = { for lane in local.lanes : lane => "${var.name}-${lane}" }

  alarms = merge([
    for lane in local.lanes : {
      "${lane}-dead-letters" = {
        metric      = "AWS/SQS ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = var.dead_letter_queues[lane].name }
        statistic   = "Maximum"
        above       = 0
        minutes     = 1
        times       = 1
        description = "The ${lane} lane gave up on an object. See why: scandrop logs --env ${var.environment} --lane ${lane}. Mend the cause, then try again: aws sqs start-message-move-task --region ${local.region} --source-arn ${var.dead_letter_queues[lane].arn}"
      }
      "${lane}-oldest-message" = {
        metric      = "AWS/SQS ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = var.queues[lane].name }
        statistic   = "Maximum"
        above       = max(900, 2 * var.queues[lane].visibility_timeout_s) # a first retry is no reason to wake anyone
        minutes     = 1
        times       = 5
        description = "An object has waited too long for the ${lane} lane. See what it does: scandrop status --env ${var.environment} --lane ${lane}. If it is only busy, raise its max_concurrency in env/${var.environment}.tfvars and type: ./deploy.sh ${var.environment}"
      }
      "${lane}-errors" = {
        metric      = "AWS/Lambda Errors"
        dimensions  = { FunctionName = local.functions[lane] }
        statistic   = "Sum"
        above       = 0 # a bad input is rejected, not an error
        minutes     = 5
        times       = 1
        description = "The ${lane} lane's function crashed, timed out or ran out of memory; the queue tries its objects again. See why: scandrop logs --env ${var.environment} --lane ${lane}"
      }
      "${lane}-throttles" = {
        metric      = "AWS/Lambda Throttles"
        dimensions  = { FunctionName = local.functions[lane] }
        statistic   = "Sum"
        above       = 0
        minutes     = 5
        times       = 3
        description = "The ${lane} lane's function has been throttled for 15 minutes: the account's concurrency is used up. See the limit: aws lambda get-account-settings --region ${local.region}"
      }
    }
  ]...)

  lane_graphs = {
    for lane in local.lanes : lane => [
      { title = "${lane}: objects by status", stat = "Sum", metrics = [
        # The handler's metrics; their service is the environment's name prefix.
        [{ expression = "SEARCH('{Scandrop,lane,service,status} lane=\"${lane}\" service=\"${var.name}\" MetricName=\"Objects\"', 'Sum')" }],
      ] },
      { title = "${lane}: waiting, in work, dead", stat = "Maximum", metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queues[lane].name],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.queues[lane].name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letter_queues[lane].name],
      ] },
      { title = "${lane}: age of the oldest message in seconds", stat = "Maximum", metrics = [
        ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.queues[lane].name],
      ] },
      { title = "${lane}: errors and throttles", stat = "Sum", metrics = [
        ["AWS/Lambda", "Errors", "FunctionName", local.functions[lane]],
        ["AWS/Lambda", "Throttles", "FunctionName", local.functions[lane]],
      ] },
    ]
  }

  shared_graphs = [
    { title = "99th percentile of duration in milliseconds", stat = "p99", metrics = [for lane in var.lanes : ["AWS/Lambda", "Duration", "FunctionName", local.functions[lane]]] },
    { title = "functions at work at once", stat = "Maximum", metrics = [for lane in var.lanes : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", local.functions[lane]]] },
  ]

  # One row of graphs per lane, and one that compares the lanes.
  rows = concat([for lane in var.lanes : local.lane_graphs[lane]], [local.shared_graphs])

  widgets = flatten([
    for row, graphs in local.rows : [
      for column, graph in graphs : {
        type       = "metric"
        x          = 24 / length(graphs) * column
        y          = 6 * row
        width      = 24 / length(graphs)
        height     = 6
        properties = merge(graph, { region = local.region, period = 60 })
      }
    ]
  ])
}

resource "aws_cloudwatch_log_group" "lane" {
  # checkov:skip=CKV_AWS_338:a day's logs answer a day's questions; the ledger and the manifests are the lasting record
  for_each = local.lanes

  name              = "/aws/lambda/${var.name}-${each.key}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AllowOurAlarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.aws_account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:cloudwatch:${local.region}:${var.aws_account_id}:alarm:${var.name}-*"]
    }
  }

  dynamic "statement" {
    for_each = var.tls_only ? ["DenyWithoutTls"] : []

    content {
      sid       = statement.value
      effect    = "Deny"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.alarms.arn]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "Bool"
        variable = "aws:SecureTransport"
        values   = ["false"]
      }
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.alert_emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "lane" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanThreshold"
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

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = local.widgets })
}
