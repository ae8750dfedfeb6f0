variable "environment" {
  description = "The one environment that the var file and the state belong to: the key of `environments`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "An environment's name is 2 to 12 lowercase letters and digits and begins with a letter, because bucket names hold it; got \"${var.environment}\"."
  }

  validation {
    condition     = join(",", keys(var.environments)) == var.environment
    error_message = "A var file describes one environment, the one it names: environment is \"${var.environment}\", environments has \"${join(", ", keys(var.environments))}\"."
  }

  validation {
    condition     = terraform_data.environment.input == var.environment
    error_message = "This state belongs to the environment \"${terraform_data.environment.input}\", the var file to \"${var.environment}\". Use env/${terraform_data.environment.input}.tfvars here, or initialize with env/${var.environment}.backend.hcl in a TF_DATA_DIR of its own."
  }
}

variable "environments" {
  description = <<-EOT
    The environment by its name. One var file describes one environment, so that an apply touches only that one.

    alert_emails: who is written to when an alarm is raised.
    architecture: arm64, x86_64, or host for that of the machine that built the packages.
    aws_account_id: the account it lives in; any other account's credentials are refused.
    deletion_protection: whether the table and full buckets refuse to be destroyed.
    image: the image lane's settings.
    lanes: per lane, what differs from lane_defaults in main.tf.
    log_retention_days: days after which log lines are gone.
    permissions_boundary: the name of the policy that bounds every role; env/bootstrap makes one.
    record: the record lane's settings. A schema is JSON Schema for one record.
    region: the AWS region it lives in.
    tls_only: whether requests without TLS are refused; only the embedded AWS needs false.
  EOT

  type = map(object({
    alert_emails        = optional(list(string), [])
    architecture        = optional(string, "arm64")
    aws_account_id      = string
    deletion_protection = optional(bool, true)
    image = optional(object({
      filter        = optional(string, "lanczos")
      half_percent  = optional(number, 50)
      max_frames    = optional(number, 500)
      max_pixels    = optional(number, 100000000)
      model_px      = optional(number, 224)
      preview_px    = optional(number, 256)
      quality       = optional(number, 85)
      web_formats   = optional(list(string), ["webp", "jpeg", "png"])
      web_height_px = optional(number, 600)
      web_width_px  = optional(number, 800)
    }), {})
    lanes = optional(map(object({
      batch_size       = optional(number)
      ephemeral_mb     = optional(number)
      max_concurrency  = optional(number)
      max_object_bytes = optional(number)
      memory_mb        = optional(number)
      timeout_s        = optional(number)
    })), {})
    log_retention_days   = optional(number, 14)
    permissions_boundary = optional(string)
    record = optional(object({
      fields = optional(list(string), ["patient_id", "patient_name"])
      schema = optional(any)
    }), {})
    region   = string
    tls_only = optional(bool, true)
  }))
}
