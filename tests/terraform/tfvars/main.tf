# Reads env/<name>.tfvars for the tests, so that they plan the very files that are deployed.

terraform {
  required_providers {
    terraform = {
      source = "terraform.io/builtin/terraform"
    }
  }
}

variable "name" {
  description = "The environment's name."
  type        = string
}

locals {
  file = provider::terraform::decode_tfvars(file("env/${var.name}.tfvars"))
}

output "environment" {
  description = "What the file says of environment."
  value       = local.file.environment
}

output "environments" {
  description = "What the file says of environments."
  value       = local.file.environments
}
