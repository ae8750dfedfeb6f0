# What the roles may do. All of it is held to what carries the environment's name or, where AWS makes up the name
# (keys, event source mappings), its tag or its function.

locals {
  arns = {
    for name in keys(var.environments) : name => {
      access_log = "arn:${local.partition}:logs:${var.region}:${var.aws_account_id}:log-group:/aws/apigateway/scandrop-${name}-door"
      alarms     = "arn:${local.partition}:cloudwatch:${var.region}:${var.aws_account_id}:alarm:scandrop-${name}-*"
      alias      = "arn:${local.partition}:kms:${var.region}:${var.aws_account_id}:alias/scandrop-${name}"
      api_kinds  = [for kind in ["apikeys", "restapis", "usageplans"] : "arn:${local.partition}:apigateway:${var.region}::/${kind}"]
      api_tags   = "arn:${local.partition}:apigateway:${var.region}::/tags/*"
      apis       = [for kind in ["apikeys", "restapis", "usageplans"] : "arn:${local.partition}:apigateway:${var.region}::/${kind}/*"]
      artifacts  = "arn:${local.partition}:s3:::scandrop-${name}-artifacts-${var.aws_account_id}"
      audit      = "arn:${local.partition}:logs:${var.region}:${var.aws_account_id}:log-group:/scandrop-${name}/audit"
      budget     = "arn:${local.partition}:budgets::${var.aws_account_id}:budget/scandrop-${name}"
      boundary   = "${local.account}:policy/scandrop-${name}-boundary"
      bus        = "arn:${local.partition}:events:${var.region}:${var.aws_account_id}:event-bus/default"
      buckets    = "arn:${local.partition}:s3:::scandrop-${name}-*-${var.aws_account_id}"
      dashboard  = "arn:${local.partition}:cloudwatch::${var.aws_account_id}:dashboard/scandrop-${name}"
      functions  = "arn:${local.partition}:lambda:${var.region}:${var.aws_account_id}:function:scandrop-${name}-*"
      groups     = "arn:${local.partition}:xray:${var.region}:${var.aws_account_id}:group/scandrop-${name}/*"
      github     = [for use in ["deploy", "plan"] : "${local.account}:role/scandrop-${name}-${use}"]
      keys       = "arn:${local.partition}:kms:${var.region}:${var.aws_account_id}:key/*"
      layers     = "arn:${local.partition}:lambda:${var.region}:${var.aws_account_id}:layer:scandrop-${name}-*"
      log_groups = "arn:${local.partition}:logs:${var.region}:${var.aws_account_id}:log-group:/aws/lambda/scandrop-${name}-*"
      mappings   = "arn:${local.partition}:lambda:${var.region}:${var.aws_account_id}:event-source-mapping:*"
      queues     = "arn:${local.partition}:sqs:${var.region}:${var.aws_account_id}:scandrop-${name}-*"
      raw        = "arn:${local.partition}:s3:::scandrop-${name}-raw-${var.aws_account_id}"
      reidentify = "${local.account}:policy/scandrop-${name}-reidentify"
      roles      = "${local.account}:role/scandrop-${name}-*"
      rules      = "arn:${local.partition}:events:${var.region}:${var.aws_account_id}:rule/scandrop-${name}-*"
      secrets    = "arn:${local.partition}:secretsmanager:${var.region}:${var.aws_account_id}:secret:scandrop-${name}-*"
      state      = "${local.state_bucket_arn}/${name}.tfstate"
      tables     = "arn:${local.partition}:dynamodb:${var.region}:${var.aws_account_id}:table/scandrop-${name}-*"
      topics     = "arn:${local.partition}:sns:${var.region}:${var.aws_account_id}:scandrop-${name}-*"
      versions   = "arn:${local.partition}:lambda:${var.region}:${var.aws_account_id}:layer:scandrop-${name}-*:*"
    }
  }

  bounded = {
    for name, arn in local.arns : name => [{ test = "StringEquals", variable = "iam:PermissionsBoundary", values = [arn.boundary] }]
  }

  tagged = {
    for name in keys(var.environments) : name => [
      { test = "StringEquals", variable = "aws:ResourceTag/environment", values = [name] },
      { test = "StringEquals", variable = "aws:ResourceTag/project", values = ["scandrop"] },
    ]
  }

  reads = {
    for name, arn in local.arns : name => {
      ReadState = { actions = ["s3:GetObject"], resources = [arn.state], conditions = [] }
      # The bucket's keys are names of environments. A prefix as a condition would turn "no state yet" into "forbidden".
      FindState   = { actions = ["s3:ListBucket"], resources = [local.state_bucket_arn], conditions = [] }
      UseStateKey = { actions = ["kms:Decrypt"], resources = [aws_kms_key.state.arn], conditions = [] }
      ReadBuckets = {
        actions = [
          "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
        ]
        resources = [arn.buckets], conditions = []
      }
      ReadPackages = { actions = ["s3:GetObject", "s3:GetObjectTagging"], resources = ["${arn.artifacts}/*"], conditions = [] }
      ReadTable = {
        actions   = ["dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource"]
        resources = [arn.tables], conditions = []
      }
      ReadQueues = { actions = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"], resources = [arn.queues], conditions = [] }
      ReadRules  = { actions = ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"], resources = [arn.rules], conditions = [] }
      ReadFunctions = {
        actions   = ["lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConfiguration", "lambda:GetFunctionRecursionConfig", "lambda:GetLayerVersion", "lambda:GetPolicy", "lambda:ListVersionsByFunction"]
        resources = [arn.functions, arn.layers, arn.versions], conditions = []
      }
      ReadMappings = { actions = ["lambda:GetEventSourceMapping", "lambda:ListTags"], resources = [arn.functions, arn.mappings], conditions = [] }
      ReadRoles = {
        actions = [
          "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
          "iam:ListEntitiesForPolicy", "iam:ListInstanceProfilesForRole", "iam:ListPolicyVersions", "iam:ListRolePolicies",
        ]
        resources = [arn.reidentify, arn.roles], conditions = []
      }
      # AWS makes up their names, and whoever reads an API key or a usage plan's keys reads their values.
      ReadApis      = { actions = ["apigateway:GET"], resources = arn.apis, conditions = local.tagged[name] }
      ReadLogGroups = { actions = ["logs:ListTagsForResource"], resources = [arn.access_log, "${arn.access_log}:*", arn.audit, "${arn.audit}:*", arn.log_groups, "${arn.log_groups}:*"], conditions = [] }
      FindSecret    = { actions = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"], resources = [arn.secrets], conditions = [] } # never its value
      ReadAlarms    = { actions = ["cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"], resources = [arn.alarms, arn.dashboard], conditions = [] }
      ReadBudget    = { actions = ["budgets:ListTagsForResource", "budgets:ViewBudget"], resources = [arn.budget], conditions = [] }
      ReadTraces    = { actions = ["xray:GetGroup", "xray:ListTagsForResource"], resources = [arn.groups], conditions = [] }
      ReadTopics    = { actions = ["sns:GetTopicAttributes", "sns:ListTagsForResource"], resources = [arn.topics], conditions = [] }
      ReadKey = {
        actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
        resources = [arn.keys], conditions = local.tagged[name]
      }
      # To look at the private network, and to put functions into it. To change it takes an operator's own rights.
      ReadNetwork = {
        actions   = [for what in ["FlowLogs", "NetworkAcls", "PrefixLists", "RouteTables", "SecurityGroups", "Subnets", "VpcAttribute", "VpcEndpoints", "Vpcs"] : "ec2:Describe${what}"]
        resources = ["*"], conditions = []
      }
      ReadWhatHasNoName = { actions = ["kms:ListAliases", "logs:DescribeLogGroups", "logs:DescribeQueryDefinitions", "sns:GetSubscriptionAttributes"], resources = ["*"], conditions = [] }
    }
  }

  writes = {
    for name, arn in local.arns : name => {
      WriteState  = { actions = ["s3:PutObject"], resources = [arn.state], conditions = [] }
      LockState   = { actions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], resources = ["${arn.state}.tflock"], conditions = [] }
      UseStateKey = { actions = ["kms:GenerateDataKey"], resources = [aws_kms_key.state.arn], conditions = [] }
      MakeBuckets = {
        actions = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketCORS", "s3:PutBucketLogging", "s3:PutBucketNotification",
          "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging",
          "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
        ]
        resources = [arn.buckets], conditions = []
      }
      PutPackages = {
        actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"]
        resources = ["${arn.artifacts}/*"], conditions = []
      }
      FindPackages = { actions = ["s3:ListBucketVersions"], resources = [arn.artifacts], conditions = [] } # the provider deletes each version of one
      MakeTable = {
        actions   = ["dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive"]
        resources = [arn.tables], conditions = []
      }
      MakeQueues = { actions = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"], resources = [arn.queues], conditions = [] }
      MakeRules = {
        actions   = ["events:DeleteRule", "events:PutRule", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
        resources = [arn.rules], conditions = []
      }
      # Events hold raw keys, so that a rule sends them nowhere else.
      AimRules = {
        actions   = ["events:PutTargets"]
        resources = [arn.rules]
        conditions = [
          { test = "ForAllValues:ArnLike", variable = "events:TargetArn", values = [arn.functions, arn.queues] },
          { test = "Null", variable = "events:TargetArn", values = ["false"] },
        ]
      }
      MakeFunctions = {
        actions = [
          "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:DeleteLayerVersion", "lambda:PublishLayerVersion", "lambda:PutFunctionRecursionConfig", "lambda:RemovePermission", "lambda:TagResource",
          "lambda:UntagResource", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
        ]
        resources = [arn.functions, arn.layers, arn.mappings, arn.versions], conditions = [] # of mappings, their tags
      }
      OpenFunctions = {
        actions    = ["lambda:AddPermission"]
        resources  = [arn.functions]
        conditions = [{ test = "StringEquals", variable = "lambda:Principal", values = ["apigateway.amazonaws.com", "events.amazonaws.com"] }]
      }
      MakeMappings = {
        actions    = ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
        resources  = ["*"]
        conditions = [{ test = "ArnLike", variable = "lambda:FunctionArn", values = [arn.functions] }]
      }
      MakeRoles = { actions = ["iam:CreateRole", "iam:PutRolePolicy"], resources = [arn.roles], conditions = local.bounded[name] }
      KeepRoles = {
        actions   = ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
        resources = [arn.roles], conditions = []
      }
      PassRoles = { actions = ["iam:PassRole"], resources = [arn.roles], conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["lambda.amazonaws.com"] }] }
      MakeLogGroups = {
        actions = [
          "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy",
          "logs:DisassociateKmsKey", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
        ]
        resources = [arn.access_log, "${arn.access_log}:*", arn.log_groups, "${arn.log_groups}:*"], conditions = []
      }
      # API Gateway makes up its ids. Its API, key and usage plan are made with their tags, and what lies below them has theirs.
      MakeApis = {
        actions   = ["apigateway:POST"]
        resources = arn.api_kinds
        conditions = [
          { test = "StringEquals", variable = "aws:RequestTag/environment", values = [name] },
          { test = "StringEquals", variable = "aws:RequestTag/project", values = ["scandrop"] },
        ]
      }
      KeepApis = { actions = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"], resources = arn.apis, conditions = local.tagged[name] }
      # AWS does not say whether it looks at the tags that stand when it is asked to change them: where it does, another environment's hold.
      TagApis = {
        actions   = ["apigateway:DELETE", "apigateway:POST", "apigateway:PUT"]
        resources = [arn.api_tags]
        conditions = [
          { test = "StringEqualsIfExists", variable = "aws:ResourceTag/environment", values = [name] },
          { test = "StringEqualsIfExists", variable = "aws:RequestTag/environment", values = [name] },
        ]
      }
      # A stage is only made by who may have its access log delivered.
      DeliverAccessLog = {
        actions   = ["logs:*LogDelivery", "logs:DescribeResourcePolicies", "logs:ListLogDeliveries", "logs:PutResourcePolicy"]
        resources = ["*"], conditions = []
      }
      # To delete an audit, or to let it end after some days, takes an operator's own rights.
      MakeAudit = {
        actions   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:TagResource", "logs:UntagResource"]
        resources = [arn.audit, "${arn.audit}:*"], conditions = []
      }
      MakeSecret = {
        actions   = ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret"]
        resources = [arn.secrets], conditions = []
      }
      MakePolicy = {
        actions   = ["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:TagPolicy", "iam:UntagPolicy"]
        resources = [arn.reidentify], conditions = []
      }
      MakeAlarms = {
        actions   = ["cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        resources = [arn.alarms, arn.dashboard], conditions = []
      }
      MakeBudget  = { actions = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"], resources = [arn.budget], conditions = [] }
      MakeTraces  = { actions = ["xray:CreateGroup", "xray:DeleteGroup", "xray:TagResource", "xray:UntagResource", "xray:UpdateGroup"], resources = [arn.groups], conditions = [] }
      SaveQueries = { actions = ["logs:DeleteQueryDefinition", "logs:PutQueryDefinition"], resources = ["*"], conditions = [] } # AWS makes up their names
      MakeTopics = {
        actions   = ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:TagResource", "sns:UntagResource"]
        resources = [arn.topics], conditions = []
      }
      TellByEmail      = { actions = ["sns:Subscribe"], resources = [arn.topics], conditions = [{ test = "StringEquals", variable = "sns:Protocol", values = ["email"] }] }
      EndSubscriptions = { actions = ["sns:Unsubscribe"], resources = ["*"], conditions = [] } # AWS lets only a topic's or a subscription's owner
      # Tagging belongs to creating, when there is no tag yet; a key that carries another environment's is out of reach.
      MakeKey = {
        actions   = ["kms:CreateKey", "kms:TagResource"]
        resources = ["*"]
        conditions = [
          { test = "StringEqualsIfExists", variable = "aws:ResourceTag/environment", values = [name] },
          { test = "StringEquals", variable = "aws:RequestTag/environment", values = [name] },
          { test = "StringEquals", variable = "aws:RequestTag/project", values = ["scandrop"] },
        ]
      }
      NameKey = { actions = ["kms:*Alias"], resources = [arn.alias], conditions = [] }
      KeepKey = {
        actions = [
          "kms:*Alias", "kms:EnableKeyRotation", "kms:Encrypt", "kms:GenerateDataKey*", "kms:PutKeyPolicy", "kms:ReEncrypt*",
          "kms:TagResource", "kms:UpdateKeyDescription",
        ]
        resources = [arn.keys], conditions = local.tagged[name]
      }
      # DynamoDB and Lambda keep a grant of their own; nobody else is given one.
      GrantServices = {
        actions    = ["kms:CreateGrant"]
        resources  = [arn.keys]
        conditions = concat(local.tagged[name], [{ test = "Bool", variable = "kms:GrantIsForAWSResource", values = ["true"] }])
      }
      # Of scans a deployment asks for its samples alone. Ways around it that no policy prevents are told in docs/security.md.
      DropASample  = { actions = ["s3:GetObject", "s3:PutObject"], resources = ["${arn.raw}/smoke/*"], conditions = [] }
      AwaitResults = { actions = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], resources = [arn.tables, "${arn.tables}/index/*"], conditions = [] }
    }
  }

  # What the environment's roles may at most do, whatever their own policies say. IAM takes 6,144 characters, so that a
  # bound is wider than what is granted where its resources hold it.
  bounds = {
    for name, arn in local.arns : name => {
      NamedAlike = {
        actions = ["budgets:*", "cloudwatch:*", "dynamodb:*", "events:*", "lambda:*", "logs:*", "s3:*", "sns:*", "sqs:*", "xray:*"]
        resources = [
          arn.alarms, arn.budget, arn.dashboard, arn.tables, arn.rules, arn.functions, arn.layers, arn.mappings, arn.log_groups, "${arn.access_log}*",
          arn.buckets, "${arn.buckets}/*", "${arn.state}*", arn.topics, arn.queues, arn.groups,
        ]
        conditions = []
      }
      TaggedAlike = { actions = ["apigateway:*", "kms:*"], resources = concat(arn.apis, [arn.keys]), conditions = local.tagged[name] }
      MakeTagged = {
        actions   = concat(local.writes[name].MakeApis.actions, local.writes[name].MakeKey.actions)
        resources = ["*"], conditions = local.writes[name].MakeKey.conditions
      }
      TagApis       = local.writes[name].TagApis
      FindState     = local.reads[name].FindState
      UseStateKey   = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [aws_kms_key.state.arn], conditions = [] }
      NameKey       = { actions = ["kms:*Alias"], resources = [arn.alias], conditions = [] }
      MakeMappings  = merge(local.writes[name].MakeMappings, { actions = ["lambda:*EventSourceMapping"] })
      OnlyBounded   = local.writes[name].MakeRoles
      KeepRoles     = { actions = ["iam:DeleteRole*", "iam:Get*", "iam:List*", "iam:TagRole", "iam:UntagRole", "iam:Update*"], resources = [arn.roles], conditions = [] }
      PassRoles     = local.writes[name].PassRoles
      KeepPolicy    = { actions = ["iam:*"], resources = [arn.reidentify], conditions = [] }
      KeepAudit     = { actions = concat(local.writes[name].MakeAudit.actions, ["logs:CreateLogStream", "logs:ListTagsForResource", "logs:PutLogEvents"]), resources = ["${arn.audit}*"], conditions = [] }
      TellOurEvents = { actions = ["events:PutEvents"], resources = [arn.bus], conditions = [{ test = "StringEquals", variable = "events:source", values = ["scandrop"] }] }
      KeepSecret    = { actions = concat(local.reads[name].FindSecret.actions, local.writes[name].MakeSecret.actions), resources = [arn.secrets], conditions = [] }
      ReadTheKey    = { actions = ["secretsmanager:GetSecretValue"], resources = [arn.secrets], conditions = [{ test = "ArnNotEquals", variable = "aws:PrincipalArn", values = arn.github }] }
      WhatHasNoName = {
        actions = concat([for action in local.reads[name].ReadWhatHasNoName.actions : action if !endswith(action, "QueryDefinitions")], [
          "ec2:*NetworkInterface", "ec2:*PrivateIpAddresses", "ec2:Describe*", # Lambda attaches functions to a private network under their roles
          "logs:*LogDeliver*", "logs:*QueryDefinition*", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy", "sns:Unsubscribe", "xray:PutT*",
        ])
        resources = ["*"], conditions = []
      }
      NeverItsOwnRoles = { effect = "Deny", actions = ["iam:*"], resources = concat(arn.github, [arn.boundary]), conditions = [] }
      NeverARawObject  = { effect = "Deny", actions = ["s3:DeleteObject*"], resources = ["${arn.raw}/*"], conditions = [] }
      # Nor do they take their bounds off. To destroy an environment takes an operator's own rights.
      NeverAnywhere = { effect = "Deny", actions = ["dynamodb:DeleteTable", "iam:*RolePermissionsBoundary", "kms:ScheduleKeyDeletion", "secretsmanager:DeleteSecret"], resources = ["*"], conditions = [] }
    }
  }
}

data "aws_iam_policy_document" "github" {
  # checkov:skip=CKV_AWS_109:keys and mappings have no name before they are made; conditions hold them to the environment
  # checkov:skip=CKV_AWS_111:keys and mappings have no name before they are made; conditions hold them to the environment
  # checkov:skip=CKV_AWS_356:keys and mappings have no name before they are made; conditions hold them to the environment
  for_each = merge([
    for name in keys(var.environments) : {
      "${name}-boundary" = local.bounds[name]
      "${name}-deploy"   = local.writes[name]
      "${name}-operate"  = local.operates[name]
      "${name}-plan"     = local.reads[name]
    }
  ]...)

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.key
      effect    = try(statement.value.effect, "Allow")
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}
