# What env/bootstrap hands to GitHub.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  aws_account_id = "111111111111"
  region         = "us-east-1"
  environments = {
    dev = { deploy_subject = "repo:example/scandrop:environment:dev", plan_subject = "repo:example/scandrop:environment:dev-plan" }
  }
}

run "one_github_environment_assumes_one_role" {
  command = plan

  override_resource {
    target          = aws_kms_key.state
    override_during = plan
    values          = { arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000" }
  }

  module {
    source = "./env/bootstrap"
  }

  assert {
    condition     = { for key, role in aws_iam_role.github : role.name => role.description } == { scandrop-dev-deploy = "GitHub Actions, as repo:example/scandrop:environment:dev", scandrop-dev-plan = "GitHub Actions, as repo:example/scandrop:environment:dev-plan" }
    error_message = "Each environment has a role to deploy and one to plan."
  }

  assert {
    condition     = one(aws_iam_openid_connect_provider.github).url == "https://token.actions.githubusercontent.com"
    error_message = "The provider is made where nobody names one."
  }

  assert {
    condition = { for condition in data.aws_iam_policy_document.trust["dev-deploy"].statement[0].condition : condition.variable => "${condition.test} ${one(condition.values)}" } == {
      "token.actions.githubusercontent.com:aud" = "StringEquals sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = "StringEquals repo:example/scandrop:environment:dev"
    }
    error_message = "A role is assumed by exactly its subject."
  }

  assert {
    condition     = alltrue([for action in flatten([for statement in values(local.reads.dev) : statement.actions]) : can(regex(":(Decrypt|Describe|GET|Get|List|View)", action))])
    error_message = "The plan role only reads."
  }

  assert {
    condition = {
      for sid, statement in merge(local.reads.dev, local.writes.dev, local.bounds.dev) : sid => statement.conditions
      if anytrue([for action in statement.actions : startswith(action, "apigateway:")])
      } == {
      KeepApis    = local.tagged.dev
      ReadApis    = local.tagged.dev
      TaggedAlike = local.tagged.dev
      MakeTagged  = local.writes.dev.MakeKey.conditions
      MakeApis    = [for tag, value in { environment = "dev", project = "scandrop" } : { test = "StringEquals", variable = "aws:RequestTag/${tag}", values = [value] }]
      TagApis     = [for kind in ["Resource", "Request"] : { test = "StringEqualsIfExists", variable = "aws:${kind}Tag/environment", values = ["dev"] }]
    }
    error_message = "Of API Gateway, GitHub's roles and whatever they make reach what carries the environment's tags, and its keys' values with it."
  }

  assert {
    condition = aws_iam_policy.operate["dev"].name == "scandrop-dev-operate" && {
      for sid, statement in local.operates.dev : sid => statement.resources
      if anytrue([for action in statement.actions : can(regex(":(Change|Delete|Receive|Send|Update)", action))])
      } == {
      DeleteOrphans = ["arn:aws:s3:::scandrop-dev-processed-111111111111/*"]
      OpenItems     = ["arn:aws:dynamodb:us-east-1:111111111111:table/scandrop-dev-*"]
      OpenLetters   = ["arn:aws:sqs:us-east-1:111111111111:scandrop-dev-*-dead"]
      SendAgain     = ["arn:aws:sqs:us-east-1:111111111111:scandrop-dev-*"]
    }
    error_message = "Whoever is on call changes items, messages and derivatives, of this environment alone, and opens no queue but those of dead letters."
  }

  assert {
    condition     = !contains(flatten([for statement in values(local.writes.dev) : statement.resources if anytrue([for action in statement.actions : startswith(action, "iam:")])]), "arn:aws:iam::111111111111:policy/scandrop-dev-operate")
    error_message = "Who deploys does not widen what an operator may."
  }

  # IAM counts no white space. Names of environments and regions are longer than these.
  assert {
    condition = alltrue([
      for role, most in { boundary = 6144, deploy = 10240, operate = 6144, plan = 6144 } : length(jsonencode(jsondecode(data.aws_iam_policy_document.github["dev-${role}"].json))) <= 0.92 * most
    ])
    error_message = "IAM takes no policy as large: ${join(", ", [for role in ["boundary", "deploy", "operate", "plan"] : "${role} ${length(jsonencode(jsondecode(data.aws_iam_policy_document.github["dev-${role}"].json)))}"])}."
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in concat(values(local.reads.dev), values(local.writes.dev)) : statement.actions]) : anytrue([
        for bound in flatten([for statement in values(local.bounds.dev) : statement.actions if !can(statement.effect)]) : can(regex("^${replace(bound, "*", ".*")}$", action))
      ])
    ])
    error_message = "What the deploy role is granted, its boundary lets it do."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.api_logs.role == "scandrop-api-logs" && data.aws_iam_policy_document.api_logs.statement[0].principals == toset([{ type = "Service", identifiers = toset(["apigateway.amazonaws.com"]) }])
    error_message = "API Gateway alone writes access logs by the account's role."
  }

  assert {
    condition     = { for sid, statement in local.reads.dev : sid => statement.resources if contains(statement.actions, "s3:GetObject") } == { ReadPackages = ["${local.arns.dev.artifacts}/*"], ReadState = [local.arns.dev.state] }
    error_message = "The plan role reads the state and the packages, no scan."
  }

  assert {
    condition = {
      for sid, statement in local.writes.dev : sid => statement.resources
      if anytrue([for action in statement.actions : can(regex("^s3:(Get|Put|Delete)Object", action))])
      } == {
      DropASample = ["${local.arns.dev.raw}/smoke/*"]
      LockState   = ["${local.arns.dev.state}.tflock"]
      PutPackages = ["${local.arns.dev.artifacts}/*"]
      WriteState  = [local.arns.dev.state]
    }
    error_message = "The deploy role touches the objects of the smoke drop, the packages and its state, and no scan."
  }

  assert {
    condition     = { for sid, statement in merge(local.reads.dev, local.writes.dev) : sid => statement.resources if contains(statement.actions, "s3:ListBucketVersions") } == { FindPackages = [local.arns.dev.artifacts] }
    error_message = "GitHub's roles list former versions of packages alone."
  }

  assert {
    condition = {
      for sid, statement in local.bounds.dev : sid => { actions = statement.actions, resources = statement.resources } if can(statement.effect) && statement.conditions == [] && sid != "NeverItsOwnRoles"
      } == {
      NeverARawObject = { actions = ["s3:DeleteObject*"], resources = ["${local.arns.dev.raw}/*"] }
      NeverAnywhere   = { actions = ["dynamodb:DeleteTable", "iam:*RolePermissionsBoundary", "kms:ScheduleKeyDeletion", "secretsmanager:DeleteSecret"], resources = ["*"] }
    }
    error_message = "Nothing that is bounded deletes a raw object, the ledger, the key that all is encrypted with or the pseudonym key."
  }

  # docs/security.md tells of each of these under what no policy prevents.
  assert {
    condition = sort([
      for action in flatten([for statement in values(local.writes.dev) : statement.actions]) : action
      if can(regex("^(s3:(Put|Delete)(Bucket(Logging|Notification|Policy|PublicAccessBlock|Versioning)|EncryptionConfiguration|LifecycleConfiguration)|s3:DeleteObjectVersion|kms:(PutKeyPolicy|Disable.*|ScheduleKeyDeletion)|dynamodb:(Delete.*|.*ResourcePolicy|PutItem|UpdateItem|UpdateContinuousBackups|UpdateTimeToLive)|iam:(Attach.*|CreatePolicyVersion|UpdateAssumeRolePolicy)|secretsmanager:(Delete.*|.*ResourcePolicy|PutSecretValue|UpdateSecret)|sqs:(AddPermission|SetQueueAttributes)|sns:(AddPermission|SetTopicAttributes)|lambda:.*(Url|LayerVersionPermission).*)$", action))
      ]) == sort([
      "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTimeToLive", "iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy", "kms:PutKeyPolicy",
      "s3:DeleteBucketPolicy", "s3:DeleteObjectVersion", "s3:PutBucketLogging", "s3:PutBucketNotification", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
      "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "sns:SetTopicAttributes", "sqs:SetQueueAttributes",
    ])
    error_message = "The deploy role has another way around to the data: take it away, or tell of it."
  }

  assert {
    condition = {
      for sid, statement in local.writes.dev : sid => { for condition in statement.conditions : "${condition.test} ${condition.variable}" => join(" ", condition.values) }
      if length(setintersection(["events:PutTargets", "kms:CreateGrant", "lambda:AddPermission", "sns:Subscribe"], statement.actions)) > 0
      } == {
      GrantServices = { "Bool kms:GrantIsForAWSResource" = "true", "StringEquals aws:ResourceTag/environment" = "dev", "StringEquals aws:ResourceTag/project" = "scandrop" }
      AimRules      = { "ForAllValues:ArnLike events:TargetArn" = "${local.arns.dev.functions} ${local.arns.dev.queues}", "Null events:TargetArn" = "false" }
      OpenFunctions = { "StringEquals lambda:Principal" = "apigateway.amazonaws.com events.amazonaws.com" }
      TellByEmail   = { "StringEquals sns:Protocol" = "email" }
    }
    error_message = "The deploy role sends events and notices, opens functions, and lends the key, to nobody but whom the environment needs."
  }

  assert {
    condition = !anytrue([
      for action in flatten([for statement in concat(values(local.reads.dev), values(local.writes.dev)) : statement.actions]) : can(regex("^secretsmanager:(\\*|Get.*Value|Batch)", action))
    ])
    error_message = "Neither role reads the pseudonym key."
  }

  assert {
    condition     = !strcontains(jsonencode([local.writes.dev.MakeLogGroups.resources, local.bounds.dev.NamedAlike.resources]), "/audit") && !can(regex("Delete|Retention|\\*", jsonencode([local.writes.dev.MakeAudit.actions, local.bounds.dev.KeepAudit.actions])))
    error_message = "Nothing that is bounded deletes the audit or says how long it is kept."
  }

  assert {
    condition = {
      for sid, statement in local.bounds.dev : sid => join(" ", sort([for action in statement.actions : trimprefix(action, "secretsmanager:")]))
      if anytrue([for action in statement.actions : startswith(action, "secretsmanager:")]) && !can(statement.effect)
      } == {
      KeepSecret = "CreateSecret DescribeSecret GetResourcePolicy PutSecretValue TagResource UntagResource UpdateSecret"
      ReadTheKey = "GetSecretValue"
    }
    error_message = "Of the secret, bounded roles do only this: none shares it."
  }

  assert {
    condition     = one(local.bounds.dev.ReadTheKey.conditions) == { test = "ArnNotEquals", variable = "aws:PrincipalArn", values = local.arns.dev.github }
    error_message = "GitHub's roles read no key."
  }

  assert {
    condition     = local.writes.dev.MakeRoles.conditions == local.bounded.dev && local.bounds.dev.OnlyBounded.conditions == local.bounded.dev
    error_message = "The deploy role makes bounded roles alone."
  }

  assert {
    condition     = toset(local.bounds.dev.NeverItsOwnRoles.resources) == toset([for name in ["role/scandrop-dev-deploy", "role/scandrop-dev-plan", "policy/scandrop-dev-boundary"] : "arn:aws:iam::111111111111:${name}"])
    error_message = "No role changes the roles of GitHub or their boundary."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms" && aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "The state is encrypted and every old one is kept."
  }

  assert {
    condition = { for statement in data.aws_iam_policy_document.state_bucket.statement : statement.sid => { for condition in statement.condition : "${condition.test} ${condition.variable}" => one(condition.values) } } == {
      DenyNamedEncryption = { "Null s3:x-amz-server-side-encryption" = "false" }
      DenyWithoutTls      = { "Bool aws:SecureTransport" = "false" }
    }
    error_message = "A state is taken by TLS, and under the bucket's key."
  }
}

run "a_provider_that_the_account_has_already_is_used" {
  command = plan

  module {
    source = "./env/bootstrap"
  }

  variables {
    github_oidc_provider_arn = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "AWS takes no second one."
  }

  assert {
    condition     = alltrue([for trust in values(data.aws_iam_policy_document.trust) : one(trust.statement[0].principals).identifiers == toset([var.github_oidc_provider_arn])])
    error_message = "Every role trusts the one that is there."
  }
}

run "a_provider_of_somebody_else_is_refused" {
  command = plan

  module {
    source = "./env/bootstrap"
  }

  variables {
    github_oidc_provider_arn = "arn:aws:iam::111111111111:oidc-provider/gitlab.com"
  }

  expect_failures = [var.github_oidc_provider_arn]
}

run "a_subject_with_a_wildcard_is_refused" {
  command = plan

  module {
    source = "./env/bootstrap"
  }

  variables {
    environments = { dev = { deploy_subject = "repo:example/scandrop:*", plan_subject = "repo:example/scandrop:environment:dev-plan" } }
  }

  expect_failures = [var.environments]
}

run "a_branch_is_no_github_environment" {
  command = plan

  module {
    source = "./env/bootstrap"
  }

  variables {
    environments = { dev = { deploy_subject = "repo:example/scandrop:ref:refs/heads/main", plan_subject = "repo:example/scandrop:environment:dev-plan" } }
  }

  expect_failures = [var.environments]
}

run "no_environment_passes_for_the_account" {
  command = plan

  module {
    source = "./env/bootstrap"
  }

  variables {
    environments = { api = { deploy_subject = "repo:example/scandrop:environment:api", plan_subject = "repo:example/scandrop:environment:api-plan" } }
  }

  expect_failures = [var.environments]
}
