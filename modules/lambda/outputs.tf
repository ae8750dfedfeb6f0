output "functions" {
  description = "Each lane's function name, once it receives what is dropped."
  value       = { for lane, function in aws_lambda_function.lane : lane => function.function_name }

  depends_on = [aws_lambda_event_source_mapping.lane]
}

output "layer_arns" {
  description = "Each layer's version."
  value       = { for name, layer in aws_lambda_layer_version.this : name => layer.arn }
}

output "package" {
  description = "The handler's zip in the artifacts bucket, for functions that are no lane's."
  value = {
    bucket        = aws_s3_object.package["handler"].bucket
    key           = aws_s3_object.package["handler"].key
    sha256_base64 = var.packages.handler.sha256_base64
  }
}
