variable "gateways" {
  description = "The services that are reached through a gateway endpoint, which costs nothing, and the ARNs that each lets through."
  type        = map(list(string))
}

variable "interfaces" {
  description = "The services that are reached through an interface endpoint, which is paid by the hour and zone, and the ARNs that each lets through."
  type        = map(list(string))
}

variable "log_bucket_arn" {
  description = "The bucket that is told of refused packets."
  type        = string
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "region" {
  description = "The region, known from the start: read from the provider, it would be unknown whenever a role changes, and all be replaced."
  type        = string
}

variable "zones" {
  description = "The letters of the availability zones."
  type        = list(string)
}
