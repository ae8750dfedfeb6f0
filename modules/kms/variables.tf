variable "aws_account_id" {
  description = "The account that owns the key."
  type        = string
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}
