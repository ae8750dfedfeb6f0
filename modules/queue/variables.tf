variable "aws_account_id" {
  description = "The account that owns the queues and the rules."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the messages."
  type        = string
}

variable "lanes" {
  description = "Each lane's key suffixes (none: every remaining key) and its function's timeout in seconds."
  type = map(object({
    suffixes  = list(string)
    timeout_s = number
  }))
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "on_delete" {
  description = "Whether lanes are told of deleted objects too, delete, or of new ones alone, keep."
  type        = string
}

variable "raw_bucket" {
  description = "The bucket whose objects are told of."
  type        = string
}

variable "tls_only" {
  description = "Whether queue policies refuse requests without TLS."
  type        = bool
}
