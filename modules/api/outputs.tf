output "url" {
  description = "Where the door is; a key follows a slash."
  value       = aws_api_gateway_stage.door.invoke_url

  depends_on = [aws_api_gateway_integration.door, aws_api_gateway_method_settings.door, aws_lambda_permission.door]
}
