# The upload door: who may ask, what is written down of it, and how much of it there may be.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  api_key_required      = false
  architecture          = "arm64"
  aws_account_id        = "111111111111"
  burst                 = 100
  cors_origins          = []
  environment           = "dev"
  environment_variables = { SCANDROP_TABLE = "ledger" }
  force_destroy         = false
  kms_key_arn           = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  layer_arn             = "arn:aws:lambda:us-east-1:111111111111:layer:core:1"
  log_group             = "/aws/lambda/scandrop-dev-door"
  log_retention_days    = 14
  name                  = "scandrop-dev"
  package               = { bucket = "artifacts", key = "handler.zip", sha256_base64 = "AAAA" }
  rate_per_s            = 50
  role_arn              = "arn:aws:iam::111111111111:role/scandrop-dev-door"
  tls_only              = true
}

run "only_who_iam_knows_may_ask" {
  command = plan

  module {
    source = "./modules/api"
  }

  assert {
    condition     = { for name, method in aws_api_gateway_method.door : name => "${method.authorization} ${method.api_key_required}" } == { GET = "AWS_IAM false", OPTIONS = "AWS_IAM false", PUT = "AWS_IAM false" }
    error_message = "Every method is signed where no page may ask, and none has to be taken out of the stage's copy to be so."
  }

  assert {
    condition     = one(aws_api_gateway_rest_api.door.endpoint_configuration).types == tolist(["REGIONAL"]) && aws_api_gateway_rest_api.door.binary_media_types == tolist(["*/*"])
    error_message = "The API is regional, and takes bodies as bytes."
  }

  assert {
    condition     = alltrue([for integration in aws_api_gateway_integration.door : integration.type == "AWS_PROXY" && integration.integration_http_method == "POST"])
    error_message = "Each method is the function's to answer."
  }

  assert {
    condition     = length(aws_api_gateway_usage_plan.door) == 0 && length(aws_api_gateway_api_key.door) == 0
    error_message = "There is no API key where none is asked for."
  }

  assert {
    condition = { for setting in aws_api_gateway_method_settings.door.settings : aws_api_gateway_method_settings.door.method_path => "${setting.throttling_burst_limit} ${setting.throttling_rate_limit} ${setting.logging_level} ${setting.metrics_enabled}" } == {
      "*/*" = "100 50 OFF false"
    }
    error_message = "All methods are throttled together, no execution log holds a path, and no metric is paid for by method."
  }

  assert {
    condition     = !coalesce(aws_api_gateway_stage.door.xray_tracing_enabled, false)
    error_message = "No trace holds a path, which may be a name."
  }

  assert {
    condition = !anytrue([
      for word in ["path", "Path", "query", "error.message", "authorizer"] : strcontains(one(aws_api_gateway_stage.door.access_log_settings).format, word)
    ])
    error_message = "The access log holds nothing that a key can be in."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.access.retention_in_days == 14
    error_message = "The access log is encrypted and ends."
  }

  assert {
    condition = alltrue([
      for response in aws_api_gateway_gateway_response.door :
      sort(keys(jsondecode(response.response_templates["application/json"]))) == tolist(["code", "mend", "message"]) && !strcontains(response.response_templates["application/json"], "$")
    ])
    error_message = "What API Gateway refuses has the form of what the function refuses, and names nobody and nothing of the account."
  }

  assert {
    condition     = aws_lambda_function.door.handler == "scandrop.door.handler.handle" && aws_lambda_function.door.layers == tolist([var.layer_arn]) && one(aws_lambda_function.door.tracing_config).mode == "Active"
    error_message = "The function has the layer of what every function imports, and no more."
  }
}

run "a_page_may_ask_where_its_origin_is_named" {
  command = plan

  module {
    source = "./modules/api"
  }

  variables {
    cors_origins = ["https://viewer.example.org"]
  }

  assert {
    condition     = { for name, method in aws_api_gateway_method.door : name => method.authorization } == { GET = "AWS_IAM", OPTIONS = "NONE", PUT = "AWS_IAM" }
    error_message = "A browser asks first, and cannot sign that."
  }

  assert {
    condition     = one(aws_lambda_function.door.environment).variables["SCANDROP_CORS_ORIGINS"] == jsonencode(["https://viewer.example.org"])
    error_message = "The function knows whom to answer."
  }
}

run "an_api_key_comes_with_its_usage_plan" {
  command = plan

  module {
    source = "./modules/api"
  }

  variables {
    api_key_required = true
    cors_origins     = ["https://viewer.example.org"]
  }

  assert {
    condition     = { for name, method in aws_api_gateway_method.door : name => method.api_key_required } == { GET = true, OPTIONS = false, PUT = true }
    error_message = "A key is asked for besides the signature; a browser's first question has none."
  }

  assert {
    condition     = [for plan in aws_api_gateway_usage_plan.door : "${plan.name} ${one(plan.throttle_settings).burst_limit} ${one(plan.throttle_settings).rate_limit} ${one(plan.api_stages).stage}"] == ["scandrop-dev-door 100 50 v1"]
    error_message = "The plan throttles its key and is of the one stage."
  }

  assert {
    condition     = [for key in aws_api_gateway_usage_plan_key.door : key.key_type] == ["API_KEY"]
    error_message = "The key is in the plan."
  }
}

run "a_page_puts_raw_objects_and_gets_derivatives" {
  command = plan

  module {
    source = "./modules/s3"
  }

  variables {
    cors_origins = ["https://viewer.example.org"]
  }

  assert {
    condition = { for role, cors in aws_s3_bucket_cors_configuration.this : role => "${one(one(cors.cors_rule).allowed_methods)} ${one(one(cors.cors_rule).allowed_origins)}" } == {
      processed = "GET https://viewer.example.org"
      raw       = "PUT https://viewer.example.org"
    }
    error_message = "The named pages alone, and each bucket for one thing."
  }
}

run "no_page_may_where_none_is_named" {
  command = plan

  module {
    source = "./modules/s3"
  }

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.this) == 0
    error_message = "No bucket answers a page."
  }
}

run "the_door_puts_what_it_never_reads" {
  command = plan

  module {
    source = "./modules/iam"
  }

  variables {
    bucket_arns          = { processed = "arn:aws:s3:::processed", raw = "arn:aws:s3:::raw" }
    door                 = { secrets = [] }
    lanes                = {}
    log_group_arns       = { door = "arn:aws:logs:us-east-1:111111111111:log-group:door" }
    on_delete            = "keep"
    permissions_boundary = "scandrop-dev-boundary"
    queue_arns           = {}
    table_arn            = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.function["door"].policy).Statement : statement.Sid => "${join(" ", sort(flatten([statement.Action])))} on ${statement.Resource}" } == {
      FindNewest    = "s3:ListBucketVersions on arn:aws:s3:::raw"
      PutRaw        = "s3:PutObject on arn:aws:s3:::raw/*"
      ReadLedger    = "dynamodb:GetItem on arn:aws:dynamodb:us-east-1:111111111111:table/ledger"
      ReadProcessed = "s3:GetObject s3:GetObjectVersion on arn:aws:s3:::processed/*"
      TellAbsent    = "s3:ListBucket on arn:aws:s3:::processed"
      UseKey        = "kms:Decrypt kms:GenerateDataKey on ${var.kms_key_arn}"
      WriteLogs     = "logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:us-east-1:111111111111:log-group:door:log-stream:*"
      WriteTraces   = "xray:PutTelemetryRecords xray:PutTraceSegments on *"
    }
    error_message = "The door's role has exactly its actions, and no secret where keys are not pseudonymous."
  }
}

run "an_origin_has_no_path" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", door = { cors_origins = ["https://viewer.example.org/"] } } }
  }

  expect_failures = [var.environments]
}

run "an_origin_is_no_pattern" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", door = { cors_origins = ["*"] } } }
  }

  expect_failures = [var.environments]
}

run "an_origin_comes_by_tls" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", door = { cors_origins = ["http://intranet"] } } }
  }

  expect_failures = [var.environments]
}

run "an_origin_is_a_host" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", door = { cors_origins = ["https://-.."] } } }
  }

  expect_failures = [var.environments]
}

run "an_origins_port_is_one" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", door = { cors_origins = ["https://viewer.example.org:99999"] } } }
  }

  expect_failures = [var.environments]
}

run "the_embedded_aws_has_no_api_keys" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "000000000000", region = "us-east-1", door = { api_key_required = true } } }
  }

  expect_failures = [var.environments]
}

run "a_door_takes_at_least_a_request_per_second" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", door = { rate_per_s = 0 } } }
  }

  expect_failures = [var.environments]
}
