variable "aws_account_id" {
  description = "The account that owns the roles and their permissions boundary."
  type        = string
}

variable "bucket_arns" {
  description = "The ARNs of the buckets that lanes read and write."
  type        = object({ processed = string, raw = string })
}

variable "kms_key_arn" {
  description = "The key under which everything is encrypted."
  type        = string
}

variable "lanes" {
  description = "Each lane, the lanes to whose queues it hands objects on, and the ARNs of what its settings name and of the secrets it needs."
  type        = map(object({ forwards_to = list(string), reads = list(string), secrets = list(string) }))
}

variable "log_group_arns" {
  description = "Each lane's log group ARN."
  type        = map(string)
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "permissions_boundary" {
  description = "The name of the policy that bounds every role, or null."
  type        = string
}

variable "queue_arns" {
  description = "Each lane's queue ARN."
  type        = map(string)
}

variable "table_arn" {
  description = "The ledger table's ARN."
  type        = string
}
