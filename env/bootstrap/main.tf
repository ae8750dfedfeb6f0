# Once per account, by an administrator: the bucket that holds every environment's state, and the roles that GitHub
# Actions assumes to plan and to deploy each environment.

data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  account   = "arn:${local.partition}:iam::${var.aws_account_id}"

  state_bucket     = "scandrop-tfstate-${var.aws_account_id}"
  state_bucket_arn = "arn:${local.partition}:s3:::${local.state_bucket}"

  roles = merge([
    for name, it in var.environments : {
      "${name}-deploy" = { environment = name, subject = it.deploy_subject, github_environment = split(":environment:", it.deploy_subject)[1] }
      "${name}-plan"   = { environment = name, subject = it.plan_subject, github_environment = split(":environment:", it.plan_subject)[1] }
    }
  ]...)
}

resource "aws_kms_key" "state" {
  description             = "Encrypts Terraform's state"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.state_key.json
}

resource "aws_kms_alias" "state" {
  name          = "alias/scandrop-tfstate"
  target_key_id = aws_kms_key.state.key_id
}

data "aws_iam_policy_document" "state_key" {
  # checkov:skip=CKV_AWS_109:a key policy's only resource is its own key, written as "*"
  # checkov:skip=CKV_AWS_111:a key policy's only resource is its own key, written as "*"
  # checkov:skip=CKV_AWS_356:a key policy's only resource is its own key, written as "*"

  statement {
    sid       = "AccountDecidesByItsPolicies"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["${local.account}:root"]
    }
  }
}

resource "aws_s3_bucket" "state" {
  # checkov:skip=CKV_AWS_18:two roles and an administrator touch it; CloudTrail names each of their calls
  # checkov:skip=CKV_AWS_144:old versions of a state are kept for a year, and the last 20 for good; a lost region takes its environments along
  # checkov:skip=CKV2_AWS_62:nothing waits for a state to change
  bucket = local.state_bucket

  lifecycle {
    prevent_destroy = true # with the state goes the knowledge of all that stands
  }
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.state.arn
      sse_algorithm     = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "housekeeping"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days           = 365
      newer_noncurrent_versions = 20
    }
  }
}

data "aws_iam_policy_document" "state_bucket" {
  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.state_bucket_arn, "${local.state_bucket_arn}/*"]

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

  # Who names no encryption gets the bucket's own. Terraform's `encrypt = true` alone would name S3's key instead.
  statement {
    sid       = "DenyNamedEncryption"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.state_bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = data.aws_iam_policy_document.state_bucket.json

  depends_on = [aws_s3_bucket_public_access_block.state]
}

# An account has one of each address, so that another project may have made it.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_oidc_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles

  statement {
    sid     = "OneGithubEnvironment"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [coalesce(var.github_oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [each.value.subject]
    }
  }
}

resource "aws_iam_role" "github" {
  for_each = local.roles

  name                 = "scandrop-${each.key}"
  description          = "GitHub Actions, as ${each.value.subject}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 3600
  permissions_boundary = aws_iam_policy.boundary[each.value.environment].arn
}

resource "aws_iam_policy" "plan" {
  for_each = var.environments

  name   = "scandrop-${each.key}-plan"
  policy = data.aws_iam_policy_document.github["${each.key}-plan"].json
}

# A deployment plans first, so both roles read.
resource "aws_iam_role_policy_attachment" "plan" {
  for_each = local.roles

  role       = aws_iam_role.github[each.key].name
  policy_arn = aws_iam_policy.plan[each.value.environment].arn
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.environments

  name   = "deploy"
  role   = aws_iam_role.github["${each.key}-deploy"].id
  policy = data.aws_iam_policy_document.github["${each.key}-deploy"].json
}

# Bounds the deploy role and every role that it makes, so that it cannot make one that may more than itself.
resource "aws_iam_policy" "boundary" {
  for_each = var.environments

  name   = "scandrop-${each.key}-boundary"
  policy = data.aws_iam_policy_document.github["${each.key}-boundary"].json
}
