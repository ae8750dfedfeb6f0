# One function per lane: the same handler in each, with the lane's own layers, size and role.

locals {
  layers = toset(flatten([for lane in var.lanes : lane.layers]))
}

# Packages go through S3: a direct upload ends at 50 MB, and the provider makes directly uploaded functions one after
# the other. The hash in the key makes a new object of a new package.
resource "aws_s3_object" "package" {
  for_each = merge({ handler = var.packages.handler }, { for layer in local.layers : "layer-${layer}" => var.packages.layers[layer] })

  bucket     = var.artifacts_bucket
  key        = "${each.key}-${each.value.sha256}.zip"
  kms_key_id = var.kms_key_arn
  source     = "${path.root}/${each.value.path}"

  # Tags on objects are billed each month and tell nothing that the bucket's do not.
  override_provider {
    default_tags {
      tags = {}
    }
  }
}

resource "aws_s3_object" "asset" {
  for_each = var.assets

  bucket     = var.artifacts_bucket
  key        = each.key
  kms_key_id = var.kms_key_arn
  source     = each.value

  override_provider {
    default_tags {
      tags = {}
    }
  }
}

resource "aws_lambda_layer_version" "this" {
  for_each = local.layers

  layer_name               = "${var.name}-${each.key}"
  compatible_architectures = [var.architecture]
  compatible_runtimes      = ["python3.12"]
  s3_bucket                = aws_s3_object.package["layer-${each.key}"].bucket
  s3_key                   = aws_s3_object.package["layer-${each.key}"].key
  source_code_hash         = var.packages.layers[each.key].sha256_base64

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_function" "lane" {
  # checkov:skip=CKV_AWS_115:the event source mapping caps concurrency without taking it from the account's pool
  # checkov:skip=CKV_AWS_116:the lane's queue holds and dead-letters what fails; nothing invokes asynchronously
  # checkov:skip=CKV_AWS_117:vpc_config is the environment's choice; without one it talks to AWS alone, by TLS and IAM
  # checkov:skip=CKV_AWS_272:source_code_hash pins the reproducible package that the deploy role alone can put here
  for_each = var.lanes

  function_name    = "${var.name}-${each.key}"
  description      = "Processes what is dropped for the ${each.key} lane"
  architectures    = [var.architecture]
  handler          = "scandrop.handler.handle"
  kms_key_arn      = var.kms_key_arn
  layers           = [for layer in each.value.layers : aws_lambda_layer_version.this[layer].arn]
  memory_size      = each.value.memory_mb
  role             = var.role_arns[each.key]
  runtime          = "python3.12"
  s3_bucket        = aws_s3_object.package["handler"].bucket
  s3_key           = aws_s3_object.package["handler"].key
  source_code_hash = var.packages.handler.sha256_base64
  timeout          = each.value.timeout_s

  environment {
    variables = var.environment_variables[each.key]
  }

  ephemeral_storage {
    size = each.value.ephemeral_mb
  }

  logging_config {
    log_format            = "JSON"
    log_group             = var.log_groups[each.key]
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

  depends_on = [aws_s3_object.asset]
}

# A lane sends what waited for its turn to its own queue again. After 16 such rounds Lambda would take that for a loop and
# stop it (Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops").
resource "aws_lambda_function_recursion_config" "lane" {
  for_each = aws_lambda_function.lane

  function_name  = each.value.function_name
  recursive_loop = "Allow"
}

resource "aws_lambda_event_source_mapping" "lane" {
  for_each = var.lanes

  batch_size              = each.value.batch_size
  event_source_arn        = var.queue_arns[each.key]
  function_name           = aws_lambda_function.lane[each.key].arn
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = each.value.max_concurrency
  }
}
