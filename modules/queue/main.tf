# What carries an object to its lane: an event rule, a queue and a dead-letter queue for each.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  max_receive_count = 5
  retention_s       = 14 * 24 * 60 * 60 # the most that SQS has: what a queue drops for its age is no dead letter

  suffixes = flatten([for lane in var.lanes : lane.suffixes])

  # A lane without suffixes takes every remaining key. EventBridge cannot ignore case inside anything-but, so both
  # usual spellings are listed; a key in mixed case (.Png) reaches its own lane and this one.
  key_patterns = merge(
    { for lane, it in var.lanes : lane => [for suffix in it.suffixes : { suffix = { equals-ignore-case = suffix } }] if length(it.suffixes) > 0 },
    { for lane, it in var.lanes : lane => [{ anything-but = { suffix = concat(local.suffixes, [for suffix in local.suffixes : upper(suffix)]) } }] if length(it.suffixes) == 0 },
  )

  # Built from names, because a queue's policy names the queue itself and each of a pair names the other.
  place            = "${data.aws_region.current.name}:${var.aws_account_id}"
  queue_arns       = { for lane in keys(var.lanes) : lane => "arn:${data.aws_partition.current.partition}:sqs:${local.place}:${var.name}-${lane}" }
  dead_letter_arns = { for lane, arn in local.queue_arns : lane => "${arn}-dead" }
  rule_arns        = { for lane in keys(var.lanes) : lane => "arn:${data.aws_partition.current.partition}:events:${local.place}:rule/${var.name}-${lane}" }

  # Lambda keeps a message for its function's time; six times that leaves room for its own retries.
  visibility_timeouts_s = { for lane, it in var.lanes : lane => 6 * it.timeout_s }
}

resource "aws_cloudwatch_event_rule" "lane" {
  for_each = var.lanes

  name        = "${var.name}-${each.key}"
  description = "Objects of ${var.raw_bucket} for the ${each.key} lane"

  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = var.on_delete == "delete" ? ["Object Created", "Object Deleted"] : ["Object Created"]
    detail = {
      bucket = { name = [var.raw_bucket] }
      object = { key = local.key_patterns[each.key] }
    }
  })
}

resource "aws_cloudwatch_event_target" "lane" {
  for_each = var.lanes

  rule      = aws_cloudwatch_event_rule.lane[each.key].name
  target_id = "queue"
  arn       = aws_sqs_queue.lane[each.key].arn

  # An event that EventBridge cannot deliver is kept like a message that failed.
  dead_letter_config {
    arn = aws_sqs_queue.dead_letter[each.key].arn
  }
}

data "aws_iam_policy_document" "queue" {
  for_each = merge(
    { for lane, arn in local.queue_arns : lane => { lane = lane, arn = arn } },
    { for lane, arn in local.dead_letter_arns : "${lane}-dead" => { lane = lane, arn = arn } },
  )

  statement {
    sid       = "AllowTheLanesRule"
    actions   = ["sqs:SendMessage"]
    resources = [each.value.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.aws_account_id]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.rule_arns[each.value.lane]]
    }
  }

  dynamic "statement" {
    for_each = var.tls_only ? ["DenyWithoutTls"] : []

    content {
      sid       = statement.value
      effect    = "Deny"
      actions   = ["sqs:*"]
      resources = [each.value.arn]

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

# Policies are inline: as resources of their own, each would wait another 25 seconds.
resource "aws_sqs_queue" "lane" {
  for_each = var.lanes

  name                              = "${var.name}-${each.key}"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.kms_key_arn
  message_retention_seconds         = local.retention_s
  policy                            = data.aws_iam_policy_document.queue[each.key].json
  visibility_timeout_seconds        = local.visibility_timeouts_s[each.key]

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[each.key].arn
    maxReceiveCount     = local.max_receive_count
  })
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = var.lanes

  name                              = "${var.name}-${each.key}-dead"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.kms_key_arn
  message_retention_seconds         = local.retention_s
  policy                            = data.aws_iam_policy_document.queue["${each.key}-dead"].json

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arns[each.key]]
  })
}
