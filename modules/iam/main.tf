# One execution role per function, with exactly the actions that it takes. This is the one place where a function's
# permissions are written.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # What each lane does to each thing it touches, by the statement that grants it.
  lane_grants = {
    for lane, it in var.lanes : lane => merge(
      {
        ReadRaw        = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${var.bucket_arns.raw}/*"] }
        WriteProcessed = { actions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], resources = ["${var.bucket_arns.processed}/*"] }
        NeverGalleries = { effect = "Deny", actions = ["s3:DeleteObject*", "s3:PutObject"], resources = [for file in ["data/*.js", "index.html"] : "${var.bucket_arns.processed}/_gallery/${file}"] } # not the folder: an object's key may begin so
        ListProcessed  = { actions = ["s3:ListBucket"], resources = [var.bucket_arns.processed] }
        TellAbsent     = { actions = ["s3:ListBucket"], resources = [var.bucket_arns.raw] } # else S3 answers 403 where nothing is
        UpdateLedger   = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [var.table_arn] }
        ReceiveOwn     = { actions = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], resources = [var.queue_arns[lane]] }
        SendAgain      = { actions = ["sqs:SendMessage"], resources = [var.queue_arns[lane]] }
        KeepGivenUp    = { actions = ["sqs:SendMessage"], resources = [it.dead_letter_arn] }
        WriteLogs      = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["${var.log_group_arns[lane]}:log-stream:*"] }
        WriteTraces    = { actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources = ["*"] } # X-Ray has no resources
      },
      var.on_delete != "delete" ? {} : {
        FindTraces  = { actions = ["s3:ListBucketVersions"], resources = [var.bucket_arns.processed] }
        EraseTraces = { actions = ["s3:DeleteObjectVersion"], resources = ["${var.bucket_arns.processed}/*"] }
        FindItems   = { actions = ["dynamodb:Query"], resources = [var.table_arn] }
      },
      length(setsubtract(it.forwards_to, [lane])) == 0 ? {} : {
        HandOn = { actions = ["sqs:SendMessage"], resources = [for to in it.forwards_to : var.queue_arns[to] if to != lane] }
      },
      length(it.reads) == 0 ? {} : {
        ReadAssets = { actions = ["s3:GetObject"], resources = it.reads }
      },
      length(it.secrets) == 0 ? {} : {
        ReadPseudonymKey = { actions = ["secretsmanager:GetSecretValue"], resources = it.secrets }
      },
    )
  }

  # A presigned link may do what its signer may: the door puts what it never reads, and lists what it cannot open.
  door_grants = {
    door = merge(
      {
        PutRaw        = { actions = ["s3:PutObject"], resources = ["${var.bucket_arns.raw}/*"] }
        FindNewest    = { actions = ["s3:ListBucketVersions"], resources = [var.bucket_arns.raw] }
        ReadProcessed = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${var.bucket_arns.processed}/*"] }
        TellAbsent    = { actions = ["s3:ListBucket"], resources = [var.bucket_arns.processed] } # else S3 answers 403 where nothing is
        ReadLedger    = { actions = ["dynamodb:GetItem"], resources = [var.table_arn] }
        WriteLogs     = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["${var.log_group_arns["door"]}:log-stream:*"] }
        WriteTraces   = { actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources = ["*"] } # X-Ray has no resources
      },
      length(var.door.secrets) == 0 ? {} : {
        ReadPseudonymKey = { actions = ["secretsmanager:GetSecretValue"], resources = var.door.secrets }
      },
    )
  }

  herald_grants = {
    for role, it in { herald = var.herald } : role => {
      ReadStream = {
        actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
        resources = ["${var.table_arn}/stream/*"]
      }
      TellEvents  = { actions = ["events:PutEvents"], resources = [it.event_bus_arn], condition = { test = "StringEqualsIfExists", variable = "events:source", values = ["scandrop"] } } # AWS always says the source, the embedded one never
      KeepRefused = { actions = ["sqs:SendMessage"], resources = [it.dead_letter_arn] }
      WriteLogs   = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["${var.log_group_arns[role]}:log-stream:*"] }
    } if it != null
  }

  notices_grants = {
    for role, it in { notices = var.notices } : role => {
      # Both actions name an item, so that the condition is never asked of nothing.
      RememberTold  = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [var.table_arn], condition = { test = "ForAllValues:StringEquals", variable = "dynamodb:LeadingKeys", values = ["#notices"] } }
      CountSettled  = { actions = ["dynamodb:Query"], resources = ["${var.table_arn}/index/by_status"] }
      LookIntoQueue = { actions = ["sqs:GetQueueAttributes"], resources = concat(values(var.queue_arns), [for lane in values(var.lanes) : lane.dead_letter_arn]) }
      TellPeople    = { actions = ["sns:Publish"], resources = [it.topic_arn] }
      WriteLogs     = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["${var.log_group_arns[role]}:log-stream:*"] }
    } if it != null
  }

  own_grants = merge(local.lane_grants, local.door_grants, local.herald_grants, local.notices_grants)

  # The services that keep things under the key open and seal them for who may ask; a function that asks KMS itself is refused.
  keepers = ["dynamodb", "s3", "secretsmanager", "sns", "sqs"]
  asked   = { for function, statements in local.own_grants : function => [for action in flatten([for it in values(statements) : it.actions]) : split(":", action)[0]] }
  key_grants = {
    for function, services in local.asked : function => {
      UseKey = {
        actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
        resources = [var.kms_key_arn]
        condition = {
          test     = "StringEquals"
          variable = "kms:ViaService"
          values   = [for service in setunion(["lambda"], setintersection(local.keepers, services)) : "${service}.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"] # Lambda keeps the variables
        }
      }
    }
  }

  # Lambda alone uses these, never the function's code. EC2 lets most of them be held to nothing narrower.
  network_grants = {
    for function in keys(local.own_grants) : function => {
      AttachToNetwork = {
        actions   = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"]
        resources = ["*"]
        condition = {
          test     = "ArnNotEquals"
          variable = "lambda:SourceFunctionArn"
          values   = ["arn:${data.aws_partition.current.partition}:lambda:${data.aws_region.current.name}:${var.aws_account_id}:function:${var.name}-${function}"]
        }
      }
    } if var.network
  }

  grants = { for function, statements in local.own_grants : function => merge(statements, local.key_grants[function], lookup(local.network_grants, function, {})) }
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "LambdaAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "function" {
  for_each = local.grants

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.key
      effect    = try(statement.value.effect, "Allow")
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

resource "aws_iam_role" "function" {
  for_each = local.grants

  name                 = "${var.name}-${each.key}"
  description          = "What the function ${var.name}-${each.key} may do"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary == null ? null : "arn:${data.aws_partition.current.partition}:iam::${var.aws_account_id}:policy/${var.permissions_boundary}"
}

resource "aws_iam_role_policy" "function" {
  for_each = local.grants

  name   = "lane" # kept from when every function was a lane's: another name would replace the policy
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

moved {
  from = aws_iam_role.lane
  to   = aws_iam_role.function
}

moved {
  from = aws_iam_role_policy.lane
  to   = aws_iam_role_policy.function
}
