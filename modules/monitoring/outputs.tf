output "alarm_topic_arn" {
  description = "The topic that alarms publish to."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_url" {
  description = "Where the dashboard is."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "log_group_arns" {
  description = "Each function's log group ARN."
  value       = { for function, group in aws_cloudwatch_log_group.function : function => group.arn }
}

output "log_groups" {
  description = "Each function's log group name."
  value       = { for function, group in aws_cloudwatch_log_group.function : function => group.name }
}
