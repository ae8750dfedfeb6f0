variable "aws_account_id" {
  description = "The account that owns the key."
  type        = string
}

variable "deletion_window_days" {
  description = "Days between the key's deletion and the loss of all that it encrypts."
  type        = number

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "KMS waits between 7 and 30 days; got ${var.deletion_window_days}."
  }
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}
