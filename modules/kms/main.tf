# One customer-managed key encrypts everything of an environment.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name

  # Services that write to an encrypted queue or topic, each held to the sources that are ours.
  senders = {
    # Budgets belong to the account and to no region; the topic's own policy holds them to this environment's.
    BudgetToTopic = { service = "budgets.amazonaws.com", source = "budgets::${var.aws_account_id}:*" }
    AlarmsToTopic = { service = "cloudwatch.amazonaws.com", source = "cloudwatch:${local.region}:${var.aws_account_id}:alarm:${var.name}-*" }
    EventsToQueue = { service = "events.amazonaws.com", source = "events:${local.region}:${var.aws_account_id}:rule/${var.name}-*" }
  }
}

data "aws_iam_policy_document" "key" {
  # checkov:skip=CKV_AWS_109:a key policy's only resource is its own key, written as "*"
  # checkov:skip=CKV_AWS_111:a key policy's only resource is its own key, written as "*"
  # checkov:skip=CKV_AWS_356:a key policy's only resource is its own key, written as "*"

  statement {
    sid       = "AccountDecidesByItsPolicies"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.aws_account_id}:root"]
    }
  }

  statement {
    sid       = "LogGroups"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [for group in ["/aws/apigateway/${var.name}-door", "/aws/lambda/${var.name}-*", "/${var.name}/audit"] : "arn:${local.partition}:logs:${local.region}:${var.aws_account_id}:log-group:${group}"]
    }
  }

  dynamic "statement" {
    for_each = local.senders

    content {
      sid       = statement.key
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.aws_account_id]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${local.partition}:${statement.value.source}"]
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Encrypts all that ${var.name} stores"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
