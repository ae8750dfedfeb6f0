variable "alert_emails" {
  description = "Who is written to when an alarm is raised; each must confirm once by mail."
  type        = list(string)
}

variable "aws_account_id" {
  description = "The account whose alarms may publish."
  type        = string
}

variable "dead_letter_queues" {
  description = "Each lane's dead-letter queue."
  type        = map(object({ arn = string, name = string }))
}

variable "environment" {
  description = "The environment's name, for the commands that alarms tell."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the logs and the topic."
  type        = string
}

variable "lanes" {
  description = "The lanes, in the order of the dashboard's rows."
  type        = list(string)
}

variable "log_retention_days" {
  description = "Days after which log lines are gone."
  type        = number
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "queues" {
  description = "Each lane's queue: its name and how long a message is hidden while a function works on it."
  type        = map(object({ name = string, visibility_timeout_s = number }))
}

variable "tls_only" {
  description = "Whether the topic's policy refuses requests without TLS."
  type        = bool
}
