# An EventBridge event for each settled object version, made from the ledger's stream: after the commit, and never of one
# that was not committed.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  function = "${var.name}-herald"
  day_s    = 24 * 60 * 60
}

# Where the place in the stream is kept that the herald could not get past. Lambda sends there under the herald's role.
resource "aws_sqs_queue" "dead_letter" {
  name                              = "${local.function}-dead"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.kms_key_arn
  message_retention_seconds         = 14 * local.day_s
  policy                            = var.tls_only ? data.aws_iam_policy_document.tls.json : null
}

data "aws_iam_policy_document" "tls" {
  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = ["arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.name}:${var.aws_account_id}:${local.function}-dead"]

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

resource "aws_lambda_function" "herald" {
  # checkov:skip=CKV_AWS_50:it makes one call and is timed by Lambda; the way of an object is traced in its lane
  # checkov:skip=CKV_AWS_115:a stream has one reader per shard, so that its concurrency is bounded by the table's traffic
  # checkov:skip=CKV_AWS_116:the event source mapping keeps what it gives up on in a queue of its own
  # checkov:skip=CKV_AWS_117:vpc_config is the environment's choice; without one it talks to AWS alone, by TLS and IAM
  # checkov:skip=CKV_AWS_272:source_code_hash pins the reproducible package that the deploy role alone can put here
  function_name    = local.function
  description      = "Tells EventBridge of each settled object"
  architectures    = [var.architecture]
  handler          = "scandrop.settled_events.handle"
  kms_key_arn      = var.kms_key_arn
  memory_size      = 256
  role             = var.role_arn
  runtime          = "python3.12"
  s3_bucket        = var.package.bucket
  s3_key           = var.package.key
  source_code_hash = var.package.sha256_base64
  timeout          = 60

  environment {
    variables = {
      SCANDROP_ENVIRONMENT      = var.environment
      SCANDROP_PROCESSED_BUCKET = var.processed_bucket
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = var.log_group
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config[*]

    content {
      security_group_ids = vpc_config.value.security_group_ids
      subnet_ids         = vpc_config.value.subnet_ids
    }
  }
}

resource "aws_lambda_event_source_mapping" "ledger" {
  batch_size                     = 100
  bisect_batch_on_function_error = true
  event_source_arn               = var.stream_arn
  function_name                  = aws_lambda_function.herald.arn
  function_response_types        = ["ReportBatchItemFailures"]
  maximum_record_age_in_seconds  = local.day_s # the stream keeps no more
  maximum_retry_attempts         = 100         # with Lambda's growing pauses: an outage of an hour or so costs no event
  starting_position              = "TRIM_HORIZON"

  # Whatever leaves an item settled is one settling of it, but for an erasure, which the herald passes over.
  filter_criteria {
    filter {
      pattern = jsonencode({ dynamodb = { NewImage = { status = { S = ["deleted", "rejected", "succeeded", "superseded"] } } } })
    }
  }

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.dead_letter.arn
    }
  }
}
