variable "api_key_required" {
  description = "Whether a caller needs an API key besides the signature."
  type        = bool
}

variable "architecture" {
  description = "The function's instruction set: arm64 or x86_64."
  type        = string
}

variable "burst" {
  description = "How many requests may come at once."
  type        = number
}

variable "cors_origins" {
  description = "The web pages that may ask, by scheme, host and port."
  type        = list(string)
}

variable "environment_variables" {
  description = "What the function is told of the environment."
  type        = map(string)
}

variable "kms_key_arn" {
  description = "The key that encrypts the logs and the environment variables."
  type        = string
}

variable "layer_arn" {
  description = "The layer of what every function imports."
  type        = string
}

variable "log_group" {
  description = "The function's log group, which stands before it."
  type        = string
}

variable "log_retention_days" {
  description = "Days after which access logs are gone."
  type        = number
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "package" {
  description = "The handler's zip in the artifacts bucket."
  type        = object({ bucket = string, key = string, sha256_base64 = string })
}

variable "rate_per_s" {
  description = "How many requests per second are taken in the long run."
  type        = number
}

variable "role_arn" {
  description = "The function's execution role."
  type        = string
}

variable "vpc_config" {
  description = "The subnets and security groups that the function is put in; null for AWS's own network."
  type        = object({ security_group_ids = list(string), subnet_ids = list(string) })
  default     = null
}
