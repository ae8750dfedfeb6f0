terraform {
  required_version = "~> 1.11" # the first in which locking a state in S3 itself is no experiment

  backend "s3" {} # filled by env/<name>.backend.hcl

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region              = local.environment.region
  allowed_account_ids = [local.environment.aws_account_id]

  default_tags {
    tags = {
      environment = var.environment
      managed_by  = "terraform"
      project     = "scandrop"
      scandrop    = var.environment # what the budget counts by: no other project has this tag
    }
  }
}
