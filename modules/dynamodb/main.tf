# The ledger: what happened to each version of each object.

resource "aws_dynamodb_table" "ledger" {
  name                        = "${var.name}-ledger"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = "object_key"
  range_key                   = "version_id"

  # Costs nothing until it is read.
  stream_enabled   = var.stream
  stream_view_type = var.stream ? "NEW_IMAGE" : null

  dynamic "attribute" {
    for_each = toset(["lane_day", "object_key", "status_day", "updated_at", "version_id"])

    content {
      name = attribute.value
      type = "S"
    }
  }

  # Newest first within a day, on four shards a day so that no partition is hot.
  dynamic "global_secondary_index" {
    for_each = { by_lane = "lane_day", by_status = "status_day" }

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value
      range_key       = "updated_at"
      projection_type = "INCLUDE"
      non_key_attributes = [
        "attempts", "bytes_out", "cost_usd", "derivatives", "duration_ms", "error", "error_code",
        "finished_at", "lane", "memory_mb", "received_at", "size_bytes", "status",
      ]
    }
  }

  # What is left of a deleted object is kept for longer than anything can tell of it, and no longer.
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
