variable "architecture" {
  description = "The function's instruction set: arm64 or x86_64."
  type        = string
}

variable "aws_account_id" {
  description = "The account that owns the queue."
  type        = string
}

variable "environment" {
  description = "The environment's name, which each event has in it."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the queue and the function's environment."
  type        = string
}

variable "log_group" {
  description = "The function's log group, which stands before the function does."
  type        = string
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "package" {
  description = "The handler's zip in the artifacts bucket."
  type        = object({ bucket = string, key = string, sha256_base64 = string })
}

variable "processed_bucket" {
  description = "The bucket of the manifests that events name."
  type        = string
}

variable "role_arn" {
  description = "The function's execution role."
  type        = string
}

variable "stream_arn" {
  description = "The stream of the ledger table."
  type        = string
}

variable "tls_only" {
  description = "Whether the queue's policy refuses requests without TLS."
  type        = bool
}

variable "vpc_config" {
  description = "The subnets and security groups that the function is put in; null for AWS's own network."
  type        = object({ security_group_ids = list(string), subnet_ids = list(string) })
  default     = null
}
