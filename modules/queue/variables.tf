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

variable "raw_bucket" {
  description = "The bucket whose new objects are carried."
  type        = string
}

variable "tls_only" {
  description = "Whether queue policies refuse requests without TLS."
  type        = bool
}
