# The upload door: a regional REST API whose one function sends a PUT on to the raw bucket and tells by a GET what became
# of an object. Who may ask is IAM's to say.

locals {
  stage = "v1"

  # By method: who may call it. A browser asks by OPTIONS before it sends anything, and cannot sign that. Where no page may
  # ask it is closed and not taken away: the stage's new copy of the API is made before anything goes, and would keep it open.
  methods = { GET = "AWS_IAM", OPTIONS = length(var.cors_origins) == 0 ? "AWS_IAM" : "NONE", PUT = "AWS_IAM" }

  # What API Gateway itself refuses, in the form of the function's own refusals. The sentences are fixed, since API
  # Gateway's own name users, paths and APIs. The statuses are its own defaults: left out, each plan would take them away.
  refusals = {
    ACCESS_DENIED                = { status = 403, code = "access_denied", message = "IAM does not let you do this.", mend = "Ask for the right execute-api:Invoke on this path." }
    API_CONFIGURATION_ERROR      = { status = 500, code = "broken", message = "The door itself broke.", mend = "Tell the operator." }
    DEFAULT_4XX                  = { status = null, code = "refused", message = "API Gateway does not take this request.", mend = "Compare the request with docs/openapi.yaml." }
    DEFAULT_5XX                  = { status = null, code = "broken", message = "The door itself broke.", mend = "Try again in a few seconds, then tell the operator." }
    EXPIRED_TOKEN                = { status = 403, code = "expired_credentials", message = "The credentials have expired.", mend = "Sign in again." }
    INVALID_API_KEY              = { status = 403, code = "invalid_api_key", message = "There is no API key with the request, or an unknown one.", mend = "Send your API key in the header x-api-key." }
    INVALID_SIGNATURE            = { status = 403, code = "invalid_signature", message = "The signature is not that of this request.", mend = "Sign the request by Signature Version 4 for the service execute-api, in the API's region." }
    MISSING_AUTHENTICATION_TOKEN = { status = 403, code = "unsigned", message = "The request has no signature, or the door does not know this method.", mend = "Sign a GET or PUT by Signature Version 4, and name a key behind /${local.stage}/." }
    QUOTA_EXCEEDED               = { status = 429, code = "throttled", message = "The API key's requests are used up.", mend = "Try again later." }
    REQUEST_TOO_LARGE            = { status = 413, code = "body_too_large", message = "API Gateway takes no body of more than 10 MB.", mend = "Ask with an empty body and the file's size in the header x-scandrop-size, and put the file to the Location of the answer." }
    THROTTLED                    = { status = 429, code = "throttled", message = "There are too many requests.", mend = "Try again in a second, then in two, and so on." }
  }

  keys = { for name in [var.name] : name => name if var.api_key_required }
}

resource "aws_lambda_function" "door" {
  # checkov:skip=CKV_AWS_115:the stage's throttle caps it without taking concurrency from the account's pool
  # checkov:skip=CKV_AWS_116:API Gateway waits for each answer; nothing invokes asynchronously
  # checkov:skip=CKV_AWS_117:vpc_config is the environment's choice; without one it talks to AWS alone, by TLS and IAM
  # checkov:skip=CKV_AWS_272:source_code_hash pins the reproducible package that the deploy role alone can put here
  function_name    = "${var.name}-door"
  description      = "Sends uploads on to the raw bucket, and tells what became of an object"
  architectures    = [var.architecture]
  handler          = "scandrop.door.handler.handle"
  kms_key_arn      = var.kms_key_arn
  layers           = [var.layer_arn]
  memory_size      = 512
  role             = var.role_arn
  runtime          = "python3.12"
  s3_bucket        = var.package.bucket
  s3_key           = var.package.key
  source_code_hash = var.package.sha256_base64
  timeout          = 15 # API Gateway waits for 29 seconds

  environment {
    variables = merge(var.environment_variables, { SCANDROP_CORS_ORIGINS = jsonencode(var.cors_origins) })
  }

  logging_config {
    log_format            = "JSON"
    log_group             = var.log_group
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config[*]

    content {
      security_group_ids = vpc_config.value.security_group_ids
      subnet_ids         = vpc_config.value.subnet_ids
    }
  }
}

resource "aws_lambda_permission" "door" {
  statement_id  = "ApiInvokes"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.door.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.door.execution_arn}/${local.stage}/*"
}

resource "aws_api_gateway_rest_api" "door" {
  name               = "${var.name}-door"
  description        = "Takes uploads and tells what became of them"
  binary_media_types = ["*/*"] # else a body would be taken for text, and its length would be another

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_resource" "key" {
  rest_api_id = aws_api_gateway_rest_api.door.id
  parent_id   = aws_api_gateway_rest_api.door.root_resource_id
  path_part   = "{key+}"
}

resource "aws_api_gateway_method" "door" {
  # checkov:skip=CKV2_AWS_53:the function checks each part of a request, and says what mends it
  # checkov:skip=CKV_AWS_59:a browser cannot sign its OPTIONS, which tells what a page may send; the function answers it,
  # since a mock cannot choose among origins, and the stage's throttle holds it
  for_each = local.methods

  rest_api_id      = aws_api_gateway_rest_api.door.id
  resource_id      = aws_api_gateway_resource.key.id
  http_method      = each.key
  authorization    = each.value
  api_key_required = var.api_key_required && each.value == "AWS_IAM"
}

resource "aws_api_gateway_integration" "door" {
  for_each = aws_api_gateway_method.door

  rest_api_id             = each.value.rest_api_id
  resource_id             = each.value.resource_id
  http_method             = each.value.http_method
  integration_http_method = "POST"
  type                    = "AWS_PROXY"
  uri                     = aws_lambda_function.door.invoke_arn
}

resource "aws_api_gateway_gateway_response" "door" {
  for_each = local.refusals

  rest_api_id   = aws_api_gateway_rest_api.door.id
  response_type = each.key
  status_code   = each.value.status

  response_templates = {
    "application/json" = jsonencode({ code = each.value.code, message = each.value.message, mend = each.value.mend })
  }

  # A page may read why it is refused. What it reads is the same everywhere, so any page may.
  response_parameters = length(var.cors_origins) == 0 ? {} : { "gatewayresponse.header.Access-Control-Allow-Origin" = "'*'" }
}

resource "aws_api_gateway_deployment" "door" {
  rest_api_id = aws_api_gateway_rest_api.door.id

  # A stage serves a copy of the API, which has to be made again when any part of it changes. The parts' own attributes
  # would not do: what the provider only learns while it applies must not decide what it has planned.
  triggers = {
    module    = filesha1("${path.module}/main.tf")
    variables = jsonencode([var.api_key_required, var.cors_origins])
  }

  depends_on = [aws_api_gateway_gateway_response.door, aws_api_gateway_integration.door]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_338:who asked when answers a season's questions; the ledger is the lasting record
  name              = "/aws/apigateway/${var.name}-door"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_api_gateway_stage" "door" {
  # checkov:skip=CKV_AWS_120:an answer is good once, for one caller
  # checkov:skip=CKV2_AWS_4:the access log and the function's own say what happened; execution logs hold paths, which may be names
  # checkov:skip=CKV2_AWS_29:IAM stands before every method that does anything, and the stage is throttled
  # checkov:skip=CKV2_AWS_51:callers sign by Signature Version 4, a client certificate would be a second credential
  # checkov:skip=CKV_AWS_73:its segments hold each request's path, which may be a name; the function traces itself
  rest_api_id   = aws_api_gateway_rest_api.door.id
  deployment_id = aws_api_gateway_deployment.door.id
  stage_name    = local.stage

  # No path, no query and no error message, since each may hold a raw key, which may be a name.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      caller     = "$context.identity.userArn"
      error      = "$context.error.responseType"
      latency_ms = "$context.responseLatency"
      method     = "$context.httpMethod"
      request_id = "$context.requestId"
      source_ip  = "$context.identity.sourceIp"
      status     = "$context.status"
      time       = "$context.requestTimeEpoch"
    })
  }
}

resource "aws_api_gateway_method_settings" "door" {
  # checkov:skip=CKV_AWS_225:an answer is good once, for one caller
  # checkov:skip=CKV_AWS_308:there is no cache
  # checkov:skip=CKV2_AWS_4:execution logs hold paths, which may be names
  rest_api_id = aws_api_gateway_rest_api.door.id
  stage_name  = aws_api_gateway_stage.door.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = false # those by method are paid for and watched by no alarm; the API's own are free
    logging_level          = "OFF"
    throttling_burst_limit = var.burst
    throttling_rate_limit  = var.rate_per_s
  }
}

resource "aws_api_gateway_usage_plan" "door" {
  for_each = local.keys

  name = "${each.key}-door"

  api_stages {
    api_id = aws_api_gateway_rest_api.door.id
    stage  = aws_api_gateway_stage.door.stage_name
  }

  throttle_settings {
    burst_limit = var.burst
    rate_limit  = var.rate_per_s
  }
}

resource "aws_api_gateway_api_key" "door" {
  for_each = local.keys

  name = "${each.key}-door"
}

resource "aws_api_gateway_usage_plan_key" "door" {
  for_each = local.keys

  key_id        = aws_api_gateway_api_key.door[each.key].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.door[each.key].id
}
