output "role_arns" {
  description = "Each function's execution role, once its policy is attached."
  value       = { for function, role in aws_iam_role.function : function => role.arn }

  depends_on = [aws_iam_role_policy.function]
}
