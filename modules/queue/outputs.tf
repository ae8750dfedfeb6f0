output "dead_letter_queues" {
  description = "Each lane's dead-letter queue: arn, name and url."
  value       = { for lane, queue in aws_sqs_queue.dead_letter : lane => { arn = queue.arn, name = queue.name, url = queue.url } }
}

output "max_receive_count" {
  description = "How often a lane's queue delivers a message before it is a dead letter."
  value       = local.max_receive_count
}

output "queue_arns" {
  description = "Each lane's queue ARN."
  value       = { for lane, queue in aws_sqs_queue.lane : lane => queue.arn }
}

output "queue_urls" {
  description = "Each lane's queue URL."
  value       = { for lane, queue in aws_sqs_queue.lane : lane => queue.url }
}

output "queues" {
  description = "Each lane's queue: its name and how long a message is hidden while a function works on it."
  value       = { for lane, queue in aws_sqs_queue.lane : lane => { name = queue.name, visibility_timeout_s = queue.visibility_timeout_seconds } }
}
