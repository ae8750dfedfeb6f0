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

variable "recovery_days" {
  description = "For how many days the pseudonym key can be restored after its deletion."
  type        = number
}

variable "table_arn" {
  description = "The ledger table's ARN."
  type        = string
}
