variable "alert_emails" {
  description = "Who is written to when an alarm is raised; each must confirm once by mail."
  type        = list(string)
}

variable "aws_account_id" {
  description = "The account whose alarms may publish."
  type        = string
}

variable "environment" {
  description = "The environment's name, for the commands that alarms tell."
  type        = string
}

variable "further_functions" {
  description = "Which functions stand besides the lanes' and the door's: herald, notices."
  type        = list(string)
  default     = []
}

variable "insights" {
  description = "Whether queries of Logs Insights and a group of X-Ray are kept."
  type        = bool
}

variable "kms_key_arn" {
  description = "The key that encrypts the logs and the topic."
  type        = string
}

variable "lanes" {
  description = "Each lane: its queues, whether it takes its own suffixes or what is left, its function's memory, within how many seconds an object is to be taken up, and after how many one is tried again whose function died."
  type = map(object({
    dead_letter_queue = object({ name = string })
    has_suffixes      = bool
    memory_mb         = number
    objective_s       = number
    queue_name        = string
    retry_s           = number
  }))
}

variable "log_retention_days" {
  description = "Days after which log lines are gone."
  type        = number
}

variable "monthly_budget_usd" {
  description = "What a month may cost before somebody is told; null where nobody is."
  type        = number
  default     = null
}

variable "name" {
  description = "The environment's name prefix, such as scandrop-dev."
  type        = string
}

variable "tls_only" {
  description = "Whether the topic's policy refuses requests without TLS."
  type        = bool
}
