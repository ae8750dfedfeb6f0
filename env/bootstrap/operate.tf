# For whoever is on call: all that the runbooks have them type. Nobody has it until it is attached. Where keys are pseudonymous,
# to release and to reconcile takes the pseudonym key too, which the policy scandrop-<environment>-reidentify lets read.

locals {
  operates = {
    for name, arn in local.arns : name => {
      ReadState   = local.reads[name].ReadState
      UseStateKey = local.reads[name].UseStateKey
      ListObjects = { actions = ["s3:ListBucket", "s3:ListBucketVersions"], resources = [arn.raw, local.processed[name]], conditions = [] }
      # S3 tells of an object's head only whoever may read it, so of raw objects too.
      ReadObjects   = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${arn.raw}/*", "${local.processed[name]}/*"], conditions = [] }
      DeleteOrphans = { actions = ["s3:DeleteObject", "s3:DeleteObjectVersion"], resources = ["${local.processed[name]}/*"], conditions = [] }
      OpenItems     = { actions = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [arn.tables], conditions = [] }
      AskLedger     = { actions = ["dynamodb:Query", "dynamodb:Scan"], resources = ["${arn.tables}/index/*"], conditions = [] }
      SendAgain     = { actions = ["sqs:GetQueueAttributes", "sqs:SendMessage"], resources = [arn.queues], conditions = [] }
      OpenLetters   = { actions = ["sqs:ChangeMessageVisibility*", "sqs:DeleteMessage", "sqs:ReceiveMessage"], resources = ["${arn.queues}-dead"], conditions = [] } # the embedded AWS asks for ChangeMessageVisibilityBatch by its own name
      ReadLogs      = { actions = ["logs:FilterLogEvents"], resources = [arn.log_groups, "${arn.log_groups}:*"], conditions = [] }
      ReadMetrics   = { actions = ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], resources = ["*"], conditions = [] } # to find alarms by the beginning of their names takes all of them
      FindLogGroups = { actions = ["logs:DescribeLogGroups"], resources = ["*"], conditions = [] }
      UseKeyThrough = {
        actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
        resources = [arn.keys]
        conditions = concat(local.tagged[name], [
          { test = "StringEquals", variable = "kms:ViaService", values = [for service in ["dynamodb", "s3", "sqs"] : "${service}.${var.region}.${data.aws_partition.current.dns_suffix}"] },
        ])
      }
    }
  }

  processed = { for name in keys(var.environments) : name => "arn:${local.partition}:s3:::scandrop-${name}-processed-${var.aws_account_id}" }
}

resource "aws_iam_policy" "operate" {
  for_each = var.environments

  name        = "scandrop-${each.key}-operate"
  description = "To look after scandrop-${each.key}: what its runbooks have one type"
  policy      = data.aws_iam_policy_document.github["${each.key}-operate"].json
}
