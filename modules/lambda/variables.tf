variable "architecture" {
  description = "The functions' instruction set: arm64 or x86_64."
  type        = string
}

variable "artifacts_bucket" {
  description = "The bucket that the layers' zips are uploaded to."
  type        = string
}

variable "assets" {
  description = "What settings name: the key of each in the artifacts bucket, and its path here."
  type        = map(string)
}

variable "environment_variables" {
  description = "Each lane's environment variables."
  type        = map(map(string))
}

variable "kms_key_arn" {
  description = "The key that encrypts the environment variables and the zips."
  type        = string
}

variable "lanes" {
  description = "Each lane's size, batching and layers; the first layer listed is the lowest."
  type = map(object({
    batch_size      = number
    ephemeral_mb    = number
    layers          = list(string)
    max_concurrency = number
    memory_mb       = number
    timeout_s       = number
  }))
}

variable "log_groups" {
  description = "Each lane's log group, which stands before its function does."
  type        = map(string)
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "packages" {
  description = "The handler's zip and each layer's, with paths relative to the root."
  type = object({
    handler = object({ path = string, sha256 = string, sha256_base64 = string })
    layers  = map(object({ path = string, sha256 = string, sha256_base64 = string }))
  })
}

variable "queue_arns" {
  description = "Each lane's queue ARN."
  type        = map(string)
}

variable "role_arns" {
  description = "Each lane's execution role."
  type        = map(string)
}

variable "vpc_config" {
  description = "The subnets and security groups that the functions are put in; null for AWS's own network."
  type        = object({ security_group_ids = list(string), subnet_ids = list(string) })
  default     = null
}
