# The key under which names and numbers become pseudonyms, who may find out what stood behind one, and the log of who did.
# The key itself is made after the apply and put here once (tools/pseudonym_key.py): a version that Terraform managed
# would be read back at each plan, and stand in its debug log.

data "aws_partition" "current" {}
data "aws_region" "current" {}

resource "aws_secretsmanager_secret" "key" {
  # checkov:skip=CKV2_AWS_57:another key would give every patient another pseudonym; docs/operating.md says when to change it
  name                    = "${var.name}-pseudonym-key"
  description             = "The key of ${var.name}'s pseudonyms; without it none can be made again or traced back"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
}

# Kept until an operator says otherwise: who may set how long a log is kept could end it tomorrow, so no deployment may.
resource "aws_cloudwatch_log_group" "audit" {
  name              = "/${var.name}/audit"
  kms_key_id        = var.kms_key_arn
  retention_in_days = 0 # for good

  lifecycle {
    ignore_changes = [retention_in_days]
  }
}

locals {
  # What those may do who ask whom a pseudonym stands for. The key opens nothing for them but what these services keep.
  grants = {
    ReadKey    = { actions = ["secretsmanager:GetSecretValue"], resources = [aws_secretsmanager_secret.key.arn] }
    Decrypt    = { actions = ["kms:Decrypt"], resources = [var.kms_key_arn], condition = { test = "StringEquals", variable = "kms:ViaService", values = [for service in ["dynamodb", "s3", "secretsmanager"] : "${service}.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"] } }
    FindRaw    = { actions = ["s3:ListBucket"], resources = [var.raw_bucket_arn] }
    ReadRaw    = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${var.raw_bucket_arn}/*"] }
    ReadLedger = { actions = ["dynamodb:BatchGetItem", "dynamodb:GetItem"], resources = [var.table_arn] }
    AskLedger  = { actions = ["dynamodb:Query"], resources = ["${var.table_arn}/index/*"] }
    # AWS asks for the stream; the embedded AWS, as the service's reference has it, for the group.
    WriteAudit  = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = [aws_cloudwatch_log_group.audit.arn] }
    WriteStream = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["${aws_cloudwatch_log_group.audit.arn}:log-stream:*"] }
  }
}

# For the people who may ask whom a pseudonym stands for. Nobody has it until it is attached.
data "aws_iam_policy_document" "reidentify" {
  dynamic "statement" {
    for_each = local.grants

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = try([statement.value.condition], [])

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_policy" "reidentify" {
  name        = "${var.name}-reidentify"
  description = "To find out what stands behind a pseudonym of ${var.name}, and to have that written down"
  policy      = data.aws_iam_policy_document.reidentify.json
}
