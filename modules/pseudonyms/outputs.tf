output "audit_log_group" {
  description = "The log group that keeps who asked what stood behind a pseudonym."
  value       = aws_cloudwatch_log_group.audit.name
}

output "reidentify_policy_arn" {
  description = "The policy to attach to who may ask."
  value       = aws_iam_policy.reidentify.arn
}

output "secret_arn" {
  description = "The secret that holds the key, once it was put there."
  value       = aws_secretsmanager_secret.key.arn
}
