variable "aws_account_id" {
  description = "The account to prepare; any other account's credentials are refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "aws_account_id is 12 digits in quotes, as aws sts get-caller-identity prints it."
  }
}

variable "environments" {
  description = <<-EOT
    The environments that this account holds, and the exact OIDC subject that may deploy each and that may plan it.
    Newer repositories have numeric ids in their subject; GitHub shows it under Settings, Actions, OIDC.
  EOT

  type = map(object({
    deploy_subject = string
    plan_subject   = string
  }))

  validation {
    condition     = alltrue([for name in keys(var.environments) : can(regex("^[a-z][a-z0-9]{1,11}$", name))])
    error_message = "An environment's name is 2 to 12 lowercase letters and digits and begins with a letter."
  }

  validation {
    condition     = length(setintersection(keys(var.environments), ["api", "tfstate"])) == 0
    error_message = "No environment is called api or tfstate: the account's own role scandrop-api-logs and key scandrop-tfstate would pass for its."
  }

  validation {
    condition     = alltrue(flatten([for it in values(var.environments) : [for subject in values(it) : can(regex("^repo:[^*?]+/[^*?]+:environment:[^*?:]+$", subject))]]))
    error_message = "A subject is exact and names a GitHub environment, without wildcards: repo:OWNER/NAME:environment:dev."
  }
}

variable "region" {
  description = "The region of the state bucket and of the environments."
  type        = string
}
