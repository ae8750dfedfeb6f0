output "topic_arn" {
  description = "The topic that notices are published to, once the schedule stands."
  value       = aws_sns_topic.notices.arn

  depends_on = [aws_cloudwatch_event_target.look]
}
