variable "deletion_protection" {
  description = "Whether the key can be restored for 30 days after its deletion, and the audit outlives the environment."
  type        = bool
}

variable "kms_key_arn" {
  description = "The key that encrypts the secret and the audit."
  type        = string
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "raw_bucket_arn" {
  description = "The bucket of the originals."
  type        = string
}

variable "table_arn" {
  description = "The ledger table's ARN."
  type        = string
}
