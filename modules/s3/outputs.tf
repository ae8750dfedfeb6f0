output "bucket_arns" {
  description = "Each bucket's ARN by its role."
  value       = { for role, bucket in aws_s3_bucket.this : role => bucket.arn }
}

output "bucket_names" {
  description = "Each bucket's name by its role, once it is safe to write to."
  value       = { for role, bucket in aws_s3_bucket.this : role => bucket.id }

  depends_on = [
    aws_s3_bucket_notification.raw,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}
