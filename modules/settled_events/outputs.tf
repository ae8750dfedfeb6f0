output "dead_letter_queue" {
  description = "Where the place is kept that the herald could not get past, once the stream is read."
  value       = aws_sqs_queue.dead_letter.name

  depends_on = [aws_lambda_event_source_mapping.ledger]
}
