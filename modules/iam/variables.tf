variable "aws_account_id" {
  description = "The account that owns the roles and their permissions boundary."
  type        = string
}

variable "bucket_arns" {
  description = "The ARNs of the buckets that lanes read and write."
  type        = object({ processed = string, raw = string })
}

variable "door" {
  description = "The secrets that the upload door needs: the pseudonym key where keys are pseudonymous."
  type        = object({ secrets = list(string) })
}

variable "herald" {
  description = "What the herald of settled events sends to: the event bus, and the queue of what was refused. Null where there is none."
  type        = object({ dead_letter_arn = string, event_bus_arn = string })
  default     = null
}

variable "kms_key_arn" {
  description = "The key under which everything is encrypted."
  type        = string
}

variable "lanes" {
  description = "Each lane, its dead-letter queue's ARN, the lanes to whose queues it hands objects on, and the ARNs of what its settings name and of the secrets it needs."
  type        = map(object({ dead_letter_arn = string, forwards_to = list(string), reads = list(string), secrets = list(string) }))
}

variable "log_group_arns" {
  description = "Each function's log group ARN."
  type        = map(string)
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "network" {
  description = "Whether the functions are in a private network, to which Lambda attaches them under their own roles."
  type        = bool
  default     = false
}

variable "notices" {
  description = "The topic that notices of batches are told to. Null where there are none."
  type        = object({ topic_arn = string })
  default     = null
}

variable "on_delete" {
  description = "Whether lanes may delete the derivatives of a deleted object for good, delete, or not, keep."
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
