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

variable "github_oidc_provider_arn" {
  description = "GitHub's OIDC provider, where the account has one already; null to have it made."
  type        = string
  default     = null

  validation {
    condition     = var.github_oidc_provider_arn == null ? true : endswith(var.github_oidc_provider_arn, ":oidc-provider/token.actions.githubusercontent.com")
    error_message = "github_oidc_provider_arn is an ARN as `aws iam list-open-id-connect-providers` prints it: arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com."
  }
}

variable "region" {
  description = "The region of the state bucket and of the environments."
  type        = string
}
