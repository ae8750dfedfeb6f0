variable "architecture" {
  description = "The function's instruction set: arm64 or x86_64."
  type        = string
}

variable "dead_letter_queue_urls" {
  description = "Each lane's dead-letter queue."
  type        = map(string)
}

variable "emails" {
  description = "Who is written to; each must confirm once by mail."
  type        = list(string)
}

variable "environment" {
  description = "The environment's name, for the commands that a notice tells."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the topic and the function's environment."
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

variable "queue_urls" {
  description = "Each lane's queue."
  type        = map(string)
}

variable "quiet_minutes" {
  description = "For how long nothing may have been settled before a batch counts as through."
  type        = number
}

variable "role_arn" {
  description = "The function's execution role."
  type        = string
}

variable "table_name" {
  description = "The ledger table."
  type        = string
}

variable "tls_only" {
  description = "Whether the topic's policy refuses requests without TLS."
  type        = bool
}

variable "vpc_config" {
  description = "The subnets and security groups that the function is put in; null for AWS's own network."
  type        = object({ security_group_ids = list(string), subnet_ids = list(string) })
  default     = null
}
