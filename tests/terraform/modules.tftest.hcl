# The few attributes of each module that must not change by accident.

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
  kms_key_arn    = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  name           = "scandrop-dev"
  tls_only       = true
}

run "the_key_serves_our_services_alone" {
  command = plan

  module {
    source = "./modules/kms"
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_alias.this.name == "alias/scandrop-dev" && aws_kms_key.this.deletion_window_in_days == 7
    error_message = "The key rotates, has the environment's name, and can be saved for as long as the pseudonym key."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : can(statement.Condition) if can(statement.Principal.Service)
    ])
    error_message = "No service uses the key unconditionally."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition if statement.Sid == "BudgetToTopic"
    ] == [{ StringEquals = { "aws:SourceAccount" = "111111111111" }, ArnLike = { "aws:SourceArn" = "arn:aws:budgets::111111111111:*" } }]
    error_message = "A budget of this account reaches the encrypted topic."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition if statement.Sid == "EventsToQueue"
    ]) == { StringEquals = { "aws:SourceAccount" = "111111111111" }, ArnLike = { "aws:SourceArn" = "arn:aws:events:us-east-1:111111111111:rule/scandrop-dev-*" } }
    error_message = "EventBridge uses the key for this environment's rules alone."
  }
}

run "buckets_are_encrypted_versioned_and_closed" {
  command = plan

  module {
    source = "./modules/s3"
  }

  variables {
    cors_origins  = []
    force_destroy = false
  }

  assert {
    condition     = { for role, bucket in aws_s3_bucket.this : role => bucket.bucket } == { for role in ["artifacts", "logs", "processed", "raw"] : role => "scandrop-dev-${role}-111111111111" }
    error_message = "Buckets are named by project, environment, role and account."
  }

  assert {
    condition = alltrue([
      for role in ["artifacts", "processed", "raw"] : alltrue([
        for rule in aws_s3_bucket_server_side_encryption_configuration.this[role].rule :
        rule.bucket_key_enabled && rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
      ])
    ])
    error_message = "Data is encrypted with the environment's key, through a bucket key."
  }

  assert {
    condition     = length(aws_s3_bucket_versioning.this) == 4 && alltrue([for it in values(aws_s3_bucket_versioning.this) : it.versioning_configuration[0].status == "Enabled"])
    error_message = "Every bucket keeps old versions."
  }

  assert {
    condition = length(aws_s3_bucket_public_access_block.this) == 4 && alltrue([
      for it in values(aws_s3_bucket_public_access_block.this) : it.block_public_acls && it.block_public_policy && it.ignore_public_acls && it.restrict_public_buckets
    ])
    error_message = "No bucket can be made public."
  }

  assert {
    condition = alltrue([
      for role, policy in aws_s3_bucket_policy.this : contains([
        for statement in jsondecode(policy.policy).Statement : sort(statement.Resource)
        if statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && statement.Action == "s3:*"
      ], sort(["arn:aws:s3:::scandrop-dev-${role}-111111111111", "arn:aws:s3:::scandrop-dev-${role}-111111111111/*"]))
    ])
    error_message = "TLS is required for the bucket and for its objects."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.this["raw"].policy).Statement : statement.Condition if statement.Sid == "DenyOtherKey"
      ] == [{
        Null            = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
        StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = var.kms_key_arn }
    }]
    error_message = "An upload under another key is refused, one that names no encryption is not."
  }

  assert {
    condition = alltrue([
      for role in ["artifacts", "processed", "raw"] : contains([
        for statement in jsondecode(aws_s3_bucket_policy.this[role].policy).Statement : statement.Condition
        if statement.Effect == "Deny" && statement.Action == "s3:PutObject" && statement.Resource == "arn:aws:s3:::scandrop-dev-${role}-111111111111/*"
      ], { Null = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "true" }, StringEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" } })
    ])
    error_message = "An upload that asks for KMS without a key is refused: S3 would take its own."
  }

  assert {
    condition = alltrue([
      for role in ["artifacts", "processed", "raw"] : contains([
        for statement in jsondecode(aws_s3_bucket_policy.this[role].policy).Statement : statement.Condition
        if statement.Effect == "Deny" && statement.Action == "s3:PutObject" && statement.Resource == "arn:aws:s3:::scandrop-dev-${role}-111111111111/*"
      ], { Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" } })
    ])
    error_message = "An upload under a key that the uploader keeps is refused."
  }

  assert {
    condition     = aws_s3_bucket_notification.raw.eventbridge
    error_message = "The raw bucket tells EventBridge of each object."
  }

  assert {
    condition     = keys(aws_s3_bucket_logging.this) == ["artifacts", "processed", "raw"]
    error_message = "Every access to data is logged."
  }

  assert {
    condition     = sum([for rule in aws_s3_bucket_lifecycle_configuration.this["logs"].rule : one(rule.expiration).days + one(rule.noncurrent_version_expiration).noncurrent_days]) == 90
    error_message = "Access logs, which have raw keys, are gone after 90 days, with their old versions."
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this["raw"].rule).transition).storage_class == "INTELLIGENT_TIERING"
    error_message = "Originals move to the tier that fits their use, where derivatives are put by the lanes."
  }
}

run "the_ledger_has_its_keys_and_indexes" {
  command = plan

  module {
    source = "./modules/dynamodb"
  }

  variables {
    deletion_protection = true
    stream              = true
  }

  assert {
    condition     = aws_dynamodb_table.ledger.stream_enabled && aws_dynamodb_table.ledger.stream_view_type == "NEW_IMAGE"
    error_message = "Whoever is told of settled objects reads what the ledger has become."
  }

  assert {
    condition     = aws_dynamodb_table.ledger.hash_key == "object_key" && aws_dynamodb_table.ledger.range_key == "version_id" && aws_dynamodb_table.ledger.deletion_protection_enabled
    error_message = "One item per version of a key, kept from deletion."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.ledger.global_secondary_index : index.name => "${index.hash_key} ${index.range_key}" } == { by_lane = "lane_day updated_at", by_status = "status_day updated_at" }
    error_message = "The ledger is queried by lane and by status, newest first."
  }

  assert {
    condition     = aws_dynamodb_table.ledger.server_side_encryption[0].kms_key_arn == var.kms_key_arn && aws_dynamodb_table.ledger.point_in_time_recovery[0].enabled
    error_message = "The ledger is encrypted with the environment's key and can be restored."
  }

  assert {
    condition     = one(aws_dynamodb_table.ledger.ttl).enabled && one(aws_dynamodb_table.ledger.ttl).attribute_name == "expires_at"
    error_message = "What is left of a deleted object goes by itself."
  }
}

run "the_pseudonym_key_is_kept_and_its_use_written_down" {
  command = plan

  module {
    source = "./modules/pseudonyms"
  }

  variables {
    raw_bucket_arn = "arn:aws:s3:::raw"
    recovery_days  = 7
    table_arn      = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger"
  }

  assert {
    condition     = aws_secretsmanager_secret.key.name == "scandrop-dev-pseudonym-key" && aws_secretsmanager_secret.key.kms_key_id == var.kms_key_arn && aws_secretsmanager_secret.key.recovery_window_in_days == 7
    error_message = "The key is encrypted with the environment's and can be restored for as long as that can."
  }

  assert {
    condition     = aws_cloudwatch_log_group.audit.retention_in_days == 0 && aws_cloudwatch_log_group.audit.kms_key_id == var.kms_key_arn
    error_message = "The audit is encrypted and kept until an operator says otherwise."
  }

  assert {
    condition     = aws_iam_policy.reidentify.name == "scandrop-dev-reidentify"
    error_message = "Who may ask gets a policy of its own."
  }

  assert {
    condition     = { for sid, statement in local.grants : sid => statement.actions if can(statement.condition) } == { Decrypt = ["kms:Decrypt"] } && local.grants.Decrypt.condition.values == [for service in ["dynamodb", "s3", "secretsmanager"] : "${service}.us-east-1.amazonaws.com"]
    error_message = "They use the key through what they read, and not by themselves."
  }
}

run "each_lane_has_its_rule_and_queues" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    on_delete  = "keep"
    raw_bucket = "scandrop-dev-raw-111111111111"
    lanes = {
      image = { suffixes = [".jpg", ".png"], timeout_s = 60 }
      other = { suffixes = [], timeout_s = 30 }
    }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.lane["image"].event_pattern) == {
      source      = ["aws.s3"]
      detail-type = ["Object Created"]
      detail = {
        bucket = { name = ["scandrop-dev-raw-111111111111"] }
        object = { key = [{ suffix = { equals-ignore-case = ".jpg" } }, { suffix = { equals-ignore-case = ".png" } }] }
      }
    }
    error_message = "A lane takes its suffixes in any letter case, from the raw bucket alone."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.lane["other"].event_pattern).detail.object.key == [{ anything-but = { suffix = [".jpg", ".png", ".JPG", ".PNG"] } }]
    error_message = "The lane without suffixes takes what no other does."
  }

  assert {
    condition     = aws_sqs_queue.lane["image"].visibility_timeout_seconds == 360 && jsondecode(aws_sqs_queue.dead_letter["image"].redrive_allow_policy).sourceQueueArns == ["arn:aws:sqs:us-east-1:111111111111:scandrop-dev-image"]
    error_message = "A message is hidden for six timeouts, and only its own queue fills a dead-letter queue."
  }

  assert {
    condition     = alltrue([for queue in concat(values(aws_sqs_queue.lane), values(aws_sqs_queue.dead_letter)) : queue.kms_master_key_id == var.kms_key_arn])
    error_message = "Every queue is encrypted with the environment's key."
  }

  assert {
    condition     = alltrue([for queue in concat(values(aws_sqs_queue.lane), values(aws_sqs_queue.dead_letter)) : queue.message_retention_seconds == 1209600])
    error_message = "A message and a dead letter stay for 14 days, the most that SQS has."
  }

  assert {
    condition     = alltrue([for queue in concat(values(aws_sqs_queue.lane), values(aws_sqs_queue.dead_letter)) : [for statement in jsondecode(queue.policy).Statement : statement.Condition if statement.Effect == "Deny" && statement.Action == "sqs:*"] == [{ Bool = { "aws:SecureTransport" = "false" } }]])
    error_message = "TLS is required for every queue."
  }

  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.lane["image"], aws_sqs_queue.dead_letter["image"]] : [
        for statement in jsondecode(queue.policy).Statement : statement.Condition if statement.Effect == "Allow"
        ] == [{
          ArnEquals    = { "aws:SourceArn" = "arn:aws:events:us-east-1:111111111111:rule/scandrop-dev-image" }
          StringEquals = { "aws:SourceAccount" = "111111111111" }
      }]
    ])
    error_message = "Only the lane's own rule sends to its queues."
  }
}

run "each_lane_hears_of_deleted_objects_where_derivatives_go_with_them" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    on_delete  = "delete"
    raw_bucket = "scandrop-dev-raw-111111111111"
    lanes = {
      image = { suffixes = [".jpg"], timeout_s = 60 }
      other = { suffixes = [], timeout_s = 30 }
    }
  }

  assert {
    condition     = alltrue([for rule in values(aws_cloudwatch_event_rule.lane) : jsondecode(rule.event_pattern).detail-type == ["Object Created", "Object Deleted"]])
    error_message = "A deletion is told to the lane that was told of the object."
  }
}

run "a_role_may_do_what_its_lane_does" {
  command = plan

  module {
    source = "./modules/iam"
  }

  variables {
    bucket_arns = { processed = "arn:aws:s3:::processed", raw = "arn:aws:s3:::raw" }
    door        = { secrets = [] }
    herald      = { dead_letter_arn = "arn:aws:sqs:us-east-1:111111111111:herald-dead", event_bus_arn = "arn:aws:events:us-east-1:111111111111:event-bus/default" }
    notices     = { topic_arn = "arn:aws:sns:us-east-1:111111111111:notices" }
    lanes = {
      image = { dead_letter_arn = "arn:aws:sqs:us-east-1:111111111111:image-dead", forwards_to = [], reads = [], secrets = [] }
      other = { dead_letter_arn = "arn:aws:sqs:us-east-1:111111111111:other-dead", forwards_to = ["image"], reads = ["arn:aws:s3:::artifacts/assets/aa/labels.nii.gz"], secrets = ["arn:aws:secretsmanager:us-east-1:111111111111:secret:key-aaaaaa"] }
    }
    log_group_arns       = { for function in ["door", "herald", "image", "notices", "other"] : function => "arn:aws:logs:us-east-1:111111111111:log-group:${function}" }
    on_delete            = "keep"
    permissions_boundary = "scandrop-dev-boundary"
    queue_arns           = { image = "arn:aws:sqs:us-east-1:111111111111:image", other = "arn:aws:sqs:us-east-1:111111111111:other" }
    table_arn            = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger"
  }

  assert {
    condition = sort(flatten([for statement in jsondecode(aws_iam_role_policy.function["image"].policy).Statement : statement.Action if statement.Effect == "Allow"])) == tolist([
      "dynamodb:GetItem", "dynamodb:UpdateItem",
      "kms:Decrypt", "kms:GenerateDataKey",
      "logs:CreateLogStream", "logs:PutLogEvents",
      "s3:DeleteObject", "s3:GetObject", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucket", "s3:PutObject",
      "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage", "sqs:SendMessage",
      "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ])
    error_message = "A lane's role has exactly its actions."
  }

  assert {
    condition = flatten([for statement in jsondecode(aws_iam_role_policy.function["image"].policy).Statement : [sort(statement.Action), sort(statement.Resource)] if statement.Effect == "Deny"]) == [
      "s3:DeleteObject*", "s3:PutObject", "arn:aws:s3:::processed/_gallery/data/*.js", "arn:aws:s3:::processed/_gallery/index.html",
    ]
    error_message = "No lane writes where a published gallery lies."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["other"].policy).Statement : statement.Resource if statement.Action == "sqs:SendMessage"] == [
      "arn:aws:sqs:us-east-1:111111111111:image",
      "arn:aws:sqs:us-east-1:111111111111:other-dead",
      "arn:aws:sqs:us-east-1:111111111111:other",
    ]
    error_message = "The lane that hands on sends to the other lanes' queues, its own and its own dead letters alone."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["other"].policy).Statement : statement.Resource if statement.Sid == "ReadAssets"] == [
      "arn:aws:s3:::artifacts/assets/aa/labels.nii.gz",
    ]
    error_message = "A lane whose settings name a file reads that one alone."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["other"].policy).Statement : "${statement.Action} ${statement.Resource}" if statement.Sid == "ReadPseudonymKey"] == [
      "secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:111111111111:secret:key-aaaaaa",
    ]
    error_message = "A lane that makes pseudonyms reads their key alone, and no other lane reads it."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.function["herald"].policy).Statement : statement.Sid => statement.Resource } == {
      KeepRefused = "arn:aws:sqs:us-east-1:111111111111:herald-dead"
      ReadStream  = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger/stream/*"
      TellEvents  = "arn:aws:events:us-east-1:111111111111:event-bus/default"
      UseKey      = var.kms_key_arn
      WriteLogs   = "arn:aws:logs:us-east-1:111111111111:log-group:herald:log-stream:*"
    }
    error_message = "The herald reads the ledger's stream and tells the event bus, and touches no bucket, no item and no lane's queue."
  }

  assert {
    condition = sort(flatten([for statement in jsondecode(aws_iam_role_policy.function["notices"].policy).Statement : statement.Action])) == tolist([
      "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem", "kms:Decrypt", "kms:GenerateDataKey",
      "logs:CreateLogStream", "logs:PutLogEvents", "sns:Publish", "sqs:GetQueueAttributes",
    ]) && !strcontains(aws_iam_role_policy.function["notices"].policy, "\"*\"")
    error_message = "Who tells of batches counts, remembers what was told, and receives no message."
  }

  assert {
    condition = {
      for statement in flatten([for function in ["herald", "notices"] : jsondecode(aws_iam_role_policy.function[function].policy).Statement]) : statement.Sid => statement.Condition
      if can(statement.Condition) && statement.Sid != "UseKey"
      } == {
      RememberTold = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = "#notices" } }
      TellEvents   = { StringEqualsIfExists = { "events:source" = "scandrop" } }
    }
    error_message = "Notices keep one item of the ledger, and the herald tells nothing in another's name."
  }

  assert {
    condition = {
      for function, role in aws_iam_role_policy.function : function => join(" ", [
        for service in one([for statement in jsondecode(role.policy).Statement : statement.Condition.StringEquals["kms:ViaService"] if statement.Sid == "UseKey"]) : trimsuffix(service, ".us-east-1.amazonaws.com")
      ])
      } == {
      door    = "dynamodb lambda s3"
      herald  = "dynamodb lambda sqs"
      image   = "dynamodb lambda s3 sqs"
      notices = "dynamodb lambda sns sqs"
      other   = "dynamodb lambda s3 secretsmanager sqs"
    }
    error_message = "A function uses the key through the services that it asks, and not by itself."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function["image"].policy).Statement : statement.Sid if statement.Resource == "*"] == ["WriteTraces"]
    error_message = "Every statement but that of traces names its resources."
  }

  assert {
    condition     = aws_iam_role.function["image"].permissions_boundary == "arn:aws:iam::111111111111:policy/scandrop-dev-boundary"
    error_message = "Every role is bounded."
  }
}

run "a_role_may_erase_where_derivatives_go_with_their_objects" {
  command = plan

  module {
    source = "./modules/iam"
  }

  variables {
    bucket_arns          = { processed = "arn:aws:s3:::processed", raw = "arn:aws:s3:::raw" }
    door                 = { secrets = [] }
    lanes                = { image = { dead_letter_arn = "arn:aws:sqs:us-east-1:111111111111:image-dead", forwards_to = [], reads = [], secrets = [] } }
    log_group_arns       = { for function in ["door", "image"] : function => "arn:aws:logs:us-east-1:111111111111:log-group:${function}" }
    on_delete            = "delete"
    permissions_boundary = null
    queue_arns           = { image = "arn:aws:sqs:us-east-1:111111111111:image" }
    table_arn            = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function["image"].policy).Statement : statement.Sid => "${statement.Action} ${statement.Resource}"
      if contains(["EraseTraces", "FindItems", "FindTraces"], statement.Sid)
      } == {
      EraseTraces = "s3:DeleteObjectVersion arn:aws:s3:::processed/*"
      FindItems   = "dynamodb:Query arn:aws:dynamodb:us-east-1:111111111111:table/ledger"
      FindTraces  = "s3:ListBucketVersions arn:aws:s3:::processed"
    }
    error_message = "A lane finds and deletes the versions of derivatives, and nothing in the raw bucket."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["door"].policy, "DeleteObject")
    error_message = "The door deletes nothing."
  }
}

run "a_function_is_sized_encrypted_and_traced" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    architecture          = "arm64"
    artifacts_bucket      = "scandrop-dev-artifacts-111111111111"
    assets                = { "assets/aa/labels.nii.gz" = "main.tf" }
    environment_variables = { image = { SCANDROP_LANE = "image" } }
    log_groups            = { image = "/aws/lambda/scandrop-dev-image" }
    queue_arns            = { image = "arn:aws:sqs:us-east-1:111111111111:scandrop-dev-image" }
    role_arns             = { image = "arn:aws:iam::111111111111:role/scandrop-dev-image" }
    lanes = {
      image = { batch_size = 4, ephemeral_mb = 1024, layers = ["core"], max_concurrency = 50, memory_mb = 2048, timeout_s = 60 }
    }
    packages = {
      handler = { path = "main.tf", sha256 = "aa", sha256_base64 = "qg==" }
      layers  = { core = { path = "main.tf", sha256 = "bb", sha256_base64 = "uw==" } }
    }
  }

  assert {
    condition = (
      aws_lambda_function.lane["image"].runtime == "python3.12"
      && aws_lambda_function.lane["image"].architectures == tolist(["arm64"])
      && aws_lambda_function.lane["image"].memory_size == 2048
      && aws_lambda_function.lane["image"].timeout == 60
      && aws_lambda_function.lane["image"].ephemeral_storage[0].size == 1024
      && aws_lambda_function.lane["image"].source_code_hash == "qg=="
    )
    error_message = "A function has its lane's size and the package that was built."
  }

  assert {
    condition = (
      aws_lambda_function.lane["image"].kms_key_arn == var.kms_key_arn
      && aws_lambda_function.lane["image"].tracing_config[0].mode == "Active"
      && aws_lambda_function.lane["image"].logging_config[0].log_format == "JSON"
      && aws_lambda_function.lane["image"].logging_config[0].log_group == "/aws/lambda/scandrop-dev-image"
    )
    error_message = "A function's variables are encrypted, its calls traced, its logs JSON in the group that stands."
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.lane["image"].function_response_types == toset(["ReportBatchItemFailures"])
      && aws_lambda_event_source_mapping.lane["image"].scaling_config[0].maximum_concurrency == 50
      && aws_lambda_event_source_mapping.lane["image"].batch_size == 4
    )
    error_message = "A batch is answered message by message, and concurrency is capped."
  }

  assert {
    condition     = aws_s3_object.package["layer-core"].key == "layer-core-bb.zip" && aws_s3_object.package["layer-core"].kms_key_id == var.kms_key_arn
    error_message = "A package's content names its object."
  }

  assert {
    condition     = aws_s3_object.asset["assets/aa/labels.nii.gz"].kms_key_id == var.kms_key_arn
    error_message = "What settings name lies encrypted beside the packages."
  }

  assert {
    condition     = { for lane, it in aws_lambda_function_recursion_config.lane : lane => it.recursive_loop } == { for lane in keys(var.lanes) : lane => "Allow" }
    error_message = "A message that a lane sends to itself is no loop to be ended."
  }
}

run "alarms_reach_a_person_with_a_command" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    alert_emails       = ["on-call@example.org"]
    environment        = "dev"
    further_functions  = ["herald", "notices"]
    insights           = true
    log_retention_days = 14
    monthly_budget_usd = 50
    lanes = {
      image = { dead_letter_queue = { name = "scandrop-dev-image-dead" }, has_suffixes = true, memory_mb = 2048, objective_s = 2400, queue_name = "scandrop-dev-image", retry_s = 1080 }
      other = { dead_letter_queue = { name = "scandrop-dev-other-dead" }, has_suffixes = false, memory_mb = 256, objective_s = 900, queue_name = "scandrop-dev-other", retry_s = 190 }
    }
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.single : name => "${alarm.metric_name} ${one(values(alarm.dimensions))} ${alarm.threshold}" if !startswith(name, "other") } == {
      herald-lost-events     = "ApproximateNumberOfMessagesVisible scandrop-dev-herald-dead 0"
      door-throttles         = "Throttles scandrop-dev-door 0"
      herald-late-events     = "IteratorAge scandrop-dev-herald 900000"
      image-dead-letters     = "ApproximateNumberOfMessagesVisible scandrop-dev-image-dead 0"
      image-errors           = "Errors scandrop-dev-image 0"
      image-missed-events    = "InvocationsFailedToBeSentToDlq scandrop-dev-image 0"
      image-oldest-message   = "ApproximateAgeOfOldestMessage scandrop-dev-image 2400"
      image-throttles        = "Throttles scandrop-dev-image 0"
      notices-untold-batches = "Errors scandrop-dev-notices 0"
    }
    error_message = "Dead letters, waiting, errors and throttles of a lane raise an alarm, and so does whoever fails to tell others."
  }

  assert {
    condition = { for lane in ["image", "other"] : lane => [for alarm in [aws_cloudwatch_metric_alarm.single["${lane}-errors"]] : "${alarm.datapoints_to_alarm} of ${alarm.evaluation_periods} times ${alarm.period}"] } == {
      image = ["2 of 3 times 1080"]
      other = ["2 of 3 times 240"]
    }
    error_message = "A function that dies on the retry too raises an alarm, however long the queue hides the message; periods are whole minutes."
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.share : name => alarm.threshold } == { door-unavailable = 5, image-failing = 25, image-rejected = 50, other-failing = 25 }
    error_message = "A share beyond the normal raises an alarm; the lane of what no other takes may reject all it gets."
  }

  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.share["image-rejected"].metric_query :
      query.id => length(query.metric) == 0 ? query.expression : "${query.metric[0].metric_name} ${query.metric[0].stat} ${query.metric[0].dimensions["lane"]} ${query.metric[0].dimensions["service"]} ${query.metric[0].period}"
      } == {
      average = "Rejected Average image scandrop-dev 900"
      percent = "IF(samples >= 20, 100 * average, 0)"
      samples = "Rejected SampleCount image scandrop-dev 900"
    }
    error_message = "A share is of at least 20, of one lane of one environment."
  }

  assert {
    condition = alltrue([
      for name, alarm in merge(aws_cloudwatch_metric_alarm.single, aws_cloudwatch_metric_alarm.share) :
      fileexists(regex("docs/runbooks/[a-z-]+\\.md$", alarm.alarm_description)) && endswith(alarm.alarm_description, "${join("-", slice(split("-", name), 1, length(split("-", name))))}.md")
      && can(regex("\\.\nSee [a-z ]+: (scandrop|aws) [^\n]+[a-z0-9]\n", alarm.alarm_description)) && length(alarm.alarm_description) <= 1024
    ])
    error_message = "Each alarm tells a command and the page that goes on."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.single["image-dead-letters"].alarm_description, "scandrop failures redrive --lane image --env dev")
    error_message = "The alarm tells the command that tries dead letters again."
  }

  assert {
    condition     = [for statement in data.aws_iam_policy_document.alarms.statement : [for it in statement.condition : "${it.test} ${it.variable} ${one(it.values)}"] if statement.effect == "Deny" && statement.actions == toset(["sns:Publish"])] == [["Bool aws:SecureTransport false"]]
    error_message = "TLS is required for the topic."
  }

  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == var.kms_key_arn && aws_sns_topic_subscription.email["on-call@example.org"].protocol == "email"
    error_message = "The topic is encrypted and writes to who is on call."
  }

  assert {
    condition = { for function, group in aws_cloudwatch_log_group.function : function => "${group.name} ${group.retention_in_days} ${group.kms_key_id}" } == {
      for function in ["door", "herald", "image", "notices", "other"] : function => "/aws/lambda/scandrop-dev-${function} 14 ${var.kms_key_arn}"
    }
    error_message = "Logs are encrypted and kept for as long as was set."
  }

  assert {
    condition = (
      aws_budgets_budget.this["scandrop-dev"].limit_amount == "50.00"
      && one(aws_budgets_budget.this["scandrop-dev"].cost_filter).values == tolist(["user:scandrop$dev"])
      && { for notice in aws_budgets_budget.this["scandrop-dev"].notification : notice.notification_type => notice.threshold } == { ACTUAL = 100, FORECASTED = 80 }
    )
    error_message = "Who is on call is told when the month is about to cost more than the budget, by the environment's own tag."
  }

  assert {
    condition     = length(aws_cloudwatch_query_definition.this) == 7 && aws_xray_group.this["scandrop-dev"].filter_expression == "service(\"scandrop-dev-image\") OR service(\"scandrop-dev-other\")"
    error_message = "What is asked of logs and traces again and again is kept."
  }

  assert {
    condition = alltrue([
      for widget in local.graph_widgets : widget.x + widget.width <= 24 && widget.y >= 6 && widget.width > 0 && length(widget.properties.metrics) > 0
    ]) && alltrue([for y, widths in { for widget in local.graph_widgets : widget.y => widget.width... } : sum(widths) == 24])
    error_message = "Each row of the dashboard is full and none reaches into another."
  }

  assert {
    condition     = length(distinct([for widget in local.graph_widgets : widget.properties.title])) == length(local.graph_widgets)
    error_message = "Each graph says what it is."
  }

  assert {
    condition = {
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      widget.properties.title => [for metric in widget.properties.metrics : "${metric[1]} ${metric[3]}"] if widget.y == max([for each in local.graph_widgets : each.y]...)
      } == {
      "Upload door: requests and refusals"                  = ["Count scandrop-dev-door", "4XXError scandrop-dev-door", "5XXError scandrop-dev-door"]
      "Upload door: time to answer in ms"                   = ["Latency scandrop-dev-door", "Latency scandrop-dev-door"]
      "Events of settled objects: calls, of up to 100 each" = ["Invocations scandrop-dev-herald", "Errors scandrop-dev-herald", "ApproximateNumberOfMessagesVisible scandrop-dev-herald-dead"]
      "Events of settled objects: how late in ms"           = ["IteratorAge scandrop-dev-herald"]
      "Notices of batches"                                  = ["NumberOfMessagesPublished scandrop-dev-notices", "NumberOfNotificationsFailed scandrop-dev-notices", "Errors scandrop-dev-notices"]
    }
    error_message = "The last row shows what stands beside the lanes: the door, the herald and the notices."
  }

  assert {
    condition = toset(one([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.alarms if widget.type == "alarm"])) == toset([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.single), values(aws_cloudwatch_metric_alarm.share)) : "arn:aws:cloudwatch:us-east-1:111111111111:alarm:${alarm.alarm_name}"
    ])
    error_message = "The first row shows every alarm there is."
  }
}

run "the_embedded_aws_goes_without_what_it_lacks" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    alert_emails       = []
    environment        = "local"
    insights           = false
    lanes              = {}
    log_retention_days = 14
  }

  assert {
    condition     = length(aws_cloudwatch_query_definition.this) + length(aws_xray_group.this) + length(aws_budgets_budget.this) == 0
    error_message = "No saved queries, no X-Ray group, and no budget where none is asked for."
  }

  assert {
    condition     = alltrue([for widget in local.graph_widgets : !can(regex("Events|Notices", widget.properties.title))])
    error_message = "No graph of what is not there."
  }

  assert {
    condition     = sort(keys(merge(aws_cloudwatch_metric_alarm.single, aws_cloudwatch_metric_alarm.share))) == tolist(["door-throttles", "door-unavailable"])
    error_message = "No alarm of what is not there; the door always is."
  }
}

run "settled_objects_are_told_of" {
  command = plan

  module {
    source = "./modules/settled_events"
  }

  variables {
    architecture     = "arm64"
    environment      = "dev"
    log_group        = "/aws/lambda/scandrop-dev-herald"
    package          = { bucket = "artifacts", key = "handler-aa.zip", sha256_base64 = "qg==" }
    processed_bucket = "processed"
    role_arn         = "arn:aws:iam::111111111111:role/scandrop-dev-herald"
    stream_arn       = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger/stream/2026"
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.ledger.function_response_types == toset(["ReportBatchItemFailures"])
      && aws_lambda_event_source_mapping.ledger.starting_position == "TRIM_HORIZON"
      && one(aws_lambda_event_source_mapping.ledger.filter_criteria[0].filter).pattern == jsonencode({ dynamodb = { NewImage = { status = { S = ["deleted", "rejected", "succeeded", "superseded"] } } } })
    )
    error_message = "The herald is asked for settled versions alone, and goes on where it could not."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.name == "scandrop-dev-herald-dead" && aws_sqs_queue.dead_letter.kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "What it gives up on is kept, encrypted, where its role and its alarm look for it."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.dead_letter.policy).Statement : statement.Condition if statement.Effect == "Deny" && statement.Action == "sqs:*"] == [{ Bool = { "aws:SecureTransport" = "false" } }]
    error_message = "TLS is required for that queue too."
  }
}

run "people_are_told_of_batches" {
  command = plan

  module {
    source = "./modules/notices"
  }

  variables {
    architecture           = "arm64"
    dead_letter_queue_urls = {}
    emails                 = ["lab@example.org"]
    environment            = "dev"
    log_group              = "/aws/lambda/scandrop-dev-notices"
    package                = { bucket = "artifacts", key = "handler-aa.zip", sha256_base64 = "qg==" }
    queue_urls             = {}
    quiet_minutes          = 10
    role_arn               = "arn:aws:iam::111111111111:role/scandrop-dev-notices"
    table_name             = "ledger"
  }

  assert {
    condition     = aws_sns_topic.notices.name == "scandrop-dev-notices" && aws_sns_topic.notices.kms_master_key_id == var.kms_key_arn && aws_sns_topic_subscription.email["lab@example.org"].protocol == "email"
    error_message = "Notices have an encrypted topic of their own, so that nobody is woken by one."
  }

  assert {
    condition     = [for statement in data.aws_iam_policy_document.topic.statement : [for it in statement.condition : "${it.test} ${it.variable} ${one(it.values)}"] if statement.effect == "Deny" && statement.actions == toset(["sns:Publish"])] == [["Bool aws:SecureTransport false"]]
    error_message = "TLS is required for the topic."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.look.schedule_expression == "rate(5 minutes)" && aws_lambda_permission.look.principal == "events.amazonaws.com"
    error_message = "The schedule alone asks whether a batch is through."
  }
}

run "a_private_network_has_no_way_out" {
  command = plan

  override_resource {
    target          = aws_vpc_endpoint.gateway
    override_during = plan
    values          = { prefix_list_id = "pl-11111111" }
  }

  override_resource {
    target          = aws_security_group.endpoints
    override_during = plan
    values          = { id = "sg-11111111" }
  }

  module {
    source = "./modules/network"
  }

  variables {
    gateways       = { s3 = ["arn:aws:s3:::scandrop-dev-raw-111111111111", "arn:aws:s3:::scandrop-dev-raw-111111111111/*"] }
    interfaces     = { sqs = ["arn:aws:sqs:us-east-1:111111111111:scandrop-dev-image"] }
    log_bucket_arn = "arn:aws:s3:::scandrop-dev-logs-111111111111"
    region         = "us-east-1"
    zones          = ["a", "c"]
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.private : subnet.availability_zone => subnet.map_public_ip_on_launch } == { us-east-1a = false, us-east-1c = false } && length(aws_route_table_association.private) == 2
    error_message = "Each zone has a private subnet, with the route table that has no route."
  }

  assert {
    condition = {
      for rule in aws_security_group.functions.egress : "${rule.protocol} ${rule.from_port} ${rule.to_port}" => join(" ", concat(
        [for place in [rule.cidr_blocks, rule.ipv6_cidr_blocks, rule.prefix_list_ids, rule.security_groups] : place == null ? [] : tolist(place)]...
      ))...
    } == { "tcp 443 443" = ["pl-11111111", "sg-11111111"] }
    error_message = "A function reaches endpoints by TLS, and no address."
  }

  assert {
    condition     = one(aws_security_group.endpoints.ingress).cidr_blocks == tolist([aws_vpc.this.cidr_block]) && one(aws_security_group.endpoints.ingress).from_port == 443
    error_message = "Endpoints take TLS from within alone."
  }

  assert {
    condition = jsonencode({ for endpoint in concat(values(aws_vpc_endpoint.gateway), values(aws_vpc_endpoint.interface)) : "${endpoint.vpc_endpoint_type} ${endpoint.service_name}" => one(jsondecode(endpoint.policy).Statement).Resource }) == jsonencode({
      "Gateway com.amazonaws.us-east-1.s3"    = var.gateways.s3
      "Interface com.amazonaws.us-east-1.sqs" = var.interfaces.sqs
    })
    error_message = "Through an endpoint goes what is the environment's own, so that nothing can be carried into another's bucket or queue."
  }

  assert {
    condition     = aws_vpc_endpoint.interface["sqs"].private_dns_enabled && aws_vpc.this.enable_dns_hostnames && aws_vpc.this.enable_dns_support
    error_message = "Clients find an endpoint by the service's usual name."
  }

  assert {
    condition     = aws_flow_log.refused.traffic_type == "REJECT" && aws_flow_log.refused.log_destination == "arn:aws:s3:::scandrop-dev-logs-111111111111/network/"
    error_message = "Who wanted out is written down."
  }
}

run "lambda_attaches_a_function_to_a_private_network_and_its_code_cannot" {
  command = plan

  module {
    source = "./modules/iam"
  }

  variables {
    bucket_arns          = { processed = "arn:aws:s3:::processed", raw = "arn:aws:s3:::raw" }
    door                 = { secrets = [] }
    lanes                = { image = { dead_letter_arn = "arn:aws:sqs:us-east-1:111111111111:image-dead", forwards_to = [], reads = [], secrets = [] } }
    log_group_arns       = { for function in ["door", "image"] : function => "arn:aws:logs:us-east-1:111111111111:log-group:${function}" }
    network              = true
    on_delete            = "keep"
    permissions_boundary = null
    queue_arns           = { image = "arn:aws:sqs:us-east-1:111111111111:image" }
    table_arn            = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger"
  }

  assert {
    condition = alltrue([
      for function in ["door", "image"] : [
        for statement in jsondecode(aws_iam_role_policy.function[function].policy).Statement : statement.Condition if statement.Sid == "AttachToNetwork"
      ] == [{ ArnNotEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:us-east-1:111111111111:function:scandrop-dev-${function}" } }]
    ])
    error_message = "Network interfaces are Lambda's to make, and not the function's own."
  }
}
