# The four buckets of an environment. Raw objects come in, derivatives go out, artifacts holds the layers' zips,
# and logs holds the access logs of the other three.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  encrypted = toset(["artifacts", "processed", "raw"])
  all       = setunion(local.encrypted, ["logs"])

  names = { for role in local.all : role => "${var.name}-${role}-${var.aws_account_id}" }
  arns  = { for role, name in local.names : role => "arn:${data.aws_partition.current.partition}:s3:::${name}" }

  # Who names no encryption gets the bucket's default, which is right. Refused are other kinds, other keys, KMS without a key,
  # for which S3 takes one of its own, and a key that the uploader keeps (SSE-C), which no lane could read.
  refused_uploads = {
    DenyOtherEncryption = [{ test = "Null", of = "", is = "false" }, { test = "StringNotEquals", of = "", is = "aws:kms" }]
    DenyOtherKey        = [{ test = "Null", of = "-aws-kms-key-id", is = "false" }, { test = "StringNotEquals", of = "-aws-kms-key-id", is = var.kms_key_arn }]
    DenyUnnamedKey      = [{ test = "StringEquals", of = "", is = "aws:kms" }, { test = "Null", of = "-aws-kms-key-id", is = "true" }]
    DenyUploadersKey    = [{ test = "Null", of = "-customer-algorithm", is = "false" }]
  }
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18:the three data buckets log to the fourth, and a log bucket that logs to itself never ends
  # checkov:skip=CKV_AWS_144:one region holds an environment; versioning guards against deletion
  # checkov:skip=CKV_AWS_145:the customer-managed key is set below; access logs can only be delivered under SSE-S3
  # checkov:skip=CKV2_AWS_62:only the raw bucket's events mean anything, and EventBridge gets them
  for_each = local.names

  bucket        = each.value
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    bucket_key_enabled = contains(local.encrypted, each.key)

    apply_server_side_encryption_by_default {
      kms_master_key_id = contains(local.encrypted, each.key) ? var.kms_key_arn : null
      sse_algorithm     = contains(local.encrypted, each.key) ? "aws:kms" : "AES256"
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = local.encrypted

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "${each.key}/"
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    id     = "housekeeping"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    expiration {
      days                         = each.key == "logs" ? 60 : null # and 30 more as an old version: 90 in all
      expired_object_delete_marker = each.key == "logs" ? null : true
    }

    # The lanes put derivatives there at once, which saves the price of moving them.
    dynamic "transition" {
      for_each = each.key == "raw" ? ["INTELLIGENT_TIERING"] : []

      content {
        days          = 0
        storage_class = transition.value
      }
    }
  }
}

# A page that was given a link may use it: to put a raw object, or to get a derivative.
resource "aws_s3_bucket_cors_configuration" "this" {
  for_each = { for role, method in { processed = "GET", raw = "PUT" } : role => method if length(var.cors_origins) > 0 }

  bucket = aws_s3_bucket.this[each.key].id

  cors_rule {
    allowed_headers = ["content-md5", "content-type", "x-amz-checksum-*", "x-amz-content-sha256"]
    allowed_methods = [each.value]
    allowed_origins = var.cors_origins
    expose_headers  = ["etag", "x-amz-version-id"]
    max_age_seconds = 600
  }
}

resource "aws_s3_bucket_notification" "raw" {
  bucket      = aws_s3_bucket.this["raw"].id
  eventbridge = true
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.arns

  dynamic "statement" {
    for_each = var.tls_only ? ["DenyWithoutTls"] : []

    content {
      sid       = statement.value
      effect    = "Deny"
      actions   = ["s3:*"]
      resources = [each.value, "${each.value}/*"]

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

  dynamic "statement" {
    for_each = contains(local.encrypted, each.key) ? local.refused_uploads : {}

    content {
      sid       = statement.key
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["${each.value}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      dynamic "condition" {
        for_each = statement.value

        content {
          test     = condition.value.test
          variable = "s3:x-amz-server-side-encryption${condition.value.of}"
          values   = [condition.value.is]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "logs" ? ["AllowAccessLogs"] : []

    content {
      sid       = statement.value
      actions   = ["s3:PutObject"]
      resources = ["${each.value}/*"]

      principals {
        type        = "Service"
        identifiers = ["logging.s3.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.aws_account_id]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [for role in local.encrypted : local.arns[role]]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "logs" && var.flow_logs ? { AllowFlowLogs = ["s3:PutObject", "${each.value}/network/*"], AllowFlowLogsLook = ["s3:GetBucketAcl", each.value] } : {}

    content {
      sid       = statement.key
      actions   = [statement.value[0]]
      resources = [statement.value[1]]

      principals {
        type        = "Service"
        identifiers = ["delivery.logs.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.aws_account_id]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${var.aws_account_id}:*"]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id
  policy = data.aws_iam_policy_document.bucket[each.key].json

  # S3 refuses both at once.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
