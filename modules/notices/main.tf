# A message to people when a batch is through: when nothing waits, nothing is in work and all has been quiet for a while.

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.notices.arn]

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

resource "aws_sns_topic" "notices" {
  name              = "${var.name}-notices"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "notices" {
  for_each = var.tls_only ? toset(["tls"]) : []

  arn    = aws_sns_topic.notices.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.emails)

  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_lambda_function" "notices" {
  # checkov:skip=CKV_AWS_50:it is asked once in five minutes and timed by Lambda; the way of an object is traced in its lane
  # checkov:skip=CKV_AWS_115:a schedule invokes it, one at a time
  # checkov:skip=CKV_AWS_116:the next look, five minutes later, tells what this one could not
  # checkov:skip=CKV_AWS_117:vpc_config is the environment's choice; without one it talks to AWS alone, by TLS and IAM
  # checkov:skip=CKV_AWS_272:source_code_hash pins the reproducible package that the deploy role alone can put here
  function_name    = "${var.name}-notices"
  description      = "Tells people when a batch is through"
  architectures    = [var.architecture]
  handler          = "scandrop.notices.handle"
  kms_key_arn      = var.kms_key_arn
  memory_size      = 256
  role             = var.role_arn
  runtime          = "python3.12"
  s3_bucket        = var.package.bucket
  s3_key           = var.package.key
  source_code_hash = var.package.sha256_base64
  timeout          = 120

  environment {
    variables = {
      SCANDROP_DEAD_LETTER_QUEUE_URLS = jsonencode(var.dead_letter_queue_urls)
      SCANDROP_ENVIRONMENT            = var.environment
      SCANDROP_QUEUE_URLS             = jsonencode(var.queue_urls)
      SCANDROP_QUIET_MINUTES          = var.quiet_minutes
      SCANDROP_TABLE                  = var.table_name
      SCANDROP_TOPIC_ARN              = aws_sns_topic.notices.arn
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

resource "aws_cloudwatch_event_rule" "look" {
  name                = "${var.name}-notices"
  description         = "Looks whether a batch is through"
  schedule_expression = "rate(5 minutes)"
}

resource "aws_lambda_permission" "look" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.notices.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.look.arn
  statement_id  = "schedule"
}

resource "aws_cloudwatch_event_target" "look" {
  rule      = aws_cloudwatch_event_rule.look.name
  target_id = "function"
  arn       = aws_lambda_function.notices.arn

  depends_on = [aws_lambda_permission.look]
}
