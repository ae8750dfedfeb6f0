output "table_arn" {
  description = "The ledger table's ARN."
  value       = aws_dynamodb_table.ledger.arn
}

output "table_name" {
  description = "The ledger table's name."
  value       = aws_dynamodb_table.ledger.name
}
