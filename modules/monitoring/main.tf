# What a person sees of an environment: logs, alarms that say what to type, a budget, saved queries and one dashboard.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region = data.aws_region.current.name

  # By name, because each function waits for its log group.
  lane_functions = { for lane in keys(var.lanes) : lane => "${var.name}-${lane}" }
  functions      = merge(local.lane_functions, { for further in concat(["door"], var.further_functions) : further => "${var.name}-${further}" })
}

resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_338:a day's logs answer a day's questions; the ledger and the manifests are the lasting record
  for_each = local.functions

  name              = "/aws/lambda/${each.value}"
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
    for_each = local.budgets

    content {
      sid       = "AllowOurBudget"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.alarms.arn]

      principals {
        type        = "Service"
        identifiers = ["budgets.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.aws_account_id]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${data.aws_partition.current.partition}:budgets::${var.aws_account_id}:budget/${var.name}"]
      }
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

moved {
  from = aws_cloudwatch_log_group.lane
  to   = aws_cloudwatch_log_group.function
}
