output "role_arns" {
  description = "Each lane's execution role, once its policy is attached."
  value       = { for lane, role in aws_iam_role.lane : lane => role.arn }

  depends_on = [aws_iam_role_policy.lane]
}
