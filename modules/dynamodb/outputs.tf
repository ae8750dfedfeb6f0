output "stream_arn" {
  description = "The ARN of the ledger table's stream; empty where there is none."
  value       = aws_dynamodb_table.ledger.stream_arn
}

output "table_arn" {
  description = "The ledger table's ARN."
  value       = aws_dynamodb_table.ledger.arn
}

output "table_name" {
  description = "The ledger table's name."
  value       = aws_dynamodb_table.ledger.name
}
