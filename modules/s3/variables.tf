variable "aws_account_id" {
  description = "The account that owns the buckets; part of their names."
  type        = string
}

variable "cors_origins" {
  description = "The web pages that may put raw objects and get derivatives by links, by scheme, host and port."
  type        = list(string)
}

variable "flow_logs" {
  description = "Whether the bucket of logs is told of packets that a private network refused."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether destroying the environment also destroys the objects in its buckets."
  type        = bool
}

variable "kms_key_arn" {
  description = "The key that encrypts the objects."
  type        = string
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "tls_only" {
  description = "Whether bucket policies refuse requests without TLS."
  type        = bool
}
