variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table."
  type        = bool
}

variable "kms_key_arn" {
  description = "The key that encrypts the table."
  type        = string
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "stream" {
  description = "Whether changes are streamed to whoever reads them within a day."
  type        = bool
}
