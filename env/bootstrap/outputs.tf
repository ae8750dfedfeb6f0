output "next" {
  description = "What to do next."
  value = {
    keep_this_state_too = "printf 'terraform {\\n  backend \"s3\" {}\\n}\\n' > backend_override.tf && terraform init -migrate-state -backend-config=bucket=${aws_s3_bucket.state.id} -backend-config=key=bootstrap.tfstate -backend-config=region=${var.region} -backend-config=use_lockfile=true"
    tell_github         = { for key, role in aws_iam_role.github : "AWS_ROLE_ARN of the GitHub environment ${local.roles[key].github_environment}" => role.arn }
  }
}

output "state_bucket" {
  description = "The bucket that env/<name>.backend.hcl names."
  value       = aws_s3_bucket.state.id
}
