output "functions" {
  description = "Each lane's function name, once it receives what is dropped."
  value       = { for lane, function in aws_lambda_function.lane : lane => function.function_name }

  depends_on = [aws_lambda_event_source_mapping.lane]
}
